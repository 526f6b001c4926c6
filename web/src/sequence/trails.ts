/** Where landmarks have been and will be: lines in the scene, and points at the frame that is shown. */

import { useEffect } from "preact/hooks";
import { BufferAttribute, BufferGeometry, Color, Group, Line, LineBasicMaterial, Points, PointsMaterial, type Vector3 } from "three";
import { theme } from "../app/theme";
import { viewer } from "../app/state";
import { discTexture } from "../viewer/disc";
import { strokeOf } from "./palette";
import { frame, head, kind, sequence, shown, trailed, trails, tracks } from "./state";

/** Trails are drawn this much nearer to the viewer than the skin that they lie in, pixels of depth. */
const ORDER = 6;

export function useTrails(): void {
  const stage = viewer.value;
  const found = sequence.value;
  const visible = trails.value && found !== null;
  const names = trailed.value;
  useEffect(() => {
    if (!stage || !visible) return;
    const group = new Group();
    names.forEach((name, row) => {
      const places = tracks.value.get(name) ?? [];
      const color = kind.value === "landmark" ? new Color(strokeOf(row, theme.value).color) : new Color(theme.value === "dark" ? 0xe8eef4 : 0x20262c);
      for (const piece of pieces(places)) group.add(line(piece, color));
    });
    stage.overlay.add(group);
    stage.invalidate();
    return () => {
      dispose(group);
      stage.invalidate();
    };
  }, [stage, visible, found, names, kind.value, theme.value, head.value]);
  useEffect(() => {
    if (!stage || !visible) return;
    const dots = names.flatMap((name, row) => {
      const place = tracks.value.get(name)?.[frame.value];
      return place ? [{ place, color: new Color(strokeOf(row, theme.value).color) }] : [];
    });
    const group = new Group();
    group.add(points(dots.map(({ place }) => place), dots.map(() => new Color(theme.value === "dark" ? 0x10141a : 0xffffff)), 11));
    group.add(points(dots.map(({ place }) => place), dots.map(({ color }) => (kind.value === "landmark" ? color : new Color(theme.value === "dark" ? 0xe8eef4 : 0x20262c))), 8));
    stage.overlay.add(group);
    stage.invalidate();
    return () => dispose(group);
  }, [stage, visible, found, names, frame.value, kind.value, theme.value, head.value, shown.value]);
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

function points(places: readonly Vector3[], colors: readonly Color[], size: number): Points {
  const geometry = new BufferGeometry().setFromPoints([...places]);
  geometry.setAttribute("color", new BufferAttribute(new Float32Array(colors.flatMap((color) => color.toArray())), 3));
  const made = new Points(geometry, new PointsMaterial({ size, map: discTexture(), vertexColors: true, sizeAttenuation: false, depthTest: false, transparent: true }));
  made.renderOrder = ORDER + 1;
  return made;
}

function dispose(group: Group): void {
  group.removeFromParent();
  for (const child of group.children as (Line | Points)[]) {
    child.geometry.dispose();
    (child.material as LineBasicMaterial).dispose();
  }
}
