/** Names of frames: their natural order, and whether files look like the frames of one sequence. */

const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** As people count: `f2` before `f10`. */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** Fewer numbered files than this are a few scans. */
const FEWEST = 5;

/** What the names of all files begin with when they are numbered, one number each; null when they are not. */
export function seriesOf(names: readonly string[]): string | null {
  if (names.length < FEWEST) return null;
  const suffixes = new Set(names.map((name) => name.slice(name.lastIndexOf(".")).toLowerCase()));
  if (suffixes.size > 1) return null;
  let common = names.reduce((prefix, name) => {
    let length = 0;
    while (length < prefix.length && prefix[length] === name[length]) length++;
    return prefix.slice(0, length);
  });
  // Zeros in front, and first figures that all happen to share, belong to the number.
  common = common.replace(/\d+$/, "");
  const numbers = names.map((name) => /^\d+/.exec(name.slice(common.length))?.[0]);
  if (numbers.some((number) => number === undefined)) return null;
  return new Set(numbers.map(Number)).size === names.length ? common : null;
}

/** A name for the whole: what its files share, without the signs at its end. */
export function seriesName(common: string): string {
  return common.replace(/[\s._-]+$/, "") || "sequence";
}
