/** The shared stage: the active scan, a scale bar, and what the mode lays over it. */

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { active, viewer } from "../app/state";
import { sameGroup } from "../app/groups";
import { frameFace } from "../app/open";
import { barLabel, scaleBar } from "./scalebar";
import { Viewer } from "./viewer";

export function Stage({ children, hidden }: { children?: ComponentChildren; hidden: boolean }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const own = useSignal<Viewer | null>(null);
  useEffect(() => {
    const made = new Viewer(canvas.current!);
    own.value = viewer.value = made;
    return () => {
      own.value = viewer.value = null;
      made.dispose();
    };
  }, []);
  useActiveSurface(own.value);
  return (
    <div class="stage" hidden={hidden}>
      <canvas
        ref={canvas}
        tabIndex={0}
        aria-label={active.value ? `3D view of ${active.value.info.name}` : "3D view"}
      />
      {children}
      {active.value && own.value && <ScaleBar viewer={own.value} />}
    </div>
  );
}

/** Put the active scan on the stage, alone. */
function useActiveSurface(stage: Viewer | null): void {
  const surface = active.value?.surface ?? null;
  const id = active.value?.info.id;
  useEffect(() => {
    if (!stage || !surface) return;
    stage.add(surface);
    return () => stage.remove(surface);
  }, [stage, surface]);
  const last = useRef<string | undefined>(undefined);
  useEffect(() => {
    const before = last.current;
    last.current = id;
    // The next frame of a sequence is seen from where the last one was.
    if (stage && surface && !(before && id && before !== id && sameGroup(before, id))) frameFace(stage);
  }, [stage, surface, id]);
}

/** How long a millimetre is; only where the unit of the scan is known. */
export function ScaleBar({ viewer: stage }: { viewer: Viewer }) {
  const perMm = useSignal(stage.pixelsPerMm);
  useEffect(() => stage.onFrame(() => (perMm.value = stage.pixelsPerMm)), [stage]);
  if (active.value?.info.mm_per_unit == null) return null;
  const bar = scaleBar(perMm.value, 160);
  return (
    <div class="scalebar" style={{ width: `${bar.pixels}px` }}>
      {barLabel(bar.mm)}
    </div>
  );
}
