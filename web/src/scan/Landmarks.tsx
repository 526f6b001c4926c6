/** The landmarks of the scan: which set, what of it, and a table. */

import { useComputed } from "@preact/signals";
import { sideColours } from "../landmarks/colours";
import { flyTo } from "../landmarks/fly";
import { MANY } from "../landmarks/layer";
import { type Mark, spoken } from "../landmarks/marks";
import {
  chosen,
  hovered,
  knownMarks,
  SET_TITLES,
  type SetName,
  SETS,
  showErrors,
  showNames,
  shownSet,
} from "../landmarks/store";
import { active, viewer } from "../app/state";
import { Choices, Switch } from "../ui/controls";
import { type Column, Empty, Section, Table } from "../ui/panel";

const SHORT: Record<SetName | "none", string> = { ...SET_TITLES, dense520: "Dense", none: "None" };

export function LandmarkSection() {
  const set = shownSet.value;
  const marks = knownMarks.value;
  const scan = active.value;
  if (scan?.noFace || scan?.info.no_face) return null;
  const waiting = set && !marks.length;
  return (
    <Section title="Landmarks" aside={<Summary marks={marks} />}>
      <Choices
        label="Set of landmarks"
        value={set ?? "none"}
        choices={[...SETS, "none" as const].map((value) => ({
          value,
          label: SHORT[value],
          ...(value === "none" ? {} : { title: SET_TITLES[value] }),
        }))}
        onChange={(value) => chooseSet(value === "none" ? null : value)}
      />
      <div class="pair">
        <Switch
          label="Names"
          keys="n"
          on={showNames.value}
          disabled={!set || marks.length > MANY}
          onChange={(on) => (showNames.value = on)}
        />
        <Switch
          label="Errors"
          keys="e"
          on={showErrors.value}
          disabled={!set}
          onChange={(on) => (showErrors.value = on)}
        />
      </div>
      {waiting && <Empty>Looking for the face …</Empty>}
      {marks.length > 0 && <MarkTable marks={marks} />}
    </Section>
  );
}

export function chooseSet(set: SetName | null): void {
  shownSet.value = set;
  chosen.value = hovered.value = null;
}

/** Choose a landmark and bring it into view; the arrow keys move it from here on. */
export function choose(name: string): void {
  chosen.value = name;
  flyTo(name);
  viewer.value?.canvas.focus({ preventScroll: true });
}

function Summary({ marks }: { marks: readonly Mark[] }) {
  if (!marks.length) return null;
  const inferred = marks.filter((mark) => mark.inferred && mark.at).length;
  return <span>{[`${marks.length} points`, inferred && `${inferred} inferred`].filter(Boolean).join(", ")}</span>;
}

const COLUMNS: readonly Column<Mark>[] = [
  {
    title: "Name",
    cell: (mark) => (
      <span class="named" title={mark.definition}>
        <Swatch mark={mark} />
        {spoken(mark.name)}
      </span>
    ),
  },
  { title: "Error, mm", number: true, cell: (mark) => (mark.sigma === null ? "" : mark.sigma.toFixed(1)) },
  { title: "State", cell: (mark) => stateWord(mark) },
];

export function stateWord(mark: Mark): string {
  if (!mark.at) return "missing";
  return mark.corrected ? "corrected" : mark.inferred ? "inferred" : "seen";
}

function MarkTable({ marks }: { marks: readonly Mark[] }) {
  const colours = useComputed(() => sideColours.value);
  colours.value;
  return (
    <div class="scroll landmarks-table">
      <Table
        label="Landmarks"
        rows={marks}
        columns={COLUMNS}
        id={(mark) => mark.name}
        chosen={chosen.value}
        hovered={hovered.value}
        onHover={(mark) => (hovered.value = mark?.name ?? null)}
        onChoose={(mark) => choose(mark.name)}
      />
    </div>
  );
}

/** A landmark's point, as the stage draws it. */
export function Swatch({ mark }: { mark: Mark }) {
  const kind = !mark.at ? "missing" : mark.corrected ? "corrected" : mark.inferred ? "inferred" : "";
  return <span class={`swatch ${kind}`} style={{ "--tint": `var(--${mark.side})` }} aria-hidden="true" />;
}
