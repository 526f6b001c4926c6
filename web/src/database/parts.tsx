/** Small parts that all tabs of the database use. */

import type { ComponentChildren } from "preact";
import { Icon } from "../ui/icons";
import type { Rows } from "./state";
import type { ConsentState, Finding, State } from "./types";

/** A random name, short enough to read, whole when the pointer rests on it. */
export function Name({ id }: { id: string }) {
  return (
    <code class="name" title={id}>
      {id.length > 11 ? `${id.slice(0, 9)}…` : id}
    </code>
  );
}

const TONES: Record<string, string> = {
  accepted: "good",
  quarantined: "warn",
  rejected: "bad",
  "in force": "good",
  ended: "bad",
  none: "bad",
  "kept too long": "bad",
  withdrawing: "warn",
  published: "good",
  tombstoned: "bad",
  refuse: "bad",
  warn: "warn",
  done: "good",
  failed: "bad",
};

/** A state in its word; colour only helps. */
export function Badge({ of }: { of: State | ConsentState | string }) {
  return <span class={`badge ${TONES[of] ?? ""}`}>{of}</span>;
}

export function Findings({ of }: { of: readonly Finding[] }) {
  if (!of.length) return <p class="hint">Quality control found nothing.</p>;
  return (
    <ul class="findings">
      {of.map((finding) => (
        <li key={`${finding.kind} ${finding.said}`}>
          <Badge of={finding.severity} />
          <span>
            {finding.said}
            {finding.value !== null && finding.limit_value !== null && (
              <span class="hint">{` ${round(finding.value)}, limit ${round(finding.limit_value)}`}</span>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}

const round = (value: number): string => String(Number(value.toPrecision(3)));

/** What stands under a list: work, a refusal in the server's words, or that there is nothing. */
export function Foot({ of, empty }: { of: Rows<unknown>; empty: string }) {
  if (of.refused) return <Refusal>{of.refused}</Refusal>;
  if (of.loading)
    return (
      <p class="foot hint" role="status">
        Loading …
      </p>
    );
  return of.rows.length ? null : <p class="foot hint">{empty}</p>;
}

export function Refusal({ children }: { children: ComponentChildren }) {
  return (
    <p class="refusal" role="alert">
      <Icon name="warn" size={15} />
      <span>{children}</span>
    </p>
  );
}

/** A moment as people write it, UTC. */
export function when(moment: string | null): string {
  return moment ? moment.slice(0, 16).replace("T", " ") : "–";
}

export const day = (moment: string | null): string => (moment ? moment.slice(0, 10) : "–");

export function size(bytes: number): string {
  const [step, unit] =
    bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : bytes >= 1e3 ? [1e3, "kB"] : [1, "bytes"];
  return `${Number((bytes / (step as number)).toPrecision(3)).toLocaleString("en")} ${unit}`;
}

export const many = (count: number, one: string, more = `${one}s`): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

export const words = (text: string): string => text.replaceAll("_", " ");

/** Bars of one length scale, with their numbers; the longest is the whole width. */
export function Bars({
  label,
  rows,
  color = "var(--accent)",
}: {
  label: string;
  rows: readonly (readonly [string, number, string?])[];
  color?: string;
}) {
  const most = Math.max(...rows.map(([, value]) => value), 1);
  return (
    <table class="bars" aria-label={label}>
      <tbody>
        {rows.map(([name, value, more]) => (
          <tr key={name}>
            <th scope="row" title={name}>
              {words(name)}
            </th>
            <td class="bar">
              <div style={{ width: `${(100 * value) / most}%`, background: color }} />
            </td>
            <td class="number" title={more}>
              {value.toLocaleString("en")}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
