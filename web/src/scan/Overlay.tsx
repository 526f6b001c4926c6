/** Over the stage: landmarks with their names, and what colours mean. */

import type { ComponentChildren } from "preact";
import { LandmarkView } from "../landmarks/LandmarkView";
import { SIDE_TITLES, sideColours, SIDES } from "../landmarks/colours";
import { shownMarks, showErrors } from "../landmarks/store";
import { paintRamp, Ramp } from "../ui/Ramp";
import { ink, type Painter } from "../viewer/picture";
import { viewer } from "../app/state";
import { addPainter } from "../viewer/picture";
import { useEffect } from "preact/hooks";
import { legend } from "./looks";

export function Overlay() {
  useEffect(() => addPainter(paintLegends), []);
  return (
    <>
      <LandmarkView />
      <div class="stage-corner">
        {legend.value && <Ramp {...legend.value} />}
        {shownMarks.value.length > 0 && <Key />}
      </div>
    </>
  );
}

function Key() {
  const marks = shownMarks.value;
  const errors = showErrors.value && marks.some((mark) => mark.sigma !== null);
  return (
    <ul class="key" aria-label="What the points mean">
      {SIDES.map((side) => (
        <Item key={side} kind="" tint={`var(--${side})`}>
          {SIDE_TITLES[side]}
        </Item>
      ))}
      {marks.some((mark) => mark.inferred) && (
        <Item kind="inferred" tint="var(--dim)">
          inferred
        </Item>
      )}
      {marks.some((mark) => mark.corrected) && (
        <Item kind="corrected" tint="var(--dim)">
          corrected
        </Item>
      )}
      {errors && (
        <Item kind="ball" tint="var(--dim)">
          expected error
        </Item>
      )}
    </ul>
  );
}

function Item({ kind, tint, children }: { kind: string; tint: string; children: ComponentChildren }) {
  return (
    <li>
      <span class={`swatch ${kind}`} style={{ "--tint": tint }} aria-hidden="true" />
      {children}
    </li>
  );
}

const paintLegends: Painter = (context) => {
  const ramp = legend.peek();
  if (ramp) paintRamp(context, 20, 16, ink(), ramp);
  if (!shownMarks.peek().length || !viewer.peek()) return;
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "left";
  context.textBaseline = "middle";
  let x = 20;
  const y = ramp ? 82 : 28;
  for (const side of SIDES) {
    context.fillStyle = sideColours.peek()[side];
    context.beginPath();
    context.arc(x + 5, y, 4.5, 0, 2 * Math.PI);
    context.fill();
    context.fillStyle = ink();
    context.fillText(SIDE_TITLES[side], x + 14, y);
    x += 14 + context.measureText(SIDE_TITLES[side]).width + 16;
  }
};
