/** Paints the names of landmarks, and finds the landmark under the pointer. */

import { theme } from "../app/theme";
import type { Painter } from "../viewer/picture";
import { inkText } from "../viewer/Ink";
import type { Viewer } from "../viewer/viewer";
import { placeLabels } from "./labels";
import { type Mark, spoken } from "./marks";
import { inSight } from "./sight";

export const FONT = '11.5px "Inter", system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif';
const LOUD = `600 ${FONT}`;
/** While the view moves, what is hidden is found anew this often, ms. */
const AGAIN = 90;
/** The pointer takes hold of a point from this far, pixels. */
export const REACH = 9;

export interface NameOptions {
  readonly marks: readonly Mark[];
  /** Every name; otherwise only those that are `loud`. */
  readonly all: boolean;
  /** Names that are shown whatever they cover. */
  readonly loud: ReadonlySet<string>;
}

/** Names keep their sides of their points from frame to frame: one of these for each view. */
export class NamePainter {
  private sides = new Map<string, number>();
  private seen = new Set<string>();
  private lookedAt = 0;
  private lookedFrame = -1;
  private widths = new Map<string, number>();
  private options: NameOptions = { marks: [], all: true, loud: new Set() };

  /** Landmarks of which the surface hides nothing. */
  get inSight(): ReadonlySet<string> {
    return this.seen;
  }

  set(options: NameOptions): void {
    if (options.marks !== this.options.marks) this.lookedAt = 0;
    this.options = options;
  }

  readonly paint: Painter = (context, viewer) => {
    const { marks, all, loud } = this.options;
    this.look(viewer);
    const shown = marks.filter((mark) => mark.at && (loud.has(mark.name) || (all && this.seen.has(mark.name))));
    if (!shown.length) return;
    const size = { width: viewer.canvas.clientWidth, height: viewer.canvas.clientHeight };
    const at = shown.map((mark) => viewer.project(mark.at!));
    const middle = at.reduce((sum, { x }) => sum + x, 0) / at.length;
    const wanted = shown.map((mark, i) => ({
      x: at[i]!.x,
      y: at[i]!.y,
      width: this.width(context, mark.name, loud.has(mark.name)),
      rank: loud.has(mark.name) ? Infinity : (mark.corrected ? 1 : 0) - (mark.inferred ? 1 : 0),
    }));
    const { places, chosen } = placeLabels(
      wanted,
      size,
      middle,
      shown.map((mark) => this.sides.get(mark.name) ?? -1),
    );
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillStyle = theme.peek() === "dark" ? "#ffffff" : "#10151b";
    for (const [i, mark] of shown.entries()) {
      if (chosen[i]! >= 0) this.sides.set(mark.name, chosen[i]!);
      else this.sides.delete(mark.name);
      const place = places[i];
      if (!place) continue;
      context.globalAlpha = loud.has(mark.name) ? 1 : mark.inferred ? 0.62 : 0.9;
      context.font = loud.has(mark.name) ? LOUD : FONT;
      inkText(context, spoken(mark.name), place.x, place.y + 8);
    }
    context.globalAlpha = 1;
  };

  private look(viewer: Viewer): void {
    const now = performance.now();
    // Painted again without a new frame, the view is the same.
    if (this.lookedAt && (viewer.frames === this.lookedFrame || (viewer.isMoving && now - this.lookedAt < AGAIN)))
      return;
    this.lookedFrame = viewer.frames;
    this.lookedAt = now;
    this.seen = new Set(
      this.options.marks.filter((mark) => mark.at && inSight(viewer, mark.at)).map((mark) => mark.name),
    );
  }

  private width(context: CanvasRenderingContext2D, name: string, loud: boolean): number {
    const key = loud ? `${name} loud` : name;
    const known = this.widths.get(key);
    if (known !== undefined) return known;
    context.font = loud ? LOUD : FONT;
    const width = context.measureText(spoken(name)).width + (loud ? 6 : 3);
    this.widths.set(key, width);
    return width;
  }
}

/** The landmark that is drawn nearest to a place of the page, within reach and not behind the head. */
export function markUnder(
  viewer: Viewer,
  event: { clientX: number; clientY: number },
  marks: readonly Mark[],
  reach = REACH,
): Mark | null {
  const box = viewer.canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const near = marks
    .filter((mark) => mark.at)
    .map((mark) => {
      const at = viewer.project(mark.at!);
      return { mark, away: Math.hypot(at.x - x, at.y - y) };
    })
    .filter(({ away }) => away <= reach)
    .sort((a, b) => a.away - b.away);
  return near.find(({ mark }) => inSight(viewer, mark.at!, 6))?.mark ?? null;
}
