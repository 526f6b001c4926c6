/** The mode Scan: look at a scan and its landmarks, and correct them. */

import { useEffect } from "preact/hooks";
import { active, viewer } from "../app/state";
import { warnBeforeLeaving } from "../landmarks/correcting";
import { chosen, hovered, shownSet, useLandmarks } from "../landmarks/store";
import { CorrectTool } from "../landmarks/tool";
import { Empty } from "../ui/panel";
import { CorrectDock, HistorySection } from "./Correct";
import { ExportSection } from "./Export";
import { FactsSection } from "./Facts";
import { registerKeys } from "./keys";
import { LandmarkSection } from "./Landmarks";
import { LookSection } from "./Look";
import { dressActive } from "./looks";
import "./scan.css";

export { Overlay } from "./Overlay";

// Corrections outlive the mode, and so does the question.
addEventListener("beforeunload", warnBeforeLeaving);

export function Panel() {
  const scan = active.value;
  const stage = viewer.value;
  useLandmarks(scan?.info.id, shownSet.value);
  useEffect(() => dressActive(), []);
  useEffect(() => {
    if (!stage) return;
    const tool = new CorrectTool();
    const stops = [stage.addTool(tool), registerKeys(tool)];
    return () => {
      stops.forEach((stop) => stop());
      stage.canvas.style.cursor = "";
      hovered.value = null;
    };
  }, [stage]);
  useEffect(() => {
    chosen.value = hovered.value = null;
  }, [scan?.info.id]);
  if (!scan) return <Empty>Open a scan to see its landmarks.</Empty>;
  return (
    <div class="docked">
      <div class="scroll">
        <FactsSection scan={scan} />
        <LookSection />
        <LandmarkSection />
        <HistorySection />
        <ExportSection />
      </div>
      <CorrectDock />
    </div>
  );
}
