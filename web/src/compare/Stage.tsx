/** A and B beside each other under linked cameras, or A alone as a map of how far B lies from it. */

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Sphere, Vector3 } from "three";
import { pickFiles } from "../app/Drop";
import { type OpenScan, takeStage } from "../app/state";
import { signed } from "../ui/chart";
import { Button } from "../ui/controls";
import { paintRamp, Ramp } from "../ui/Ramp";
import { addPainter, ink } from "../viewer/picture";
import { ScaleBar } from "../viewer/Stage";
import { Viewer } from "../viewer/viewer";
import { useArrows } from "./arrows";
import { disposeTwin, link, twinOf } from "./link";
import { a, b, compared, ghost, placeB, range, shown, view } from "./state";

interface Place {
  readonly x: number;
  readonly y: number;
  readonly text: string;
}

const TITLE = "B less A, mm";

export function Stage() {
  const left = useSignal<Viewer | null>(null);
  const right = useSignal<Viewer | null>(null);
  const pointer = useSignal<Place | null>(null);
  const side = view.value === "side";
  useEffect(() => (left.value ? takeStage(left.value) : undefined), [left.value]);
  useEffect(() => (left.value && right.value ? link(left.value, right.value) : undefined), [left.value, right.value]);
  useEffect(() => {
    if (!compared.value) return;
    return addPainter((context) =>
      paintRamp(context, 20, 42, ink(), { title: TITLE, kind: "diverging", low: -range.value, high: range.value }),
    );
  }, [compared.value !== null]);
  if (!a.value || !b.value) return <Missing />;
  return (
    <div class={side ? "compare-stage two" : "compare-stage"}>
      <Pane who="A" scan={a.value} viewer={left} pointer={pointer} />
      {side && <Pane who="B" scan={b.value} viewer={right} pointer={pointer} />}
    </div>
  );
}

function Missing() {
  return (
    <div class="stage">
      <div class="welcome">
        <h1>Two scans of one person</h1>
        <p>Before and after, neutral and smiling: drop both, in any unit and any position.</p>
        <Button primary icon="plus" title="Open scans" onClick={pickFiles}>
          Open scans
        </Button>
      </div>
    </div>
  );
}

function Pane({
  who,
  scan,
  viewer,
  pointer,
}: {
  who: "A" | "B";
  scan: OpenScan;
  viewer: Signal<Viewer | null>;
  pointer: Signal<Place | null>;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const made = new Viewer(canvas.current!);
    viewer.value = made;
    return () => {
      viewer.value = null;
      made.dispose();
    };
  }, []);
  useSurface(viewer.value, who, scan);
  useGhost(who === "A" ? viewer.value : null);
  useHover(viewer.value, pointer);
  useArrows(viewer.value, who);
  const mapped = who === "A" && compared.value !== null;
  return (
    <div class="stage" data-pane={who}>
      <canvas ref={canvas} tabIndex={0} aria-label={`3D view of ${who}, ${scan.info.name}`} />
      <div class="stage-corner">
        <span class="pane-title">
          <b>{who}</b> {scan.info.name}
        </span>
        {mapped && <Ramp title={TITLE} kind="diverging" low={-range.value} high={range.value} />}
      </div>
      {pointer.value && (
        <div class="cross" style={{ left: `${pointer.value.x}px`, top: `${pointer.value.y}px` }}>
          {mapped && pointer.value.text && <span>{pointer.value.text}</span>}
        </div>
      )}
      {viewer.value && <ScaleBar viewer={viewer.value} />}
    </div>
  );
}

/** Put the scan on its pane: in A's frame, and A in the colours of the deviation. */
function useSurface(stage: Viewer | null, who: "A" | "B", scan: OpenScan): void {
  const found = compared.value;
  const values = shown.value?.deviation;
  const source = scan.surface;
  const kept = useRef<ReturnType<typeof twinOf> | null>(null);
  useEffect(() => {
    if (!stage || !source) return;
    const twin = (kept.current = twinOf(source));
    stage.add(twin);
    return () => {
      kept.current = null;
      stage.remove(twin);
      disposeTwin(twin);
    };
  }, [stage, source]);
  useEffect(() => {
    const twin = kept.current;
    if (!stage || !twin || !a.value) return;
    twin.place(who === "A" ? placeB(scan, scan, null) : placeB(scan, a.value, found));
    if (who === "A" && values) twin.setValues(values, -range.value, range.value, "diverging");
    else twin.setLook(twin.naturalLook);
    stage.invalidate();
  }, [stage, source, scan.info, a.value, found, values, range.value]);
  useEffect(() => {
    if (!stage || !source) return;
    if (scan.info.pose) {
      stage.fit(new Sphere(new Vector3(0, -8, 55), 118));
      stage.look("front");
    } else stage.fit();
  }, [stage, scan.info.id, scan.info.pose !== null]);
}

/** B over A's map, as far as it is wanted. */
function useGhost(stage: Viewer | null): void {
  const source = b.value?.surface ?? null;
  const share = view.value === "map" ? ghost.value : 0;
  const shown = share > 0;
  const kept = useRef<ReturnType<typeof twinOf> | null>(null);
  useEffect(() => {
    if (!stage || !source || !shown) return;
    const twin = (kept.current = twinOf(source));
    twin.setLook("clay");
    twin.material.setClay(0.56, 0.69, 0.83);
    stage.add(twin);
    return () => {
      kept.current = null;
      stage.remove(twin);
      disposeTwin(twin);
    };
  }, [stage, source, shown]);
  useEffect(() => {
    if (!stage || !kept.current || !a.value || !b.value) return;
    kept.current.place(placeB(b.value, a.value, compared.value));
    kept.current.setOpacity(share);
    stage.invalidate();
  }, [stage, source, share, compared.value, a.value]);
}

/** A cross at the same place of both panes, and how far B lies off there. */
function useHover(stage: Viewer | null, pointer: Signal<Place | null>): void {
  useEffect(() => {
    if (!stage) return;
    // What was under the pointer is elsewhere when the view moves.
    const leave = () => (pointer.value = null);
    stage.controls.addEventListener("change", leave);
    const stop = stage.addTool({
      leave,
      hover(event, at) {
        const box = at.canvas.getBoundingClientRect();
        const surface = at.surfaces[0];
        const hit = surface ? at.pick(event, [surface]) : null;
        const found = compared.value;
        const value =
          hit && found && at.canvas.ariaLabel?.startsWith("3D view of A") ? found.deviation[hit.vertex] : undefined;
        pointer.value = hit
          ? {
              x: event.clientX - box.left,
              y: event.clientY - box.top,
              text: value === undefined ? "" : Number.isFinite(value) ? `${signed(value)} mm` : "no answer in B",
            }
          : null;
      },
    });
    return () => {
      stage.controls.removeEventListener("change", leave);
      stop();
    };
  }, [stage]);
}
