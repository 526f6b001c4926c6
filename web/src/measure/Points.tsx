/** Distances between points that a person has put. */

import { useSignal } from "@preact/signals";
import { spoken } from "../landmarks/marks";
import { knownMarks } from "../landmarks/store";
import { flyToPlaces } from "../landmarks/fly";
import { active, tellError } from "../app/state";
import { Button, Select } from "../ui/controls";
import { type Column, Section, Table } from "../ui/panel";
import { copyText } from "./copy";
import {
  chosenDistance,
  type Distance,
  type End,
  first,
  forget,
  forgetAll,
  measure,
  places,
  shownDistances,
} from "./state";

const endName = (end: End): string => (end.name ? spoken(end.name) : "point");

const COLUMNS: readonly Column<Distance>[] = [
  { title: "Between", cell: (one) => `${endName(one.a)} – ${endName(one.b)}` },
  { title: "Straight", number: true, cell: (one) => one.straight.toFixed(1) },
  {
    title: "Surface",
    number: true,
    cell: (one) =>
      one.waiting ? "…" : one.surface === null ? <abbr title={one.why}>none</abbr> : one.surface.toFixed(1),
  },
];

export function Points() {
  const rows = shownDistances.value;
  const chosen = rows.find((one) => one.id === chosenDistance.value);
  if (active.value?.info.mm_per_unit === null) {
    return (
      <p class="empty">
        The file tells no unit, and without a face its size cannot be found out: distances would mean nothing.
      </p>
    );
  }
  return (
    <>
      <Section
        title="Distances, mm"
        aside={
          rows.length > 0 && (
            <>
              <Button title="Copy the table" icon="copy" onClick={() => void copyText(asTsv(rows)).catch(tellError)} />
              <Button title="Remove all" icon="trash" onClick={forgetAll} />
            </>
          )
        }
      >
        <p class="hint small">
          {first.value ? (
            <>
              Now the second point. <kbd>Esc</kbd> leaves it.
            </>
          ) : (
            <>
              Click two points on the surface. They snap to landmarks, but not with <kbd>Alt</kbd>.
            </>
          )}
        </p>
        {rows.length > 0 && (
          <Table
            label="Distances"
            rows={rows}
            columns={COLUMNS}
            id={(one) => String(one.id)}
            chosen={chosen ? String(chosen.id) : null}
            onChoose={(one) => {
              chosenDistance.value = one.id;
              flyToPlaces([one.a.at, one.b.at]);
            }}
          />
        )}
        {chosen && (
          <div class="buttons">
            <Button icon="trash" keys="delete" onClick={() => forget(chosen.id)}>
              Remove
            </Button>
            {chosen.why && <span class="dim small">{chosen.why}</span>}
          </div>
        )}
      </Section>
      {places.value.size > 1 && <Between />}
    </>
  );
}

/** The same without a pointer, and exactly between landmarks. */
function Between() {
  const marks = knownMarks.value.filter((mark) => mark.at);
  const from = useSignal("n");
  const to = useSignal("sn");
  const choices = marks.map((mark) => ({ value: mark.name, label: spoken(mark.name) }));
  const ends = [from, to].map(({ value }) => ({ at: places.value.get(value), name: value }));
  const [a, b] = ends;
  const ready = a?.at && b?.at && a.name !== b.name;
  return (
    <Section title="Between landmarks">
      <div class="between">
        <Select label="From" value={from.value} choices={choices} onChange={(value) => (from.value = value)} />
        <Select label="To" value={to.value} choices={choices} onChange={(value) => (to.value = value)} />
        <Button
          disabled={!ready}
          onClick={() => ready && void measure({ at: a.at!, name: a.name }, { at: b.at!, name: b.name })}
        >
          Measure
        </Button>
      </div>
    </Section>
  );
}

function asTsv(rows: readonly Distance[]): string {
  const lines = rows.map((one) =>
    [endName(one.a), endName(one.b), one.straight.toFixed(2), one.surface?.toFixed(2) ?? ""].join("\t"),
  );
  return ["from\tto\tstraight_mm\tsurface_mm", ...lines].join("\n");
}
