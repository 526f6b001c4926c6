/** The pointer on landmarks: rest on one to see its name, click to choose it, drag to move it over the surface. */

import type { Vector3 } from "three";
import { active } from "../app/state";
import type { Ray, Tool, Viewer } from "../viewer/viewer";
import { putByRay } from "./correcting";
import { MANY } from "./layer";
import type { Mark } from "./marks";
import { markUnder } from "./names";
import { ahead, chosen, hovered, shownMarks } from "./store";

/** A pointer that has moved less than this has not begun to drag, pixels. */
const STILL = 3;

interface Grip {
  readonly name: string;
  readonly startX: number;
  readonly startY: number;
  /** From the pointer to the middle of the point, pixels; it stays so while dragging. */
  readonly dx: number;
  readonly dy: number;
  last: { readonly ray: Ray; readonly at: Vector3 } | null;
}

export class CorrectTool implements Tool {
  private grip: Grip | null = null;

  down(event: PointerEvent, viewer: Viewer): boolean {
    const mark = this.grabbable(viewer, event);
    if (!mark) return false;
    const box = viewer.canvas.getBoundingClientRect();
    const at = viewer.project(mark.at!);
    this.grip = {
      name: mark.name,
      startX: event.clientX,
      startY: event.clientY,
      dx: box.left + at.x - event.clientX,
      dy: box.top + at.y - event.clientY,
      last: null,
    };
    viewer.canvas.style.cursor = "grabbing";
    viewer.canvas.focus({ preventScroll: true });
    return true;
  }

  move(event: PointerEvent, viewer: Viewer): void {
    const grip = this.grip;
    const surface = active.peek()?.surface;
    if (!grip || !surface) return;
    if (!grip.last && Math.hypot(event.clientX - grip.startX, event.clientY - grip.startY) < STILL) return;
    const place = { clientX: event.clientX + grip.dx, clientY: event.clientY + grip.dy };
    const hit = viewer.pick(place, [surface]);
    if (!hit) return; // beside the surface it waits at the edge
    chosen.value = grip.name;
    grip.last = { ray: viewer.ray(place), at: hit.point };
    ahead.value = { name: grip.name, at: hit.point };
  }

  up(event: PointerEvent, viewer: Viewer): void {
    const grip = this.grip;
    this.grip = null;
    viewer.canvas.style.cursor = "";
    if (!grip) return;
    chosen.value = grip.name;
    if (!grip.last) return;
    if (event.type === "pointercancel") ahead.value = null;
    else void putByRay(grip.name, grip.last.ray, grip.last.at);
  }

  /** Let go of what is being dragged and leave it where it was; whether there was something. */
  cancel(): boolean {
    if (!this.grip) return false;
    this.grip = null;
    ahead.value = null;
    return true;
  }

  click(event: PointerEvent, viewer: Viewer): boolean {
    const mark = markUnder(viewer, event, shownMarks.peek());
    if (!mark && !chosen.peek()) return false;
    chosen.value = mark?.name ?? null;
    return true;
  }

  hover(event: PointerEvent, viewer: Viewer): void {
    const mark = markUnder(viewer, event, shownMarks.peek());
    hovered.value = mark?.name ?? null;
    viewer.canvas.style.cursor = mark ? (this.isGrabbable(mark) ? "grab" : "pointer") : "";
  }

  leave(): void {
    hovered.value = null;
  }

  private grabbable(viewer: Viewer, event: PointerEvent): Mark | null {
    const mark = markUnder(viewer, event, shownMarks.peek());
    return mark && this.isGrabbable(mark) ? mark : null;
  }

  /** Of a dense set only the chosen point, since the view could not be turned any more. */
  private isGrabbable(mark: Mark): boolean {
    return shownMarks.peek().length <= MANY || mark.name === chosen.peek();
  }
}
