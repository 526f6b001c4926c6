/** Which frame is shown when, and curves over time. */

/** Seconds from the first frame until the last one has been shown as long as the others. */
export function duration(times: readonly number[]): number {
  if (times.length < 2) return times.length;
  const whole = times.at(-1)! - times[0]!;
  return whole + whole / (times.length - 1);
}

/** The frame that is shown `at` seconds after the first. */
export function frameAt(times: readonly number[], at: number): number {
  let low = 0;
  let high = times.length - 1;
  const sought = (times[0] ?? 0) + at + 1e-9;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (times[middle]! <= sought) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The frame that was taken nearest to `at` seconds after the first. */
export function nearestFrame(times: readonly number[], at: number): number {
  const before = frameAt(times, at);
  const next = Math.min(before + 1, times.length - 1);
  const sought = (times[0] ?? 0) + at;
  return Math.abs(times[next]! - sought) < Math.abs(times[before]! - sought) ? next : before;
}

/** Seconds after the first frame, some time later; at the end it begins anew or stops. */
export function advance(at: number, elapsed: number, whole: number, loop: boolean): { at: number; ended: boolean } {
  const next = at + elapsed;
  if (next < whole) return { at: next, ended: false };
  return loop && whole > 0 ? { at: next % whole, ended: false } : { at: whole, ended: true };
}

export interface Curve {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

/** From its least to its greatest value. */
export function reach(curve: Curve): number {
  const known = curve.values.filter((value): value is number => value !== null);
  return known.length ? Math.max(...known) - Math.min(...known) : 0;
}

/** Names of the curves that move most, the liveliest first, at most `most` of one part; those that do not move are none. */
export function liveliest(
  curves: readonly Curve[],
  count: number,
  partOf: (name: string) => string = (name) => name,
  most = 1,
): string[] {
  const taken = new Map<string, number>();
  return curves
    .map((curve) => ({ name: curve.name, reach: reach(curve) }))
    .filter((each) => each.reach > 1e-6)
    .sort((one, other) => other.reach - one.reach)
    .filter(({ name }) => {
      const before = taken.get(partOf(name)) ?? 0;
      taken.set(partOf(name), before + 1);
      return before < most;
    })
    .slice(0, count)
    .map((each) => each.name);
}

/** The part of the face that a landmark of iBUG's lies on, such as `lip_outer` of `lip_outer_6`. */
export const partOf = (name: string): string => name.replace(/_\d+$/, "");

/** A path of SVG through the values that are there; a gap begins a new piece. */
export function pathOf(
  values: readonly (number | null)[],
  x: (frame: number) => number,
  y: (value: number) => number,
): string {
  let path = "";
  let drawing = false;
  values.forEach((value, frame) => {
    if (value === null) {
      drawing = false;
      return;
    }
    path += `${drawing ? "L" : "M"}${x(frame).toFixed(1)} ${y(value).toFixed(1)}`;
    drawing = true;
  });
  return path;
}

/** Heights of labels at the ends of curves, in order, each at least `gap` from the next and inside 0..`height`. */
export function spreadLabels(wanted: readonly number[], gap: number, height: number): number[] {
  const order = wanted.map((_, i) => i).sort((one, other) => wanted[one]! - wanted[other]!);
  const placed = new Array<number>(wanted.length).fill(0);
  let last = -Infinity;
  for (const i of order) last = placed[i] = Math.max(wanted[i]!, last + gap, 0);
  let next = height + gap;
  for (const i of [...order].reverse()) next = placed[i] = Math.min(placed[i]!, next - gap);
  return placed;
}
