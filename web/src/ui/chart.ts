/** Numbers behind charts: round ticks, bins, quantiles, ranges that are symmetric about 0. */

/** Scanners are no better: ranges of deviations reach at least this far on either side of 0, mm. */
const LEAST_RANGE = 0.5;

/** The smallest of 1, 2, 5 times a power of ten that is at least `value`. */
export function roundUp(value: number): number {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((each) => each * power >= value * (1 - 1e-9)) ?? 10;
  return Number((step * power).toPrecision(12));
}

/** Round numbers from `low` to `high`, about `count` of them. */
export function ticks(low: number, high: number, count: number): number[] {
  if (!(high > low) || count < 1) return [];
  const step = roundUp((high - low) / count);
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i++)
    found.push(Number((i * step).toPrecision(12)));
  return found;
}

/** A number with no more digits than the distance between ticks calls for. */
export function tickLabel(value: number, step: number): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(step) - 1e-9));
  return value.toFixed(Math.min(digits, 6)).replace("-", "−");
}

/** With its sign, as deviations are written. */
export function signed(value: number, digits = 2): string {
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : `${value < 0 ? "−" : "+"}${text}`;
}

export interface Bins {
  readonly low: number;
  readonly high: number;
  /** How many values lie in each bin; those outside the range are in the outermost. */
  readonly counts: readonly number[];
  readonly known: number;
}

export function bins(values: ArrayLike<number>, low: number, high: number, count: number): Bins {
  const counts = new Array<number>(count).fill(0);
  const perBin = count / (high - low);
  let known = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (!Number.isFinite(value)) continue;
    known++;
    counts[Math.min(Math.max(Math.floor((value - low) * perBin), 0), count - 1)]!++;
  }
  return { low, high, counts, known };
}

/** The values that are numbers, sorted. */
export function sorted(values: ArrayLike<number>): Float32Array {
  return Float32Array.from(values as ArrayLike<number> & Iterable<number>)
    .filter(Number.isFinite)
    .sort();
}

/** What `share` of sorted values stay below, between neighbours linearly; NaN of nothing. */
export function quantile(inOrder: ArrayLike<number>, share: number): number {
  if (!inOrder.length) return NaN;
  const place = share * (inOrder.length - 1);
  const low = Math.floor(place);
  const a = inOrder[low]!;
  const b = inOrder[Math.min(low + 1, inOrder.length - 1)]!;
  return a + (place - low) * (b - a);
}

export interface Spread {
  readonly median: number;
  readonly p95: number;
  readonly range: number;
  readonly known: number;
}

/** Of signed deviations: the median and what 95 % stay within, both of their size, and how far colours should reach. */
export function spread(values: ArrayLike<number>): Spread {
  const sizes = sorted(values).map(Math.abs).sort();
  if (!sizes.length) return { median: NaN, p95: NaN, range: LEAST_RANGE, known: 0 };
  const p95 = quantile(sizes, 0.95);
  return {
    median: quantile(sizes, 0.5),
    p95,
    range: Math.max(LEAST_RANGE, Math.ceil(2 * p95) / 2),
    known: sizes.length,
  };
}
