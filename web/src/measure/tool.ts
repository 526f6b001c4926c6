/** The pointer that measures: click two places, which snap to landmarks that are near unless Alt is held. */

import { active } from "../app/state";
import { markUnder } from "../landmarks/names";
import { hovered, knownMarks } from "../landmarks/store";
import type { Tool, Viewer } from "../viewer/viewer";
import { aimed, type End, first, measure, pane } from "./state";

/** Points snap to landmarks from this far, pixels. */
const SNAP = 11;

export class MeasureTool implements Tool {
  click(event: PointerEvent, viewer: Viewer): boolean {
    if (pane.peek() !== "points") return false;
    const end = endUnder(event, viewer);
    if (!end) return false;
    const begun = first.peek();
    if (!begun) {
      first.value = end;
      return true;
    }
    first.value = aimed.value = null;
    if (begun.at.distanceTo(end.at) > 1e-6) void measure(begun, end);
    return true;
  }

  hover(event: PointerEvent, viewer: Viewer): void {
    if (pane.peek() !== "points") {
      hovered.value = markUnder(viewer, event, knownMarks.peek())?.name ?? null;
      return;
    }
    const end = endUnder(event, viewer);
    hovered.value = end?.name ?? null;
    aimed.value = end;
    viewer.canvas.style.cursor = end ? "crosshair" : "";
  }

  leave(): void {
    hovered.value = aimed.value = null;
  }
}

function endUnder(event: PointerEvent, viewer: Viewer): End | null {
  const surface = active.peek()?.surface;
  const mark = event.altKey ? null : markUnder(viewer, event, knownMarks.peek(), SNAP);
  if (mark) return { at: mark.at!, name: mark.name };
  const hit = surface && viewer.pick(event, [surface]);
  return hit ? { at: hit.point, name: null } : null;
}
