/** The mode Measure: distances between points, the measures of anthropometry, asymmetry. */

import { useEffect } from "preact/hooks";
import { register } from "../app/commands";
import { active, viewer } from "../app/state";
import { chosen, hovered, shownSet, useLandmarks } from "../landmarks/store";
import { Choices } from "../ui/controls";
import { Empty } from "../ui/panel";
import { Anthropometry } from "./Anthropometry";
import { Asymmetry } from "./Asymmetry";
import { Points } from "./Points";
import { aimed, chosenDistance, first, forget, pane, type Pane } from "./state";
import { MeasureTool } from "./tool";
import "./measure.css";

export { Overlay } from "./Overlay";

const PANES: readonly { value: Pane; label: string }[] = [
  { value: "points", label: "Two points" },
  { value: "table", label: "Anthropometry" },
  { value: "asymmetry", label: "Asymmetry" },
];

export function Panel() {
  const scan = active.value;
  const stage = viewer.value;
  useLandmarks(scan?.info.id, "anthropometric");
  useEffect(() => {
    const before = shownSet.peek();
    shownSet.value = "anthropometric";
    chosen.value = hovered.value = null;
    return () => {
      shownSet.value = before;
      hovered.value = null;
    };
  }, []);
  useEffect(() => {
    if (!stage) return;
    const stops = [stage.addTool(new MeasureTool()), registerKeys()];
    return () => {
      stops.forEach((stop) => stop());
      stage.canvas.style.cursor = "";
      first.value = aimed.value = null;
    };
  }, [stage]);
  useEffect(() => {
    first.value = aimed.value = null;
  }, [scan?.info.id]);
  if (!scan) return <Empty>Open a scan to measure on it.</Empty>;
  const noFace = scan.noFace || scan.info.no_face;
  return (
    <>
      <div class="panes">
        <Choices
          label="What to measure"
          value={pane.value}
          choices={PANES}
          onChange={(value) => (pane.value = value)}
        />
      </div>
      {pane.value === "points" ? (
        <Points />
      ) : noFace ? (
        <Empty>No face was found on this scan, so it has no landmarks to measure between.</Empty>
      ) : pane.value === "table" ? (
        <Anthropometry />
      ) : (
        <Asymmetry />
      )}
    </>
  );
}

function registerKeys(): () => void {
  const group = "Measure";
  const hasScan = () => active.value !== null;
  return register(
    ...PANES.map(({ value, label }) => ({
      id: `pane-${value}`,
      title: label,
      group,
      run: () => (pane.value = value),
      when: hasScan,
    })),
    {
      id: "measure-leave",
      title: "Leave the first point",
      keys: "escape",
      group,
      run: () => (first.value = null),
      when: () => first.value !== null,
    },
    ...["delete", "backspace"].map((keys) => ({
      id: `measure-${keys}`,
      title: "Remove the chosen distance",
      keys,
      group,
      run: () => forget(chosenDistance.value!),
      when: () => pane.value === "points" && chosenDistance.value !== null,
    })),
  );
}
