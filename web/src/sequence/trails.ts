/** Where landmarks have been and will be: lines in the scene, and points at the frame that is shown. */

import { useEffect, useRef } from "preact/hooks";
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DynamicDrawUsage,
  Group,
  Line,
  LineBasicMaterial,
  Points,
  PointsMaterial,
  type Vector3,
} from "three";
import { theme, type Theme } from "../app/theme";
import { viewer } from "../app/state";
import { discTexture } from "../viewer/disc";
import { strokeOf } from "./palette";
import { frame, head, kind, sequence, trailed, trails, tracks } from "./state";

/** Drawn after surfaces, since trails lie in the skin. */
const ORDER = 6;
/** Where a point is put that a frame does not have, mm: nobody sees it there. */
const AWAY = 1e7;

export function useTrails(): void {
  const stage = viewer.value;
  const found = sequence.value;
  const visible = trails.value && found !== null;
  const names = trailed.value;
  const places = useRef<BufferAttribute | null>(null);
  useEffect(() => {
    if (!stage || !visible) return;
    const group = new Group();
    const colors = names.map((_, row) => colorOf(row, theme.value));
    names.forEach((name, row) => {
      for (const piece of pieces(tracks.value.get(name) ?? [])) group.add(line(piece, colors[row]!));
    });
    // One attribute for rims and points: moving it moves both, and nothing is compiled anew for a frame.
    const at = new BufferAttribute(new Float32Array(3 * names.length), 3).setUsage(DynamicDrawUsage);
    const rim = new Color(theme.value === "dark" ? 0x10141a : 0xffffff);
    group.add(
      points(
        at,
        names.map(() => rim),
        11,
        ORDER + 1,
      ),
      points(at, colors, 8, ORDER + 2),
    );
    places.current = at;
    stage.overlay.add(group);
    return () => {
      places.current = null;
      group.removeFromParent();
      for (const child of group.children as (Line | Points)[]) {
        child.geometry.dispose();
        (child.material as LineBasicMaterial).dispose();
      }
      stage.invalidate();
    };
  }, [stage, visible, found, names, kind.value, theme.value, head.value]);
  useEffect(() => {
    const at = places.current;
    if (!stage || !at) return;
    names.forEach((name, row) => {
      const place = tracks.value.get(name)?.[frame.value];
      if (place) place.toArray(at.array, 3 * row);
      else at.setXYZ(row, AWAY, AWAY, AWAY);
    });
    at.needsUpdate = true;
    stage.invalidate();
  }, [stage, visible, found, names, kind.value, theme.value, head.value, frame.value]);
}

/** As the curve of the landmark where curves are of landmarks; else in the colour of ink. */
function colorOf(row: number, on: Theme): Color {
  return new Color(kind.value === "landmark" ? strokeOf(row, on).color : on === "dark" ? 0xe8eef4 : 0x20262c);
}

/** Runs without a gap. */
function pieces(places: readonly (Vector3 | null)[]): Vector3[][] {
  const found: Vector3[][] = [[]];
  for (const place of places) {
    if (place) found.at(-1)!.push(place);
    else if (found.at(-1)!.length) found.push([]);
  }
  return found.filter((piece) => piece.length > 1);
}

function line(places: readonly Vector3[], color: Color): Line {
  const made = new Line(
    new BufferGeometry().setFromPoints([...places]),
    new LineBasicMaterial({ color, depthTest: false, transparent: true, opacity: 0.85 }),
  );
  made.renderOrder = ORDER;
  return made;
}

function points(at: BufferAttribute, colors: readonly Color[], size: number, order: number): Points {
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", at);
  geometry.setAttribute("color", new BufferAttribute(new Float32Array(colors.flatMap((color) => color.toArray())), 3));
  const made = new Points(
    geometry,
    new PointsMaterial({
      size,
      map: discTexture(),
      vertexColors: true,
      sizeAttenuation: false,
      depthTest: false,
      transparent: true,
    }),
  );
  made.frustumCulled = false;
  made.renderOrder = order;
  return made;
}
