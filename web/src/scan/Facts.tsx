/** What is known of the scan itself. */

import type { OpenScan } from "../app/state";
import type { Scan } from "../api/types";
import { longUnit } from "../app/units";
import { Icon } from "../ui/icons";
import { Facts, Section } from "../ui/panel";

export function FactsSection({ scan }: { scan: OpenScan }) {
  const { info } = scan;
  const noFace = scan.noFace || info.no_face;
  return (
    <Section title="Scan">
      {noFace && (
        <p class="callout warn">
          <Icon name="warn" size={16} />
          <span>
            <b>No face found.</b> {sentence(noFace)}
          </span>
        </p>
      )}
      <Facts
        rows={[
          ["File", info.name],
          ["Geometry", geometryOf(info)],
          ["Unit", unitOf(info)],
          ...(info.score === null ? [] : [["Face", <Score value={info.score} />] as const]),
        ]}
      />
      {info.warnings.map((warning) => (
        <p key={warning} class="callout">
          <Icon name="warn" size={16} />
          <span>{sentence(warning)}</span>
        </p>
      ))}
    </Section>
  );
}

function Score({ value }: { value: number }) {
  return (
    <span title="How well all parts of the scan agree on where the face is, from 0 to 1">
      found, score {value.toFixed(2)}
    </span>
  );
}

function geometryOf(info: Scan): string {
  const format = info.format.replace(/^\./, "").toUpperCase();
  const colours = info.has_texture ? ", texture" : info.has_colors ? ", colours" : "";
  const triangles = info.triangles ? `, ${info.triangles.toLocaleString("en")} triangles` : "";
  return `${format} ${info.triangles ? "mesh" : "cloud"}, ${info.points.toLocaleString("en")} points${triangles}${colours}`;
}

function unitOf(info: Scan): string {
  const told = longUnit(info);
  return info.mm_per_unit === null ? told : `${told}; ${Math.round(2 * info.radius * info.mm_per_unit)} mm across`;
}

/** An error's text as a sentence. */
function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
