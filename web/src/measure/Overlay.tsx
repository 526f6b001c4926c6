/** Over the stage: what is measured, drawn on the face. */

import { effect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Vector3 } from "three";
import type { AsymmetryRow, MeasureRow } from "../api/types";
import { scanToWorld } from "../app/frames";
import { active, viewer } from "../app/state";
import { stageGround } from "../app/theme";
import { sideColours, srgb } from "../landmarks/colours";
import { LandmarkView } from "../landmarks/LandmarkView";
import type { Box } from "../landmarks/labels";
import type { LandmarkLayer } from "../landmarks/layer";
import { FONT } from "../landmarks/names";
import { inSight } from "../landmarks/sight";
import { paintRamp, Ramp, type RampProps } from "../ui/Ramp";
import { colorAt } from "../viewer/colormap";
import { addPainter, ink, type Painter } from "../viewer/picture";
import { magnified, mapLegend } from "./Asymmetry";
import type { Viewer } from "../viewer/viewer";
import { figureOf, type Role } from "./figures";
import { explained } from "./order";
import {
  aimed,
  asymmetries,
  chosenAsymmetry,
  chosenDistance,
  chosenMeasure,
  distanceBetween,
  first,
  measures,
  pane,
  places,
  shownDistances,
} from "./state";
import { type Stroke, StrokeLayer } from "./strokes";
import { keyOf, unitSign, withError } from "./table";
import { placeTags } from "./tags";

/** A value beside what it is of. */
interface Tag {
  readonly at: Vector3;
  readonly text: string;
  readonly loud: boolean;
}

let tags: readonly Tag[] = [];
const GREEN = "#009e73";

export function Overlay() {
  const stage = viewer.value;
  useEffect(() => {
    if (!stage) return;
    const layer = new StrokeLayer(stage);
    stage.overlay.add(layer.root);
    const stops = [
      effect(() => {
        const colours: Record<Role, string> = {
          main: sideColours.value.left,
          other: sideColours.value.right,
          help: GREEN,
        };
        const drawn =
          pane.value === "points" ? distanceStrokes(colours) : pane.value === "table" ? measureStrokes(colours) : null;
        tags = drawn?.tags ?? [];
        layer.set(drawn?.strokes ?? []);
      }),
      addPainter(paintLegend),
    ];
    return () => {
      stops.forEach((stop) => stop());
      layer.dispose();
      tags = [];
    };
  }, [stage]);
  const ramp = mapLegend.value ?? (pane.value === "asymmetry" ? pointRamp() : null);
  return (
    <>
      <LandmarkView plain loud={pointedOut} under={paintOver} adorn={tint} />
      <div class="stage-corner">{ramp && <Ramp {...ramp} />}</div>
    </>
  );
}

interface Drawn {
  readonly strokes: Stroke[];
  readonly tags: Tag[];
}

function distanceStrokes(colours: Record<Role, string>): Drawn {
  const strokes: Stroke[] = [];
  const told: Tag[] = [];
  for (const one of shownDistances.value) {
    const loud = one.id === chosenDistance.value;
    const width = loud ? 3 : 2;
    strokes.push({
      points: [one.a.at, one.b.at],
      colour: colours.main,
      through: true,
      width: one.path.length > 1 ? 1.6 : width,
    });
    if (one.path.length > 1) strokes.push({ points: one.path, colour: colours.other, width });
    // Its way over the surface is told of the chosen one alone: the table has all of them.
    const surface = one.surface === null || !loud ? "" : `, ${one.surface.toFixed(1)} on the surface`;
    told.push({
      at: halfway(one.path.length > 1 ? one.path : [one.a.at, one.b.at]),
      text: `${one.straight.toFixed(1)} mm${surface}`,
      loud,
    });
  }
  const [from, to] = [first.value, aimed.value];
  if (from && to) {
    strokes.push({ points: [from.at, to.at], colour: colours.main, through: true, width: 2 });
    told.push({ at: from.at.clone().lerp(to.at, 0.5), text: `${from.at.distanceTo(to.at).toFixed(1)} mm`, loud: true });
  }
  return { strokes, tags: told };
}

function halfway(points: readonly Vector3[]): Vector3 {
  if (points.length === 2) return points[0]!.clone().lerp(points[1]!, 0.5);
  return points[Math.floor(points.length / 2)]!;
}

const paths = new Map<string, Vector3[][]>();

function measureStrokes(colours: Record<Role, string>): Drawn {
  const row = measures.value?.find((one) => keyOf(one) === chosenMeasure.value);
  if (!row || row.value === null) return { strokes: [], tags: [] };
  const figure = figureOf(row, places.value, row.kind === "surface distance" ? pathsOf(row) : []);
  return {
    strokes: figure.lines.map((line) => ({
      points: line.points,
      colour: colours[line.role],
      dashed: line.dashed,
      through: line.points.length < 4,
      width: line.role === "help" ? 1.6 : 3,
    })),
    tags: figure.label
      ? [{ at: figure.label, text: `${withError(row.value, row.standard_error)} ${unitSign(row.unit)}`, loud: true }]
      : [],
  };
}

/** Paths along the surface between the landmarks of a row; fetched when they are first asked for. */
function pathsOf(row: MeasureRow): readonly Vector3[][] {
  const scan = active.value?.info;
  const ends = row.landmarks.map((name) => places.value.get(name));
  if (!scan || ends.some((end) => !end)) return [];
  const key = `${scan.id}/${ends.map((end) => end!.toArray().map((value) => value.toFixed(2))).join("/")}`;
  const known = paths.get(key);
  if (known) return known;
  paths.set(key, []);
  const legs = ends.slice(1).map((to, i) => distanceBetween(scan, ends[i]!, to!));
  Promise.all(legs).then(
    (found) => {
      if (found.some(({ path }) => path.length < 2)) return;
      paths.set(
        key,
        found.map(({ path }) => path),
      );
      // Draw it anew.
      if (chosenMeasure.peek() === keyOf(row)) measures.value = [...(measures.peek() ?? [])];
    },
    () => paths.delete(key),
  );
  return [];
}

function pointedOut(): ReadonlySet<string> {
  if (pane.value === "points") {
    const one = shownDistances.value.find(({ id }) => id === chosenDistance.value);
    return new Set([first.value?.name, one?.a.name, one?.b.name].filter((name): name is string => Boolean(name)));
  }
  if (pane.value === "table") {
    return new Set(measures.value?.find((row) => keyOf(row) === chosenMeasure.value)?.landmarks ?? []);
  }
  const row = asymmetries.value?.find(({ name }) => name === chosenAsymmetry.value);
  return new Set(row ? [row.name, ...(row.partner ? [row.partner] : [])] : []);
}

/** Ends that are no landmarks, values, and arrows. */
const paintOver: Painter = (context, stage) => {
  if (pane.peek() === "asymmetry") paintArrows(context, stage);
  if (pane.peek() === "points") {
    for (const one of shownDistances.peek())
      for (const end of [one.a, one.b]) if (!end.name) paintEnd(context, stage.project(end.at));
    for (const end of [first.peek(), first.peek() && aimed.peek()]) if (end) paintEnd(context, stage.project(end.at));
  }
  context.textAlign = "center";
  context.textBaseline = "middle";
  const wanted = tags.map((tag) => {
    const { x, y } = stage.project(tag.at);
    context.font = fontOf(tag);
    return { x, y, width: context.measureText(tag.text).width + 12, loud: tag.loud };
  });
  const places = placeTags(wanted, { width: stage.canvas.clientWidth, height: stage.canvas.clientHeight });
  for (const [i, tag] of tags.entries()) paintTag(context, tag, places[i]!);
};

const fontOf = (tag: Tag): string => (tag.loud ? `600 ${FONT}` : FONT);

function paintTag(context: CanvasRenderingContext2D, tag: Tag, { x, y, width, height }: Box): void {
  context.font = fontOf(tag);
  context.globalAlpha = tag.loud ? 0.92 : 0.75;
  context.fillStyle = stageGround();
  context.beginPath();
  context.roundRect(x, y, width, height, 4);
  context.fill();
  context.globalAlpha = 1;
  context.fillStyle = ink();
  context.fillText(tag.text, x + width / 2, y + height / 2 + 0.5);
}

function paintEnd(context: CanvasRenderingContext2D, { x, y }: { x: number; y: number }): void {
  context.beginPath();
  context.arc(x, y, 4, 0, 2 * Math.PI);
  context.fillStyle = sideColours.peek().left;
  context.fill();
  context.lineWidth = 1.5;
  context.strokeStyle = "#ffffff";
  context.stroke();
}

function paintArrows(context: CanvasRenderingContext2D, stage: Viewer): void {
  const scan = active.peek()?.info;
  if (!scan) return;
  const linear = scanToWorld(scan).setPosition(0, 0, 0);
  for (const row of asymmetries.peek() ?? []) {
    const to = places.peek().get(row.name);
    if (!to || !row.offset || !inSight(stage, to, 4)) continue;
    const offset = new Vector3(...row.offset).applyMatrix4(linear).multiplyScalar(Number(magnified.peek()));
    const [a, b] = [stage.project(to.clone().sub(offset)), stage.project(to)];
    const length = Math.hypot(b.x - a.x, b.y - a.y);
    if (length < 2) continue;
    const chosen = row.name === chosenAsymmetry.peek();
    context.globalAlpha = chosen || explained(row) === false ? 1 : 0.55;
    arrow(context, a, b, length, chosen);
  }
  context.globalAlpha = 1;
}

/** From the mirrored partner to the point. */
function arrow(
  context: CanvasRenderingContext2D,
  a: { x: number; y: number },
  b: { x: number; y: number },
  length: number,
  bold: boolean,
): void {
  const [ux, uy] = [(b.x - a.x) / length, (b.y - a.y) / length];
  const head = Math.min(7, length * 0.6);
  for (const [colour, width] of [
    ["rgb(16 19 23 / 0.75)", bold ? 5 : 4],
    ["#ffffff", bold ? 2.6 : 1.6],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineCap = context.lineJoin = "round";
    context.beginPath();
    context.moveTo(a.x, a.y);
    context.lineTo(b.x, b.y);
    context.moveTo(b.x - head * (ux + 0.6 * uy), b.y - head * (uy - 0.6 * ux));
    context.lineTo(b.x, b.y);
    context.lineTo(b.x - head * (ux - 0.6 * uy), b.y - head * (uy + 0.6 * ux));
    context.stroke();
  }
}

/** Points in the colours of their asymmetry while that is looked at. */
function tint(layer: LandmarkLayer): () => void {
  return effect(() => {
    const rows = pane.value === "asymmetry" ? asymmetries.value : null;
    if (!rows) {
      layer.setTints(null);
      return;
    }
    const most = mostOf(rows);
    const values = new Map(rows.flatMap((row) => [row.name, row.partner].map((name) => [name, row.value] as const)));
    layer.setTints((mark) => {
      const value = values.get(mark.name);
      return srgb(
        value === null || value === undefined
          ? "rgb(160,160,160)"
          : `rgb(${colorAt("sequential", value / most)
              .map(Math.round)
              .join(",")})`,
      );
    });
  });
}

function mostOf(rows: readonly AsymmetryRow[]): number {
  const sizes = rows.filter((row) => row.visible).map((row) => row.value ?? 0);
  return Math.max(1, Math.ceil(Math.max(0, ...sizes)));
}

function pointRamp(): RampProps | null {
  const rows = asymmetries.value;
  return (
    rows && { title: `Asymmetry, mm (arrows × ${magnified.value})`, kind: "sequential", low: 0, high: mostOf(rows) }
  );
}

const paintLegend: Painter = (context) => {
  const ramp = mapLegend.peek() ?? (pane.peek() === "asymmetry" ? pointRamp() : null);
  if (ramp) paintRamp(context, 20, 16, ink(), ramp);
};
