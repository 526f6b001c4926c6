/** A scan or a fitted face as it is drawn: a mesh or a cloud, with what it shows and how it is picked. */

import {
  BufferAttribute,
  BufferGeometry,
  DoubleSide,
  Group,
  LineSegments,
  LineBasicMaterial,
  Matrix4,
  Mesh,
  MeshBasicMaterial,
  Points,
  Sphere,
  type ShaderMaterial,
  type Raycaster,
  type Texture,
  Triangle,
  Vector2,
  Vector3,
} from "three";
import { acceleratedRaycast, computeBoundsTree, disposeBoundsTree, type MeshBVH } from "three-mesh-bvh";
import { coarseIndex, coarsePoints, spacingOf, within } from "./coarse";
import type { Kind } from "./colormap";
import { type Look, SurfaceMaterial } from "./material";
import { LEVELS } from "./pace";

/** Where faces are in the world, mm. */
const FACE = new Sphere(new Vector3(0, 0, 50), 140);
/** Points of a face that tell how far apart they are. */
const ENOUGH = 500;

export interface Hit {
  /** In the world: mm, face frame where it is known. */
  readonly point: Vector3;
  readonly normal: Vector3;
  /** Of the display vertex nearest to the hit. */
  readonly vertex: number;
}

/** Draws one geometry; `root` is what goes into the scene. */
export class Surface {
  readonly root = new Group();
  readonly material: SurfaceMaterial;
  readonly body: Mesh<BufferGeometry, ShaderMaterial> | Points<BufferGeometry, ShaderMaterial>;
  readonly hasColors: boolean;
  readonly hasTexture: boolean;
  private wires: LineSegments | null = null;
  private veil: Mesh | null = null;
  private wired = false;
  private spacing = 0;
  private picking = false;
  /** The same vertices with fewer triangles, by level of detail; made when they are first drawn. */
  private readonly coarse = new Map<number, BufferGeometry>();

  constructor(
    readonly geometry: BufferGeometry,
    { points = false, map = null as Texture | null } = {},
  ) {
    this.hasColors = geometry.hasAttribute("color");
    this.hasTexture = map !== null && geometry.hasAttribute("uv");
    if (!geometry.hasAttribute("normal") && !points) geometry.computeVertexNormals();
    this.material = new SurfaceMaterial(this.hasColors, points);
    this.material.setMap(map);
    this.body = points ? new Points(geometry, this.material) : new Mesh(geometry, this.material);
    this.body.frustumCulled = false;
    if (points) this.growPoints();
    this.root.matrixAutoUpdate = false;
    this.root.add(this.body);
    this.setLook(this.naturalLook);
  }

  get isCloud(): boolean {
    return this.body instanceof Points;
  }

  /** The scan's own colours where it has some, clay otherwise. */
  get naturalLook(): Look {
    return this.hasTexture ? "texture" : this.hasColors ? "colour" : "clay";
  }

  get vertexCount(): number {
    return this.geometry.getAttribute("position").count;
  }

  setLook(look: Look): void {
    this.material.setLook(look);
    // Colours of a cloud hold the light in which they were taken.
    if (this.isCloud) this.material.setShaded(look !== "colour" && this.geometry.hasAttribute("normal"));
  }

  /** Show numbers, one for each display vertex; NaN is grey. */
  setValues(values: Float32Array, low: number, high: number, kind: Kind): void {
    if (values.length !== this.vertexCount) throw new Error(`${values.length} values for ${this.vertexCount} vertices`);
    // NaN does not survive interpolation on every driver.
    const told = values.map((value) => (Number.isNaN(value) ? 2e30 : value));
    const attribute = new BufferAttribute(told, 1);
    for (const geometry of [this.geometry, ...this.coarse.values()]) geometry.setAttribute("value", attribute);
    this.material.setRange(low, high, kind);
    this.setLook("values");
  }

  setWireframe(shown: boolean): void {
    if (shown && !this.wires && !this.isCloud) {
      const lines = new BufferGeometry();
      // The surface's own positions, so that lines follow a face that is moved.
      lines.setAttribute("position", this.geometry.getAttribute("position"));
      lines.setIndex(new BufferAttribute(edgesOf(this.geometry), 1));
      this.wires = new LineSegments(
        lines,
        new LineBasicMaterial({ color: 0x10151b, transparent: true, opacity: 0.28 }),
      );
      this.wires.frustumCulled = false;
      this.wires.renderOrder = 3;
      this.root.add(this.wires);
    }
    this.wired = shown;
    if (this.wires) this.wires.visible = shown;
    this.material.polygonOffset = shown;
    this.material.polygonOffsetFactor = this.material.polygonOffsetUnits = 1;
  }

  /** See through the surface, 0 to 1; of a mesh only the foremost layer is drawn, `over` all that lies in front of it. */
  setOpacity(opacity: number, over = false): void {
    this.material.setOpacity(opacity);
    this.root.visible = opacity > 0;
    const veiled = (opacity < 1 || over) && !this.isCloud;
    if (veiled && !this.veil) {
      // A little behind, since its depth is computed in another order than the surface's.
      const behind = { polygonOffset: true, polygonOffsetFactor: 1, polygonOffsetUnits: 4 };
      this.veil = new Mesh(
        this.geometry,
        new MeshBasicMaterial({ colorWrite: false, side: DoubleSide, transparent: true, ...behind }),
      );
      this.veil.frustumCulled = false;
      this.veil.renderOrder = 1;
      this.root.add(this.veil);
    }
    if (this.veil) {
      this.veil.visible = veiled;
      this.veil.onBeforeRender = over ? (renderer) => renderer.clearDepth() : () => {};
    }
    this.body.renderOrder = veiled ? 2 : 0;
  }

  /** Draw with about so many triangles until it is called with 0 again; picking always takes all. */
  setDetail(level: number): void {
    const geometry = this.detail(level);
    this.body.geometry = geometry;
    this.body.material = level === LEVELS.length - 1 ? this.material.perVertex : this.material;
    if (this.veil) this.veil.geometry = geometry;
    if (this.wires) this.wires.visible = this.wired && geometry === this.geometry;
    if (this.isCloud) {
      const share = (geometry.index?.count ?? this.vertexCount) / this.vertexCount;
      this.material.setSpacing(this.spacing / Math.sqrt(share));
    }
  }

  /** Draw the points of a cloud as wide as they are apart; a wall behind the face has its points further apart. */
  private spacePoints(): void {
    const all = this.geometry.getAttribute("position").array;
    const face = within(all, this.root.matrix, FACE);
    this.spacing = 2 * spacingOf(face.length > 3 * ENOUGH ? face : all);
    this.material.setSpacing(this.spacing);
  }

  private growPoints(): void {
    this.spacePoints();
    this.body.onBeforeRender = (renderer) => {
      this.material.uniforms.tall!.value = renderer.getDrawingBufferSize(new Vector2()).y;
      this.material.uniformsNeedUpdate = true;
    };
  }

  private detail(level: number): BufferGeometry {
    const wanted = LEVELS[level] ?? Infinity;
    const have = this.isCloud ? this.vertexCount : (this.geometry.index?.count ?? this.vertexCount) / 3;
    if (have <= 2.1 * wanted) return this.geometry;
    const known = this.coarse.get(level);
    if (known) return known;
    const positions = this.geometry.getAttribute("position").array;
    const made = new BufferGeometry();
    for (const [name, attribute] of Object.entries(this.geometry.attributes)) made.setAttribute(name, attribute);
    const index = this.isCloud
      ? coarsePoints(positions, wanted)
      : coarseIndex(positions, this.geometry.index?.array ?? null, wanted, this.hasTexture);
    made.setIndex(new BufferAttribute(index, 1));
    this.coarse.set(level, made);
    return made;
  }

  /** From the geometry's own frame to the world. */
  place(matrix: Matrix4): void {
    this.root.matrix.copy(matrix);
    this.root.matrixWorldNeedsUpdate = true;
    this.root.updateMatrixWorld(true);
    if (this.isCloud) this.spacePoints();
  }

  /** The first place that a ray meets; of a cloud the nearest point along it. */
  pick(raycaster: Raycaster): Hit | null {
    this.preparePicking();
    raycaster.firstHitOnly = true;
    const [hit] = raycaster.intersectObject(this.body, false);
    if (!hit) return null;
    const normal = hit.face
      ? hit.face.normal.clone().transformDirection(this.body.matrixWorld)
      : raycaster.ray.direction.clone().negate();
    return { point: hit.point, normal, vertex: hit.face ? this.nearestCorner(hit.point, hit.face) : (hit.index ?? 0) };
  }

  /** The place of the surface that is nearest to a point of the world; null for a cloud. */
  nearest(point: Vector3): Hit | null {
    const tree = this.preparePicking();
    if (!tree) return null;
    const inverse = this.body.matrixWorld.clone().invert();
    const found = tree.closestPointToPoint(point.clone().applyMatrix4(inverse));
    if (!found) return null;
    const corners = this.cornersOf(found.faceIndex);
    const normal = new Triangle(...corners.map((index) => this.corner(index))).getNormal(new Vector3());
    return {
      point: found.point.clone().applyMatrix4(this.body.matrixWorld),
      normal: normal.transformDirection(this.body.matrixWorld),
      vertex: corners[0],
    };
  }

  private corner(index: number): Vector3 {
    return new Vector3().fromBufferAttribute(this.geometry.getAttribute("position"), index);
  }

  private cornersOf(face: number): [number, number, number] {
    const index = this.geometry.index;
    return [0, 1, 2].map((i) => (index ? index.getX(3 * face + i) : 3 * face + i)) as [number, number, number];
  }

  /** Built at the first pick, since a scan is often only looked at. */
  private preparePicking(): MeshBVH | null {
    if (!(this.body instanceof Mesh)) return null;
    if (!this.picking) {
      computeBoundsTree.call(this.geometry);
      this.body.raycast = acceleratedRaycast;
      this.picking = true;
    }
    return this.geometry.boundsTree as MeshBVH;
  }

  private nearestCorner(point: Vector3, face: { a: number; b: number; c: number }): number {
    const position = this.geometry.getAttribute("position");
    const corner = new Vector3();
    const distance = (index: number) =>
      corner.fromBufferAttribute(position, index).applyMatrix4(this.body.matrixWorld).distanceToSquared(point);
    return [face.a, face.b, face.c].reduce((best, next) => (distance(next) < distance(best) ? next : best));
  }

  dispose(): void {
    if (this.picking) disposeBoundsTree.call(this.geometry);
    for (const geometry of this.coarse.values()) geometry.dispose();
    this.geometry.dispose();
    (this.material.uniforms.map!.value as Texture | null)?.dispose();
    this.material.dispose();
    this.wires?.geometry.dispose();
    (this.veil?.material as MeshBasicMaterial | undefined)?.dispose();
    this.root.removeFromParent();
  }
}

/** Each edge of the triangles once, as pairs of vertices. */
export function edgesOf(geometry: BufferGeometry): Uint32Array {
  const count = geometry.getAttribute("position").count;
  const corners = geometry.index?.array ?? Uint32Array.from({ length: count }, (_, i) => i);
  const known = new Set<number>();
  const edges = new Uint32Array(2 * corners.length);
  let used = 0;
  for (let t = 0; t < corners.length; t += 3) {
    for (let side = 0; side < 3; side++) {
      const a = corners[t + side]!;
      const b = corners[t + ((side + 1) % 3)]!;
      const key = a < b ? a * count + b : b * count + a;
      if (known.has(key)) continue;
      known.add(key);
      edges[used++] = a;
      edges[used++] = b;
    }
  }
  return edges.slice(0, used);
}

/** Read a GLB of the server: one mesh or one cloud. */
export async function surfaceFromGlb(data: ArrayBuffer): Promise<Surface> {
  const { GLTFLoader } = await import("three/addons/loaders/GLTFLoader.js");
  const { scene } = await new GLTFLoader().parseAsync(data, "");
  let found: Surface | null = null;
  scene.updateMatrixWorld(true);
  scene.traverse((node) => {
    if (found || !(node instanceof Mesh || node instanceof Points)) return;
    const geometry = (node.geometry as BufferGeometry).clone();
    geometry.applyMatrix4(node.matrixWorld);
    const map = (node.material as { map?: Texture | null }).map ?? null;
    // The shader decodes sRGB itself.
    if (map) map.colorSpace = "";
    found = new Surface(geometry, { points: node instanceof Points, map });
  });
  if (!found) throw new Error("the file holds no surface");
  return found;
}
