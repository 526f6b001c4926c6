/** The picture of a round point, for points of a fixed size on the page. */

import { CanvasTexture } from "three";

let disc: CanvasTexture | null = null;

export function discTexture(): CanvasTexture {
  if (disc) return disc;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 64;
  const context = canvas.getContext("2d")!;
  context.fillStyle = "#fff";
  context.beginPath();
  context.arc(32, 32, 30, 0, 2 * Math.PI);
  context.fill();
  return (disc = new CanvasTexture(canvas));
}
