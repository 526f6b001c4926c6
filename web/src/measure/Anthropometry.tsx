/** The measures of anthropometry with their errors. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { MeasureRow } from "../api/types";
import { active, tellError } from "../app/state";
import { flyToPlaces } from "../landmarks/fly";
import { Button, TextField } from "../ui/controls";
import { type Column, Empty, Section, Table } from "../ui/panel";
import { copyText } from "./copy";
import { chosenMeasure, follow, measures, places, refused } from "./state";
import { interval, keyOf, matching, toTsv, unitSign, withError } from "./table";

const COLUMNS: readonly Column<MeasureRow>[] = [
  {
    title: "Measure",
    cell: (row) => (
      <span class="measure" title={row.measure}>
        {row.name}
        {row.side && <span class="dim">{` ${row.side}`}</span>}
      </span>
    ),
  },
  { title: "Value", number: true, cell: (row) => <Value row={row} /> },
  { title: "90 %", cell: (row) => <Bar row={row} /> },
];

const headings: Record<string, string> = {
  distance: "Distances, mm",
  "surface distance": "Distances along the surface, mm",
  "projective height": "Heights, mm",
  angle: "Angles, °",
  inclination: "Inclinations, °",
  index: "Indices, %",
};

export function Anthropometry() {
  const words = useSignal("");
  useEffect(() => follow<MeasureRow>("measures", measures), []);
  const all = measures.value;
  if (!all) return <Empty>{refused.value || "Measuring …"}</Empty>;
  const rows = matching(all, words.value);
  const chosen = all.find((row) => keyOf(row) === chosenMeasure.value);
  return (
    <>
      <Section
        title="Measures"
        aside={
          <>
            <Button
              title="Copy the table, with tabs"
              icon="copy"
              onClick={() => void copyText(toTsv(rows)).catch(tellError)}
            />
            <Button title="Download as CSV" icon="download" onClick={() => downloadCsv()} />
          </>
        }
      >
        <TextField
          label="Find"
          hidden
          type="search"
          placeholder={`Find among ${all.length} measures`}
          value={words.value}
          onInput={(value) => (words.value = value)}
        />
        <p class="small dim">Value ± standard error. Pale: an inferred landmark takes part.</p>
        {chosen && <ChosenMeasure row={chosen} />}
      </Section>
      <div class="measures-table">
        {rows.length ? (
          <Table
            label="Measures"
            rows={rows}
            columns={COLUMNS}
            id={keyOf}
            chosen={chosenMeasure.value}
            group={(row) => headings[row.kind] ?? row.kind}
            onChoose={(row) => {
              chosenMeasure.value = chosenMeasure.value === keyOf(row) ? null : keyOf(row);
              if (chosenMeasure.value) flyToPlaces(row.landmarks.flatMap((name) => places.value.get(name) ?? []));
            }}
          />
        ) : (
          <Empty>Nothing is called so.</Empty>
        )}
      </div>
    </>
  );
}

function ChosenMeasure({ row }: { row: MeasureRow }) {
  const ninety =
    row.low_90 !== null && row.high_90 !== null && `${row.low_90.toFixed(1)} to ${row.high_90.toFixed(1)} in 9 of 10`;
  return (
    <div class="chosen" aria-live="polite">
      <h3 class="plain">
        {row.name}
        <span class="dim">{` ${[row.side, row.measure].filter(Boolean).join(", ")}`}</span>
      </h3>
      <p>
        {row.value === null
          ? row.note || "not to be had"
          : `${withError(row.value, row.standard_error)} ${unitSign(row.unit)}`}
        {ninety && <span class="dim">{`, ${ninety}`}</span>}
      </p>
      {!row.visible && row.value !== null && <p class="dim small">The scan does not show all of its landmarks.</p>}
    </div>
  );
}

function Value({ row }: { row: MeasureRow }) {
  if (row.value === null) return <abbr title={row.note}>none</abbr>;
  return <span class={row.visible ? "" : "dim"}>{withError(row.value, row.standard_error)}</span>;
}

/** How far the true value may lie from the one that was found, 9 times in 10. */
function Bar({ row }: { row: MeasureRow }) {
  const found = interval(row);
  if (!found) return null;
  const told = `${row.low_90!.toFixed(1)} to ${row.high_90!.toFixed(1)} ${unitSign(row.unit)}`;
  return (
    <svg
      class={found.cut ? "interval cut" : "interval"}
      viewBox="0 0 44 12"
      width="44"
      height="12"
      role="img"
      aria-label={told}
    >
      <title>{told}</title>
      <line class="track" x1="0" x2="44" y1="6" y2="6" />
      <line class="span" x1={found.from * 44} x2={found.to * 44} y1="6" y2="6" />
      <line class="value" x1="22" x2="22" y1="2" y2="10" />
    </svg>
  );
}

function downloadCsv(): void {
  const scan = active.value?.info;
  if (!scan) return;
  const link = document.createElement("a");
  link.href = `/api/scans/${scan.id}/measures.csv`;
  link.download = "";
  link.click();
}
