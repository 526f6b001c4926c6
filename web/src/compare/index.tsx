/** Compare: how far one scan of a person lies from another one. */

import { useEffect } from "preact/hooks";
import { Vector3 } from "three";
import type { LandmarkChange, RegionChange, Stable } from "../api/types";
import { register } from "../app/commands";
import { pickFiles } from "../app/Drop";
import { scans, tellError, viewer } from "../app/state";
import { signed } from "../ui/chart";
import { Button, Choices, Select, Slider, Switch } from "../ui/controls";
import { Icon } from "../ui/icons";
import { Facts, Progress, Section, Table } from "../ui/panel";
import { Histogram } from "../ui/Ramp";
import { isChange, movesOf } from "./arrows";
import "./compare.css";
import {
  a,
  arrows,
  arrowSet,
  b,
  choose,
  chosenRange,
  chosenRegion,
  compare,
  compared,
  failure,
  ghost,
  hindrance,
  job,
  limit,
  loadComparisons,
  range,
  shown,
  stable,
  swap,
  type View,
  view,
} from "./state";

export { Stage } from "./Stage";

const PARTS: readonly { value: Stable; label: string; title: string }[] = [
  {
    value: "upper",
    label: "Upper face",
    title: "Forehead with brows, root and bridge of the nose, the cheek bone beside the eye",
  },
  { value: "nose", label: "Nose", title: "The nose and its root: for a frown or raised brows" },
  { value: "all", label: "Whole face", title: "Face, nose, lips and eyelids" },
];

export function Panel() {
  const count = scans.value.length;
  useEffect(() => void loadComparisons().catch(tellError), [count]);
  useEffect(
    () =>
      register(
        {
          id: "compare-run",
          title: "Compare",
          keys: "g",
          group: "Compare",
          run: () => void compare(),
          when: () => !hindrance.value,
        },
        { id: "compare-swap", title: "Swap A and B", keys: "s", group: "Compare", run: swap },
        {
          id: "compare-view",
          title: "Side by side or overlaid",
          keys: "x",
          group: "Compare",
          run: () => (view.value = view.value === "side" ? "map" : "side"),
        },
        {
          id: "compare-arrows",
          title: "Changes of landmarks",
          keys: "m",
          group: "Compare",
          run: () => (arrows.value = !arrows.value),
          when: () => compared.value !== null,
        },
      ),
    [],
  );
  return (
    <>
      <Section title="Two scans">
        <Pair />
        <div>
          <p class="hint small">Laid onto each other by</p>
          <Choices<Stable>
            label="Parts that have not changed"
            value={stable.value}
            choices={PARTS}
            onChange={(value) => (stable.value = value)}
          />
        </div>
        <Slider
          label="Look as far as"
          min={2}
          max={40}
          step={1}
          value={limit.value}
          told={`${limit.value} mm`}
          onInput={(mm) => (limit.value = mm)}
        />
        {failure.value && (
          <p class="wrong" role="alert">
            {failure.value}
          </p>
        )}
        {job.value ? (
          <Progress job={job.value} />
        ) : (
          <div class="buttons">
            <Button
              primary={!compared.value}
              icon="compare"
              keys="g"
              title="Compare"
              disabled={hindrance.value !== ""}
              onClick={() => void compare().catch(tellError)}
            >
              {compared.value ? "Compare again" : "Compare"}
            </Button>
          </div>
        )}
        {hindrance.value && !job.value && <p class="hint small">{hindrance.value}</p>}
      </Section>
      <ViewSection />
      {compared.value && <Results />}
    </>
  );
}

function Pair() {
  const choices = scans.value.map(({ info }) => ({ value: info.id, label: info.name }));
  if (!choices.length)
    return (
      <Button icon="plus" onClick={pickFiles}>
        Open scans
      </Button>
    );
  return (
    <div class="compared">
      <Select
        label="A, from which it is measured"
        value={a.value?.info.id ?? ""}
        choices={choices}
        onChange={(id) => choose("a", id)}
      />
      <Button icon="swap" title="Swap A and B" keys="s" onClick={swap} />
      <Select
        label="B, to which"
        value={b.value?.info.id ?? ""}
        choices={b.value ? choices : [{ value: "", label: "open another one" }, ...choices]}
        onChange={(id) => id && choose("b", id)}
      />
      <Button icon="plus" title="Open scans" onClick={pickFiles} />
    </div>
  );
}

function ViewSection() {
  return (
    <Section title="View">
      <Choices<View>
        label="View"
        value={view.value}
        choices={[
          { value: "side", label: "Side by side" },
          { value: "map", label: "Overlaid" },
        ]}
        onChange={(value) => (view.value = value)}
      />
      {view.value === "map" && (
        <Slider
          label="B over A"
          min={0}
          max={1}
          value={ghost.value}
          told={`${Math.round(100 * ghost.value)} %`}
          onInput={(share) => (ghost.value = share)}
        />
      )}
      <Switch
        label="Changes of landmarks"
        keys="m"
        on={arrows.value}
        disabled={!compared.value}
        onChange={(on) => (arrows.value = on)}
      />
    </Section>
  );
}

const mm = (value: number | null | undefined): string => (value == null ? "–" : value.toFixed(2));
const plus = (value: number | null | undefined): string => (value == null ? "–" : signed(value));

function Results() {
  const { info } = compared.value!;
  const { deviation, spread } = shown.value!;
  return (
    <>
      {info.warnings.length > 0 && (
        <ul class="warnings">
          {info.warnings.map((warning) => (
            <li key={warning}>
              <Icon name="warn" size={15} />
              {warning}
            </li>
          ))}
        </ul>
      )}
      <Section
        title="Deviation"
        aside={chosenRegion.value === null ? "B less A, mm" : `B less A, mm, ${chosenRegion.value}`}
      >
        <Facts
          rows={[
            ["Left over", `${mm(info.residual)} mm on the parts that have not changed`],
            ["Agree", `${Math.round(100 * info.used)} % of these parts`],
          ]}
        />
        <Histogram values={deviation} spread={spread} range={range.value} label="B less A" />
        <Slider
          label="Colours to"
          min={0.25}
          max={15}
          step={0.25}
          value={range.value}
          told={`± ${range.value.toFixed(2)}`}
          onInput={(value) => (chosenRange.value = value)}
        />
        {chosenRange.value !== null && (
          <div class="buttons">
            <Button onClick={() => (chosenRange.value = null)}>{`As the data: ± ${info.range} mm`}</Button>
          </div>
        )}
      </Section>
      <Section title="Regions" aside="mm, cm³">
        <p class="hint small">Choose a region to see it alone, and once more to see all.</p>
        <Regions rows={info.regions} />
      </Section>
      <Section title="Landmarks" folded>
        <LandmarkTable rows={info.landmarks} />
      </Section>
    </>
  );
}

function Regions({ rows }: { rows: readonly RegionChange[] }) {
  const hasMedian = rows.some((row) => row.median != null);
  return (
    <Table
      label="Deviation of each region"
      rows={rows}
      id={(row) => row.region}
      chosen={chosenRegion.value}
      onChoose={({ region }) => (chosenRegion.value = chosenRegion.value === region ? null : region)}
      columns={[
        {
          title: "Region",
          cell: (row) => (
            <span
              title={`${(row.area / 100).toFixed(1)} cm², ${Math.round(100 * row.measured)} % measured, absolute ${mm(row.mean_absolute)}, rms ${mm(row.rms)}, largest ${mm(row.largest)} mm`}
            >
              {row.region}
            </span>
          ),
        },
        { title: "Mean", number: true, cell: (row) => plus(row.mean) },
        hasMedian
          ? { title: "Median", number: true, cell: (row) => plus(row.median) }
          : { title: "RMS", number: true, cell: (row) => mm(row.rms) },
        { title: "p95", number: true, cell: (row) => mm(row.p95) },
        { title: "Volume", number: true, cell: (row) => plus(row.volume) },
      ]}
    />
  );
}

function LandmarkTable({ rows }: { rows: readonly LandmarkChange[] }) {
  const shown = rows
    .filter((row) => row.set_name === arrowSet.value)
    .sort((one, other) => (other.distance ?? -1) - (one.distance ?? -1));
  const changed = shown.filter(isChange).length;
  return (
    <>
      <Choices
        label="Landmark set"
        value={arrowSet.value}
        choices={[
          { value: "anthropometric", label: "Anthropometric" },
          { value: "ibug68", label: "iBUG 68" },
        ]}
        onChange={(set) => (arrowSet.value = set)}
      />
      <p class="hint small">{`${changed} of ${shown.length} have moved further than their errors make one in ten do; they stand out.`}</p>
      <Table
        label="Changes of landmarks"
        rows={shown}
        id={(row) => row.name}
        onChoose={lookAt}
        columns={[
          { title: "Landmark", cell: (row) => <span class={isChange(row) ? "changed" : "hint"}>{row.name}</span> },
          {
            title: "mm",
            number: true,
            cell: (row) => <span class={isChange(row) ? "changed" : "hint"}>{mm(row.distance)}</span>,
          },
          { title: "by error", number: true, cell: (row) => <span class="hint">{mm(row.by_error)}</span> },
          {
            title: "left, up, out",
            number: true,
            cell: (row) => (
              <span class="hint">
                {[row.left, row.up, row.forward].map((value) => (value === null ? "–" : signed(value, 1))).join(" ")}
              </span>
            ),
          },
        ]}
      />
    </>
  );
}

/** Bring a landmark to the middle, with its change drawn. */
function lookAt(row: LandmarkChange): void {
  arrows.value = true;
  const move = compared.value && movesOf(compared.value, row.set_name).find((each) => each.row.name === row.name);
  if (move) viewer.value?.fly(new Vector3().copy(move.from), null, 2.2);
}
