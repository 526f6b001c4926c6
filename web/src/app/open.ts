/** Opening scans: files that were dropped, files of `lineament view`, scans of a database. */

import { Sphere, Vector3 } from "three";
import { bytes, del, followJob, get, post, upload } from "../api/client";
import type { Created, Job, Scan } from "../api/types";
import { surfaceFromGlb } from "../viewer/surface";
import { seriesOf } from "../sequence/order";
import { type Announced, announce } from "./arrivals";
import { localToWorld } from "./frames";
import { sameGroup } from "./groups";
import { askSeries } from "./series";
import { activeId, addScan, mode, scans, tell, tellError, updateScan, viewer } from "./state";

/** What belongs to a scan rather than being one. */
const COMPANIONS = new Set(["mtl", "jpg", "jpeg", "bmp", "tga", "bin", "json"]);
const IMAGES = new Set(["png"]);

export interface Parcel {
  readonly main: File;
  readonly companions: readonly File[];
}

const suffix = (name: string): string => name.slice(name.lastIndexOf(".") + 1).toLowerCase();
const stem = (name: string): string => name.slice(0, name.lastIndexOf("."));

/** Put each scan together with the files that belong to it: textures, materials, cameras of depth images. */
export function parcels(files: readonly File[]): Parcel[] {
  const certain = files.filter((file) => !COMPANIONS.has(suffix(file.name)) && !IMAGES.has(suffix(file.name)));
  const images = files.filter((file) => IMAGES.has(suffix(file.name)));
  // A png is a texture beside a mesh, and a depth image when it comes alone.
  const mains = certain.length ? certain : images;
  const others = files.filter((file) => !mains.includes(file));
  return mains.map((main) => ({
    main,
    companions: mains.length === 1 ? others : others.filter((file) => stem(file.name) === stem(main.name)),
  }));
}

/** Send files and open the scans in them; returns their names in the workspace, in order. */
export async function openFiles(files: readonly File[]): Promise<string[]> {
  const found = parcels(files);
  if (!found.length) {
    tell("none of these files is a scan", "error");
    return [];
  }
  const common = seriesOf(found.map(({ main }) => main.name));
  const how = common === null ? "separately" : await askSeries(found.length, common);
  if (how === "not") return [];
  if (how !== "separately") return (await import("../sequence/opening")).openSeries(found, how);
  const opened: string[] = [];
  const coming = found.map((parcel) => ({ parcel, told: announce(parcel.main.name) }));
  for (const { parcel, told } of coming) {
    try {
      opened.push(await openParcel(parcel, (id) => told.change({ scan: id }), told.change));
    } catch (error) {
      tellError(error);
    } finally {
      told.end();
    }
  }
  return opened;
}

/**
 * Send one scan's files and open it; `begun` hears its name in the workspace at once. What cannot be opened leaves
 * nothing behind, and the error names the file.
 */
export async function openParcel(
  parcel: Parcel,
  begun: (id: string) => void = () => {},
  changed: Announced["change"] = () => {},
): Promise<string> {
  let id: string | null = null;
  try {
    ({ id } = await post<Created>("/api/scans"));
    begun(id);
    await sendFiles(id, [...parcel.companions, parcel.main], (share) => changed({ doing: "Sending", share }));
    changed({ doing: "Reading", share: null });
    await followOpening(id, await post<Job>(`/api/scans/${id}/open`));
    return id;
  } catch (error) {
    if (id && closed.has(id)) return id;
    if (id && !scans.value.some((scan) => scan.info.id === id)) await del(`/api/scans/${id}`).catch(() => undefined);
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(why.includes(parcel.main.name) ? why : `${parcel.main.name}: ${why}`);
  }
}

async function sendFiles(id: string, files: readonly File[], progress: (share: number) => void): Promise<void> {
  const total = files.reduce((sum, file) => sum + file.size, 0) || 1;
  let sent = 0;
  for (const file of files) {
    const path = `/api/scans/${id}/files/${encodeURIComponent(file.name)}`;
    await upload(path, file, (share) => progress((sent + share * file.size) / total));
    sent += file.size;
  }
}

/** Scans that somebody has closed, perhaps while they were still looked at. */
const closed = new Set<string>();

/** Take a scan off the page and out of the workspace. */
export function closeScan(id: string): void {
  closed.add(id);
  const known = scans.value.find((scan) => scan.info.id === id);
  scans.value = scans.value.filter((scan) => scan.info.id !== id);
  if (activeId.value === id) activeId.value = scans.value.at(-1)?.info.id ?? null;
  if (known?.surface) viewer.value?.remove(known.surface);
  known?.surface?.dispose();
  void del(`/api/scans/${id}`).catch(tellError);
}

/** Draw a scan as soon as it is read, and turn it when its face is found. */
export async function followOpening(id: string, job: Job): Promise<void> {
  let drawing: Promise<void> | null = null;
  const draw = () => (drawing ??= showScan(id));
  const end = await followJob(job, (told) => {
    if (told.stage === "parsed" || told.stage === "landmarks") void draw().catch(tellError);
  });
  await draw();
  await refreshScan(id, end.result.no_face);
}

/** Fetch a scan's geometry and put it on the stage. */
export async function showScan(id: string): Promise<void> {
  const [info, data] = await Promise.all([
    get<Scan>(`/api/scans/${id}`),
    bytes(`/api/scans/${id}/mesh.glb?level=display`),
  ]);
  const surface = await surfaceFromGlb(data);
  surface.place(localToWorld(info));
  addScan({ info, surface, noFace: info.no_face ?? "" });
  activeId.value = id;
  if (mode.value === "database") mode.value = "scan";
}

/** Ask again what is known of a scan, and place it by it. */
export async function refreshScan(id: string, noFace = ""): Promise<void> {
  const info = await get<Scan>(`/api/scans/${id}`);
  const known = scans.value.find((scan) => scan.info.id === id);
  const turned = info.pose !== null && known?.info.pose == null;
  known?.surface?.place(localToWorld(info));
  updateScan(id, { info, noFace: noFace || (info.no_face ?? "") });
  const inView = scans.value.some((other) => other.info.id !== id && other.info.pose && sameGroup(other.info.id, id));
  if (turned && activeId.value === id && !inView) frameFace();
}

/** Show the face from the front, large. */
export function frameFace(stage = viewer.value): void {
  const shown = scans.value.find((scan) => scan.info.id === activeId.value);
  if (!stage || !shown) return;
  if (shown.info.pose) {
    stage.fit(new Sphere(new Vector3(0, 6, 55), 128));
    stage.look("front");
  } else stage.fit();
}

/** Scans that the server has already: those of `lineament view`, or from before the page was loaded again. */
export async function openKnown(): Promise<void> {
  const known = await get<Scan[]>("/api/scans");
  for (const scan of known) {
    const job = (await get<Job[]>("/api/jobs")).find((each) => each.kind === "open" && each.result.scan === scan.id);
    if (scan.stages.parsed) await showScan(scan.id).catch(tellError);
    if (scan.stages.landmarks) await refreshScan(scan.id);
    else if (job) await followOpening(scan.id, job).catch(tellError);
  }
  if (known.length) frameFace();
}
