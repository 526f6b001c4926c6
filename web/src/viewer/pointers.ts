/** Gives pointer events to tools before the camera gets them. */

import type { Viewer } from "./viewer";

/** A pointer that moves less than this between down and up has clicked, pixels. */
const STILL = 4;

/** Something that takes pointer events before the camera does. */
export interface Tool {
  /** Return true to keep the pointer until it is released; the camera stays still meanwhile. */
  down?(event: PointerEvent, viewer: Viewer): boolean;
  move?(event: PointerEvent, viewer: Viewer): void;
  up?(event: PointerEvent, viewer: Viewer): void;
  /** The left button went down and up at one place. Return true when that was all it meant. */
  click?(event: PointerEvent, viewer: Viewer): boolean;
  hover?(event: PointerEvent, viewer: Viewer): void;
  leave?(): void;
}

export class Pointers {
  private readonly tools: Tool[] = [];
  private holder: Tool | null = null;
  private pressed: { x: number; y: number } | null = null;
  private readonly stop = new AbortController();

  /** Must be made before the camera's controls listen, or listen in the capturing phase. */
  constructor(private readonly viewer: Viewer) {
    const { canvas } = viewer;
    const { signal } = this.stop;
    canvas.addEventListener("pointerdown", (event) => this.down(event), { capture: true, signal });
    canvas.addEventListener("pointermove", (event) => this.move(event), { signal });
    canvas.addEventListener("pointerup", (event) => this.up(event), { signal });
    canvas.addEventListener("pointercancel", (event) => this.up(event), { signal });
    canvas.addEventListener("pointerleave", () => this.tools.forEach((tool) => tool.leave?.()), { signal });
  }

  /** Whether a tool keeps the pointer. */
  get isHeld(): boolean {
    return this.holder !== null;
  }

  /** Add a tool in front of those that are there; returns how to take it away. */
  add(tool: Tool): () => void {
    this.tools.unshift(tool);
    return () => {
      const at = this.tools.indexOf(tool);
      if (at >= 0) this.tools.splice(at, 1);
      if (this.holder === tool) this.release();
    };
  }

  dispose(): void {
    this.stop.abort();
  }

  private down(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.pressed = { x: event.clientX, y: event.clientY };
    const holder = this.tools.find((tool) => tool.down?.(event, this.viewer));
    if (!holder) return;
    this.holder = holder;
    this.viewer.controls.enabled = false;
    this.viewer.canvas.setPointerCapture(event.pointerId);
    event.stopImmediatePropagation();
  }

  private move(event: PointerEvent): void {
    if (this.holder) this.holder.move?.(event, this.viewer);
    else if (!this.viewer.isMoving) for (const tool of this.tools) tool.hover?.(event, this.viewer);
  }

  private up(event: PointerEvent): void {
    const { holder, pressed } = this;
    this.pressed = null;
    holder?.up?.(event, this.viewer);
    this.release();
    if (holder || !pressed || event.type !== "pointerup") return;
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > STILL) return;
    this.tools.some((tool) => tool.click?.(event, this.viewer));
  }

  private release(): void {
    if (this.holder) this.viewer.invalidate();
    this.holder = null;
    this.viewer.controls.enabled = true;
  }
}
