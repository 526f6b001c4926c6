/** What the surface of the active scan shows: its own colours, clay, or numbers in colours. */

import { computed, effect, signal } from "@preact/signals";
import { floats, runJob } from "../api/client";
import type { Job, Scan } from "../api/types";
import { refreshScan } from "../app/open";
import { active, type OpenScan, tellError, viewer } from "../app/state";
import { quantile, sorted, spread } from "../ui/chart";
import type { RampProps } from "../ui/Ramp";
import type { Look } from "../viewer/material";

export const LOOKS = ["own", "clay", "normals", "shape_index", "curvedness", "deviation"] as const;
export type LookId = (typeof LOOKS)[number];
export const LOOK_TITLES: Record<LookId, string> = {
  own: "Colours",
  clay: "Clay",
  normals: "Normals",
  shape_index: "Shape index",
  curvedness: "Curvedness",
  deviation: "Deviation",
};

/** Radii of the neighbourhood of curvature, mm. */
export const RADII = [3, 5, 10, 15] as const;
export type Radius = (typeof RADII)[number];

export const look = signal<LookId>("own");
export const radius = signal<Radius>(5);
export const wireframe = signal(false);
/** What the shown numbers mean; null while none are shown. */
export const legend = signal<RampProps | null>(null);
export const working = signal<Job | null>(null);

/** Why a look is not to be had; empty when it is. */
export function lacking(scan: OpenScan | null, id: LookId): string {
  const info = scan?.info;
  if (!info) return "no scan is open";
  const curved = id === "shape_index" || id === "curvedness";
  if (id === "own" && !info.has_colors && !info.has_texture) return "the scan has no colours";
  if (id === "normals" && !scan.surface?.geometry.hasAttribute("normal")) return "the scan has no normals";
  if (curved && info.mm_per_unit === null) return "the unit of the scan is unknown, and curvature is in mm";
  if (id === "deviation" && !info.stages.fit) return "fit a face first, in the mode Fit";
  return "";
}

/** The look that is shown: clay in the place of what the scan lacks. */
export const shownLook = computed<LookId>(() => (lacking(active.value, look.value) ? "clay" : look.value));

export const isCurvature = (id: LookId): id is "shape_index" | "curvedness" =>
  id === "shape_index" || id === "curvedness";

const values = new Map<string, Promise<Float32Array>>();

/** Fetch numbers for each display vertex; runs the curvature job where it has not been run. */
function valuesOf(scan: Scan, id: LookId): Promise<Float32Array> {
  const key = `${scan.id}/${id}/${isCurvature(id) ? radius.peek() : ""}`;
  const asking = values.get(key) ?? ask(scan, id, radius.peek());
  values.set(key, asking);
  // What has failed may be asked again.
  asking.catch(() => values.delete(key));
  return asking;
}

async function ask(scan: Scan, id: LookId, size: Radius): Promise<Float32Array> {
  if (!isCurvature(id)) return floats(`/api/scans/${scan.id}/values/${id}`);
  try {
    await runJob(`/api/scans/${scan.id}/curvature`, { radius: size }, (job) => (working.value = job));
  } finally {
    working.value = null;
  }
  void refreshScan(scan.id).catch(() => undefined);
  return floats(`/api/scans/${scan.id}/values/${id}?radius=${size}`);
}

function rampOf(id: LookId, numbers: Float32Array): RampProps {
  if (id === "shape_index") {
    return { title: `Shape index, ${radius.peek()} mm`, kind: "diverging", low: -1, high: 1, ends: ["hollow", "dome"] };
  }
  if (id === "curvedness") {
    return {
      title: `Curvedness at ${radius.peek()} mm, 1/mm`,
      kind: "sequential",
      low: 0,
      high: quantile(sorted(numbers), 0.98) || 0.1,
    };
  }
  const most = spread(numbers).range;
  return { title: "Scan outside of the fit, mm", kind: "diverging", low: -most, high: most };
}

const PLAIN: Partial<Record<LookId, Look>> = { clay: "clay", normals: "normals" };

/** Keep the surface of the active scan looking as chosen; returns how to stop, and leaves it as it was. */
export function dressActive(): () => void {
  const stop = effect(() => {
    const scan = active.value;
    const id = shownLook.value;
    radius.value;
    const wires = wireframe.value;
    const surface = scan?.surface;
    legend.value = null;
    if (!surface) return;
    surface.setWireframe(wires);
    const plain = id === "own" ? surface.naturalLook : PLAIN[id];
    if (plain) surface.setLook(plain);
    else {
      const asked = `${scan.info.id}/${id}/${radius.value}`;
      const still = () => `${active.peek()?.info.id}/${shownLook.peek()}/${radius.peek()}` === asked;
      void valuesOf(scan.info, id)
        .then((numbers) => {
          if (!still()) return;
          const ramp = rampOf(id, numbers);
          surface.setValues(numbers, ramp.low, ramp.high, ramp.kind);
          legend.value = ramp;
          viewer.peek()?.invalidate();
        })
        .catch(tellError);
    }
    viewer.peek()?.invalidate();
  });
  return () => {
    stop();
    legend.value = null;
    const surface = active.peek()?.surface;
    surface?.setWireframe(false);
    surface?.setLook(surface.naturalLook);
    viewer.peek()?.invalidate();
  };
}
