/** The stage as a PNG: twice the page's pixels, with a scale bar and whatever the mode draws over it. */

import { active, tellError, viewer } from "../app/state";
import { stageGround, theme } from "../app/theme";
import { barLabel, scaleBar } from "./scalebar";
import type { Viewer } from "./viewer";

const SCALE = 2;

export type Painter = (context: CanvasRenderingContext2D, stage: Viewer) => void;
const painters = new Set<Painter>();

/** Draw something into every picture, in pixels of the page; returns how to stop. */
export function addPainter(painter: Painter): () => void {
  painters.add(painter);
  return () => painters.delete(painter);
}

/** The colour of ink on the stage. */
export const ink = (): string => (theme.value === "dark" ? "#dfe5ec" : "#1d2329");

export function paintPicture(stage: Viewer): HTMLCanvasElement {
  const picture = stage.snapshot(SCALE, stageGround());
  const context = picture.getContext("2d")!;
  context.scale(SCALE, SCALE);
  for (const painter of painters) painter(context, stage);
  if (active.value?.info.mm_per_unit != null) paintScaleBar(context, stage);
  return picture;
}

function paintScaleBar(context: CanvasRenderingContext2D, stage: Viewer): void {
  const bar = scaleBar(stage.pixelsPerMm, 160);
  const { clientWidth: width, clientHeight: height } = stage.canvas;
  const [right, y] = [width - 24, height - 24];
  context.strokeStyle = context.fillStyle = ink();
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(right - bar.pixels, y - 5);
  context.lineTo(right - bar.pixels, y);
  context.lineTo(right, y);
  context.lineTo(right, y - 5);
  context.stroke();
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "center";
  context.fillText(barLabel(bar.mm), right - bar.pixels / 2, y - 8);
}

/** Save what the stage shows. */
export function savePicture(): void {
  const stage = viewer.value;
  if (!stage?.canvas.clientWidth) return; // a mode without a stage
  const stem = active.value?.info.name.replace(/\.[^.]+$/, "") ?? "lineament";
  paintPicture(stage).toBlob((blob) =>
    blob ? download(blob, `${stem}.png`) : tellError("the picture could not be made"),
  );
}

/** Give the user a file. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
