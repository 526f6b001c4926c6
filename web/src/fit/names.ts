/** ARKit's 52 names as people read them: groups, and words with the sides of the subject. */

export type Group = "brows" | "eyes" | "jaw" | "mouth" | "cheeks" | "nose" | "tongue" | "other";

const PREFIXES: readonly (readonly [string, Group])[] = [
  ["brow", "brows"],
  ["eye", "eyes"],
  ["jaw", "jaw"],
  ["mouth", "mouth"],
  ["cheek", "cheeks"],
  ["nose", "nose"],
  ["tongue", "tongue"],
];

export function groupOf(name: string): Group {
  return PREFIXES.find(([prefix]) => name.startsWith(prefix))?.[1] ?? "other";
}

export const GROUPS: readonly Group[] = [...PREFIXES.map(([, group]) => group), "other"];

/** `mouthSmileLeft` as `smile left`; the group says that it is of the mouth. */
export function labelOf(name: string): string {
  const prefix = PREFIXES.find(([each]) => name.startsWith(each))?.[0] ?? "";
  const words = name
    .slice(prefix.length)
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return words || name;
}

/** `mouthSmileLeft` as `mouth smile left`, where no group tells the part. */
export function spokenOf(name: string): string {
  return name.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** Rows of `names` whose group, label or name holds every word, by group. */
export function grouped(names: readonly string[], words = ""): { group: Group; rows: number[] }[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const found = names.flatMap((name, row) => {
    const text = `${groupOf(name)} ${labelOf(name)} ${name.toLowerCase()}`;
    return wanted.every((word) => text.includes(word)) ? [row] : [];
  });
  return GROUPS.map((group) => ({ group, rows: found.filter((row) => groupOf(names[row]!) === group) })).filter(
    ({ rows }) => rows.length,
  );
}
