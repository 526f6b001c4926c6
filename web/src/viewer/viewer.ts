/** The stage: one canvas that draws surfaces in millimetres, y up, and turns pointers into rays. */

import {
  Box3,
  Group,
  Matrix4,
  Mesh,
  OrthographicCamera,
  Points,
  Raycaster,
  Scene,
  Sphere,
  Vector2,
  Vector3,
  WebGLRenderer,
  WebGLRenderTarget,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import { effect } from "@preact/signals";
import { stageGround, theme } from "../app/theme";
import { aimOf, fly } from "./flight";
import { isSoftware, LEVELS, Pace } from "./pace";
import { Pointers, type Tool } from "./pointers";
import type { Hit, Surface } from "./surface";

export type View = "front" | "back" | "left" | "right" | "above" | "below" | "threequarter";

/** Where the viewer stands, seen from the face: +x is the subject's left, +z in front. */
const DIRECTIONS: Record<View, Vector3> = {
  front: new Vector3(0, 0, 1),
  back: new Vector3(0, 0, -1),
  left: new Vector3(1, 0, 0),
  right: new Vector3(-1, 0, 0),
  above: new Vector3(0, 1, 0.001),
  below: new Vector3(0, -1, 0.001),
  threequarter: new Vector3(0.6, 0.12, 0.8),
};

const FAR = 2000;
/** The layer of objects that are left out where there is no time to draw them. */
export const SPARED = 1;
/** A view that has rested this long is drawn more finely, ms. */
const REFINE_MS = 220;
/** All pixels are drawn again when nothing has moved for so long. */
const REST_MS = 220;

export type { Tool } from "./pointers";

export interface Ray {
  readonly origin: Vector3;
  readonly direction: Vector3;
}

export class Viewer {
  readonly scene = new Scene();
  /** What modes add to the scene: mm, in the world's frame. */
  readonly overlay = new Group();
  readonly camera = new OrthographicCamera(-100, 100, 100, -100, -FAR, FAR);
  readonly controls: OrbitControls;
  readonly surfaces: Surface[] = [];
  /** How many have been drawn: what is painted over them asks whether the view is another one. */
  frames = 0;
  private readonly renderer: WebGLRenderer;
  private readonly pointers: Pointers;
  private readonly listeners = new Set<() => void>();
  private readonly resizer: ResizeObserver;
  private turned = false;
  /** Ends a flight. */
  private land: () => void = () => {};
  private dirty = true;
  private moving = false;
  private ratio = 1;
  private readonly pace: Pace;
  private readonly stopGround: () => void;
  private lastFrame = 0;
  private request = 0;
  private fitted = new Sphere(new Vector3(), 110);
  private unsized = false;
  private rest = 0;
  private refining = 0;

  constructor(readonly canvas: HTMLCanvasElement) {
    // Without a graphics card smooth edges cost more than drawing twice as finely once the view rests.
    this.renderer = new WebGLRenderer({ canvas, antialias: !isSoftware(), alpha: false, preserveDrawingBuffer: false });
    // A page of which less is seen through is put together in less time.
    this.stopGround = effect(() => {
      theme.value;
      this.renderer.setClearColor(stageGround());
      this.invalidate();
    });
    this.pace = new Pace(isSoftware(), window.devicePixelRatio);
    this.scene.add(this.overlay);
    this.controls = new OrbitControls(this.camera, canvas);
    this.controls.enableDamping = false;
    this.controls.zoomToCursor = true;
    this.controls.minZoom = 0.05;
    this.controls.maxZoom = 400;
    this.controls.addEventListener("change", () => {
      this.turned = true;
      this.invalidate();
    });
    this.controls.addEventListener("start", () => {
      this.moving = true;
      this.turned = false;
      clearTimeout(this.rest);
      this.land();
    });
    // Turns of the wheel follow each other; a mere click has moved nothing.
    this.controls.addEventListener("end", () => (this.turned ? this.hurry() : this.settle()));
    this.resizer = new ResizeObserver(() => this.resize());
    this.resizer.observe(canvas.parentElement ?? canvas);
    this.pointers = new Pointers(this);
    this.resize();
    this.look("front");
  }

  add(surface: Surface): void {
    if (!this.surfaces.includes(surface)) this.surfaces.push(surface);
    this.scene.add(surface.root);
    this.invalidate();
  }

  /** Take a surface off the stage; whoever made it disposes of it. */
  remove(surface: Surface): void {
    const at = this.surfaces.indexOf(surface);
    if (at >= 0) this.surfaces.splice(at, 1);
    surface.root.removeFromParent();
    this.invalidate();
  }

  /** Paint again what lies over the scene, such as names, without drawing the scene. */
  repaint(): void {
    if (!this.dirty) for (const listener of this.listeners) listener();
  }

  /** Draw again at the next frame. */
  invalidate(): void {
    this.dirty = true;
    if (!this.request) this.request = requestAnimationFrame(this.frame);
  }

  /** Draw at the next frame, of many that follow each other: with fewer pixels where the machine is slow. */
  hurry(): void {
    this.moving = true;
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => this.settle(), REST_MS);
    this.invalidate();
  }

  /** Call `listener` after each frame that was drawn, so that labels follow; returns how to stop. */
  onFrame(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Add a tool in front of those that are there; returns how to take it away. */
  addTool(tool: Tool): () => void {
    return this.pointers.add(tool);
  }

  /** Look from one side at what was fitted last. */
  look(view: View): void {
    this.lookAlong(DIRECTIONS[view]);
  }

  lookAlong(direction: Vector3): void {
    const target = this.controls.target.copy(this.fitted.center);
    this.camera.position.copy(target).addScaledVector(direction.clone().normalize(), FAR / 2);
    this.camera.up.set(0, 1, 0);
    this.controls.update();
    this.invalidate();
  }

  /** Move gently until `target` is in the middle, seen along `direction` where it is given, and at least as large as `zoom`. */
  fly(target: Vector3, direction: Vector3 | null = null, zoom = 0): void {
    this.land();
    const from = aimOf(this.camera, this.controls.target);
    const towards = direction?.clone().normalize() ?? from.towards;
    this.land = fly(from, { target, towards, zoom: Math.max(zoom, from.zoom) }, (aim, over) => {
      this.controls.target.copy(aim.target);
      this.camera.position.copy(aim.target).addScaledVector(aim.towards, FAR / 2);
      this.camera.zoom = aim.zoom;
      this.camera.updateProjectionMatrix();
      this.controls.update();
      this.moving = !over;
      this.invalidate();
    });
  }

  /** Whether the view, or something on it, is being moved just now. */
  get isMoving(): boolean {
    return this.moving || this.pointers.isHeld;
  }

  /** Whether it is moved on a machine that has to spare: what is not needed for that may be left out. */
  get isSparing(): boolean {
    return this.isMoving && this.pace.level === LEVELS.length - 1;
  }

  /** Bring surfaces to the graphics card before they are shown, so that none of them makes its frame late. */
  preload(surfaces: readonly Surface[]): void {
    const target = new WebGLRenderTarget(1, 1);
    const scene = new Scene();
    for (const { body, geometry, material } of surfaces) {
      const copy = body instanceof Mesh ? new Mesh(geometry, material) : new Points(geometry, material);
      copy.frustumCulled = false;
      scene.add(copy);
    }
    this.renderer.setRenderTarget(target);
    this.renderer.render(scene, this.camera);
    this.renderer.setRenderTarget(null);
    target.dispose();
  }

  /** Fill the stage with a sphere, mm; with the surfaces when none is given. */
  fit(around: Sphere | null = null): void {
    this.fitted = around ?? this.bounds();
    const radius = Math.max(this.fitted.radius, 1e-6);
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.unsized = !width || !height;
    if (this.unsized) return; // a hidden stage: done when it is shown
    const half = 100;
    this.camera.zoom = (half / radius) * (Math.min(width, height) / Math.max(height, 1)) * 0.94;
    const direction = this.camera.position.clone().sub(this.controls.target);
    this.lookAlong(direction.lengthSq() > 0 ? direction : DIRECTIONS.front);
    this.camera.updateProjectionMatrix();
  }

  /** Pixels of the page for one millimetre. */
  get pixelsPerMm(): number {
    return (this.canvas.clientHeight * this.camera.zoom) / (this.camera.top - this.camera.bottom);
  }

  /** The ray through a place of the page, world. */
  ray(event: { clientX: number; clientY: number }): Ray {
    this.aim(event);
    return { origin: raycaster.ray.origin.clone(), direction: raycaster.ray.direction.clone() };
  }

  /** What lies under a place of the page, among all surfaces or the given ones. */
  pick(event: { clientX: number; clientY: number }, among: readonly Surface[] = this.surfaces): Hit | null {
    this.aim(event);
    raycaster.params.Points.threshold = 4 / this.pixelsPerMm;
    let best: Hit | null = null;
    for (const surface of among) {
      if (!surface.root.visible) continue;
      const hit = surface.pick(raycaster);
      if (hit && (!best || this.depth(hit.point) < this.depth(best.point))) best = hit;
    }
    return best;
  }

  /** Where a point of the world is drawn, pixels from the canvas's upper left corner; `depth` grows away from the viewer. */
  project(point: Vector3): { x: number; y: number; depth: number } {
    const at = point.clone().project(this.camera);
    const { clientWidth, clientHeight } = this.canvas;
    return { x: ((at.x + 1) / 2) * clientWidth, y: ((1 - at.y) / 2) * clientHeight, depth: at.z };
  }

  /** Whether a point of the world is in front of all surfaces, or within `slack` mm behind them. */
  unoccluded(point: Vector3, slack = 2): boolean {
    const towards = this.camera.getWorldDirection(new Vector3()).negate();
    raycaster.set(point.clone().addScaledVector(towards, slack), towards);
    raycaster.near = 0;
    raycaster.far = FAR;
    const hidden = this.surfaces.some(
      (surface) => surface.root.visible && !surface.isCloud && surface.pick(raycaster) !== null,
    );
    raycaster.far = Infinity;
    return !hidden;
  }

  /** Follow another viewer's camera. */
  copyView(other: Viewer): void {
    this.camera.position.copy(other.camera.position).sub(other.controls.target).add(this.controls.target);
    this.camera.quaternion.copy(other.camera.quaternion);
    this.camera.zoom = other.camera.zoom;
    this.camera.updateProjectionMatrix();
    this.controls.update();
    if (other.isMoving) this.hurry();
    else this.invalidate();
  }

  /** Draw now, at `scale` pixels for each of the page's, and return the picture with its ground. */
  snapshot(scale: number, ground: string): HTMLCanvasElement {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    this.renderer.setPixelRatio(scale);
    this.renderer.setSize(width, height, false);
    this.draw(0);
    const picture = document.createElement("canvas");
    [picture.width, picture.height] = [Math.round(width * scale), Math.round(height * scale)];
    const context = picture.getContext("2d")!;
    context.fillStyle = ground;
    context.fillRect(0, 0, picture.width, picture.height);
    context.drawImage(this.canvas, 0, 0, picture.width, picture.height);
    this.resize();
    return picture;
  }

  dispose(): void {
    cancelAnimationFrame(this.request);
    clearTimeout(this.rest);
    clearTimeout(this.refining);
    this.land();
    this.stopGround();
    this.resizer.disconnect();
    this.controls.dispose();
    this.renderer.dispose();
    this.pointers.dispose();
  }

  private bounds(): Sphere {
    const box = new Box3();
    for (const surface of this.surfaces) {
      surface.geometry.computeBoundingBox();
      const own = surface.geometry.boundingBox;
      if (own) box.union(own.clone().applyMatrix4(surface.root.matrix));
    }
    return box.isEmpty() ? new Sphere(new Vector3(), 110) : box.getBoundingSphere(new Sphere());
  }

  private depth(point: Vector3): number {
    return point.clone().applyMatrix4(view.copy(this.camera.matrixWorldInverse)).z * -1;
  }

  private aim(event: { clientX: number; clientY: number }): void {
    const box = this.canvas.getBoundingClientRect();
    pointer.set(((event.clientX - box.left) / box.width) * 2 - 1, 1 - ((event.clientY - box.top) / box.height) * 2);
    raycaster.setFromCamera(pointer, this.camera);
  }

  private readonly frame = (): void => {
    this.request = 0;
    if (!this.dirty) return;
    this.dirty = false;
    const now = performance.now();
    // The first frame after a rest says nothing about how long one takes.
    if (this.isMoving && this.lastFrame) this.pace.took(now - this.lastFrame, window.devicePixelRatio);
    this.lastFrame = this.isMoving ? now : 0;
    this.setRatio(this.isMoving ? this.pace.ratio : window.devicePixelRatio);
    clearTimeout(this.refining);
    if (!this.isMoving && this.pace.still > this.ratio)
      this.refining = window.setTimeout(() => this.refine(), REFINE_MS);
    this.draw(this.isMoving ? this.pace.level : 0);
    this.frames++;
    for (const listener of this.listeners) listener();
  };

  private draw(level: number): void {
    for (const surface of this.surfaces) surface.setDetail(level);
    if (level === LEVELS.length - 1) this.camera.layers.disable(SPARED);
    else this.camera.layers.enable(SPARED);
    this.renderer.render(this.scene, this.camera);
    if (level) for (const surface of this.surfaces) surface.setDetail(0);
  }

  /** Draw what rests once more, as finely as it gets. */
  private refine(): void {
    if (this.isMoving || this.dirty || !this.canvas.clientWidth) return;
    this.setRatio(this.pace.still);
    this.draw(0);
  }

  private settle(): void {
    this.moving = false;
    this.invalidate();
  }

  private setRatio(ratio: number): void {
    if (Math.abs(ratio - this.ratio) < 0.04 * this.ratio) return;
    this.ratio = ratio;
    this.renderer.setPixelRatio(ratio);
    this.renderer.setSize(this.canvas.clientWidth, this.canvas.clientHeight, false);
  }

  private resize(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height) return;
    this.ratio = window.devicePixelRatio;
    this.renderer.setPixelRatio(this.ratio);
    this.renderer.setSize(width, height, false);
    const half = 100;
    this.camera.top = half;
    this.camera.bottom = -half;
    this.camera.left = (-half * width) / height;
    this.camera.right = (half * width) / height;
    this.camera.updateProjectionMatrix();
    if (this.unsized) this.fit(this.fitted);
    this.invalidate();
  }
}

const raycaster = new Raycaster();
const pointer = new Vector2();
const view = new Matrix4();
