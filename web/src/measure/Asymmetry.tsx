/** How far the left differs from the right. */

import { effect, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { bytes, floats } from "../api/client";
import type { AsymmetryRow } from "../api/types";
import { localToWorld } from "../app/frames";
import { active, tellError, viewer } from "../app/state";
import { spoken } from "../landmarks/marks";
import { flyToPlaces } from "../landmarks/fly";
import { spread } from "../ui/chart";
import { Choices, Switch } from "../ui/controls";
import { type Column, Empty, Section, Table } from "../ui/panel";
import type { RampProps } from "../ui/Ramp";
import { type Surface, surfaceFromGlb } from "../viewer/surface";
import { explained, sortedRows } from "./order";
import { asymmetries, chosenAsymmetry, follow, places, refused } from "./state";

export const magnified = signal<"1" | "5" | "10">("5");
export const showMap = signal(false);
export const mapLegend = signal<RampProps | null>(null);

const label = (row: AsymmetryRow): string =>
  row.partner ? `${spoken(row.name)}, ${spoken(row.partner)}` : spoken(row.name);

const COLUMNS: readonly Column<AsymmetryRow>[] = [
  { title: "Landmarks", cell: (row) => <span class={row.visible ? "" : "dim"}>{label(row)}</span> },
  { title: "mm", number: true, cell: (row) => row.value?.toFixed(1) ?? "" },
  { title: "By error", number: true, cell: (row) => (row.by_error === null ? "" : `≤ ${row.by_error.toFixed(1)}`) },
  {
    title: "Beyond",
    cell: (row) =>
      explained(row) === false ? (
        <span class="badge warn" title={row.note}>
          more
        </span>
      ) : (
        <span class="unseen">{row.note}</span>
      ),
  },
];

export function Asymmetry() {
  useEffect(() => follow<AsymmetryRow>("asymmetry", asymmetries), []);
  useEffect(mapOnFit, []);
  const all = asymmetries.value;
  if (!all) return <Empty>{refused.value || "Comparing left with right …"}</Empty>;
  const rows = sortedRows(all);
  const more = rows.filter((row) => explained(row) === false).length;
  const fitted = active.value?.info.stages.fit ?? false;
  return (
    <>
      <Section title="Asymmetry">
        <p class="small">
          {more
            ? `${more} of ${rows.length} differ by more than the errors of their landmarks explain.`
            : "Nothing differs by more than the errors of the landmarks explain."}
        </p>
        <div class="inline">
          <span>Arrows</span>
          <Choices
            label="How much longer arrows are drawn"
            value={magnified.value}
            choices={(["1", "5", "10"] as const).map((value) => ({ value, label: `× ${value}` }))}
            onChange={(value) => (magnified.value = value)}
          />
        </div>
        <Switch
          label={fitted ? "Map on the fitted face" : "Map (fit a face first)"}
          on={showMap.value && fitted}
          disabled={!fitted}
          onChange={(on) => (showMap.value = on)}
        />
      </Section>
      <div class="measures-table">
        <Table
          label="Asymmetry of landmarks"
          rows={rows}
          columns={COLUMNS}
          id={(row) => row.name}
          chosen={chosenAsymmetry.value}
          onChoose={(row) => {
            chosenAsymmetry.value = chosenAsymmetry.value === row.name ? null : row.name;
            if (chosenAsymmetry.value)
              flyToPlaces([row.name, row.partner].flatMap((name) => (name && places.value.get(name)) || []));
          }}
        />
      </div>
    </>
  );
}

/** Show the fitted face in the scan's place while the map is wanted; returns how to stop. */
function mapOnFit(): () => void {
  let shown: Surface | null = null;
  let turn = 0;
  const clear = () => {
    turn++;
    const scan = active.peek()?.surface;
    if (scan) scan.root.visible = true;
    if (shown) viewer.peek()?.remove(shown);
    shown?.dispose();
    shown = null;
    mapLegend.value = null;
    viewer.peek()?.invalidate();
  };
  const stop = effect(() => {
    const scan = active.value;
    const stage = viewer.value;
    const wanted = showMap.value && scan?.info.stages.fit;
    clear();
    if (!wanted || !stage || !scan) return;
    const asked = turn;
    Promise.all([
      bytes(`/api/scans/${scan.info.id}/fit/mesh.glb`),
      floats(`/api/scans/${scan.info.id}/values/asymmetry`),
    ])
      .then(async ([data, values]) => {
        const surface = await surfaceFromGlb(data);
        if (asked !== turn) return surface.dispose();
        shown = surface;
        const most = spread(values).range;
        surface.place(localToWorld(scan.info));
        surface.setValues(values, -most, most, "diverging");
        stage.add(surface);
        if (scan.surface) scan.surface.root.visible = false;
        mapLegend.value = { title: "Fuller than the other side, mm", kind: "diverging", low: -most, high: most };
        stage.invalidate();
      })
      .catch(tellError);
  });
  return () => {
    stop();
    clear();
  };
}
