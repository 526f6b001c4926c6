/** Text and lines over the stage, drawn by the same painters into the page and into pictures. */

import { useEffect, useRef } from "preact/hooks";
import { viewer as shared } from "../app/state";
import { theme } from "../app/theme";
import { addPainter, type Painter } from "./picture";
import type { Viewer } from "./viewer";

/** A clear canvas over a viewer that is painted after each of its frames; painters of the shared stage go into pictures. */
export function Ink({ viewer, paint }: { viewer: Viewer; paint: Painter }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const sheet = canvas.current!;
    const context = sheet.getContext("2d")!;
    const draw = () => {
      // One more sheet over the stage costs as much as a third of the head.
      sheet.hidden = viewer.isSparing;
      if (sheet.hidden) return;
      const { clientWidth: width, clientHeight: height } = viewer.canvas;
      const ratio = window.devicePixelRatio;
      const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
      if (sheet.width !== wide || sheet.height !== high) [sheet.width, sheet.height] = [wide, high];
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, width, height);
      paint(context, viewer);
    };
    draw();
    const stops = [viewer.onFrame(draw)];
    if (viewer === shared.peek()) stops.push(addPainter(paint));
    return () => stops.forEach((stop) => stop());
  }, [viewer, paint, theme.value]);
  return <canvas ref={canvas} class="ink" aria-hidden="true" />;
}

/** Text that is read on any ground: with a rim of the stage's colour. */
export function inkText(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
  context.lineJoin = "round";
  context.lineWidth = 2.6;
  context.strokeStyle = rim();
  context.strokeText(text, x, y);
  context.fillText(text, x, y);
}

export const rim = (): string => (theme.value === "dark" ? "rgb(16 19 23 / 0.78)" : "rgb(252 253 254 / 0.85)");
