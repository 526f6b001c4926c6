/** The landmarks of the active scan on the shared stage, with their names. */

import { effect } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { viewer } from "../app/state";
import { Ink } from "../viewer/Ink";
import type { Painter } from "../viewer/picture";
import { LandmarkLayer, MANY } from "./layer";
import { NamePainter } from "./names";
import { chosen, hovered, showErrors, showNames, shownMarks } from "./store";
import "./landmarks.css";

export interface ViewOptions {
  /** Names of landmarks that are pointed out besides the chosen one. */
  readonly loud?: () => ReadonlySet<string>;
  /** Points alone, whatever the switches of the mode Scan say: no names but loud ones, no errors. */
  readonly plain?: boolean;
  /** Painted under the names. */
  readonly under?: Painter;
  /** For what else the layer shall do; returns how to stop. */
  readonly adorn?: (layer: LandmarkLayer) => () => void;
}

/** Around what the pointer is on: painted over the scene, which is not drawn anew for it. */
function paintRing(context: CanvasRenderingContext2D, { x, y }: { x: number; y: number }): void {
  context.beginPath();
  context.arc(x, y, 7.6, 0, 2 * Math.PI);
  for (const [colour, width] of [
    ["rgb(26 31 36)", 3.8],
    ["#ffffff", 2.2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.stroke();
  }
}

const NONE: ReadonlySet<string> = new Set();

export function LandmarkView({ loud, plain = false, under, adorn }: ViewOptions) {
  const stage = viewer.value;
  const names = useMemo(() => new NamePainter(), []);
  useEffect(() => {
    if (!stage) return;
    const layer = new LandmarkLayer(stage);
    stage.overlay.add(layer.root);
    const stops = [
      effect(() => layer.setMarks(shownMarks.value)),
      effect(() => layer.setErrors(!plain && showErrors.value)),
      effect(() => {
        const ringed = new Set(loud?.() ?? NONE);
        if (chosen.value !== null) ringed.add(chosen.value);
        layer.setRinged(ringed);
      }),
      effect(() => {
        const pointed = new Set(loud?.() ?? NONE);
        for (const name of [chosen.value, hovered.value]) if (name !== null) pointed.add(name);
        const all = !plain && showNames.value && shownMarks.value.length <= MANY;
        names.set({ marks: shownMarks.value, all, loud: pointed });
        stage.repaint();
      }),
      ...(adorn ? [adorn(layer)] : []),
    ];
    return () => {
      stops.forEach((stop) => stop());
      layer.dispose();
    };
  }, [stage]);
  const paint = useMemo(
    (): Painter => (context, on) => {
      under?.(context, on);
      const pointedAt = shownMarks.peek().find(({ name }) => name === hovered.peek());
      if (pointedAt?.at && pointedAt.name !== chosen.peek()) paintRing(context, on.project(pointedAt.at));
      names.paint(context, on);
    },
    [under],
  );
  return stage && <Ink viewer={stage} paint={paint} />;
}
