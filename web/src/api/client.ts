/** Talks to the server: JSON, raw numbers, uploads, and jobs that tell how far they are. */

import { signal } from "@preact/signals";
import type { ErrorReply, Job, Session } from "./types";

/** What the server says went wrong, in a sentence for the user. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly kind: string,
    message: string,
  ) {
    super(message);
  }
}

export const session = signal<Session | null>(null);

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

function headers(method: Method, json: boolean): Record<string, string> {
  const told: Record<string, string> = {};
  if (json) told["Content-Type"] = "application/json";
  if (method !== "GET" && session.value?.csrf) told["X-Lineament-CSRF"] = session.value.csrf;
  return told;
}

async function request(method: Method, path: string, body?: unknown, stop?: AbortSignal): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      headers: headers(method, body !== undefined),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(stop ? { signal: stop } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "Offline", "the studio does not answer; is it still running?");
  }
  if (!response.ok) throw await failure(response);
  return response;
}

async function failure(response: Response): Promise<ApiError> {
  const told = (await response.json().catch(() => null)) as ErrorReply | null;
  if (response.status === 401 && session.value?.signed_in) session.value = { ...session.value, signed_in: false };
  return new ApiError(
    response.status,
    told?.error?.kind ?? "Error",
    told?.error?.message ?? `the studio answered ${response.status} ${response.statusText}`,
  );
}

async function json<T>(method: Method, path: string, body?: unknown, stop?: AbortSignal): Promise<T> {
  const response = await request(method, path, body, stop);
  return (response.status === 204 ? null : await response.json()) as T;
}

export const get = <T>(path: string, stop?: AbortSignal): Promise<T> => json<T>("GET", path, undefined, stop);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => json<T>("POST", path, body);
export const patch = <T>(path: string, body: unknown): Promise<T> => json<T>("PATCH", path, body);
export const del = (path: string): Promise<void> => json<void>("DELETE", path);

/** Raw bytes, such as a mesh. */
export async function bytes(path: string): Promise<ArrayBuffer> {
  return (await request("GET", path)).arrayBuffer();
}

/** One float32 for each display vertex. */
export async function floats(path: string): Promise<Float32Array> {
  return new Float32Array(await bytes(path));
}

/** Send a file as it is; `progress` gets the share that has arrived. */
export function upload(path: string, file: Blob, progress: (share: number) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const sending = new XMLHttpRequest();
    sending.open("PUT", path);
    for (const [name, value] of Object.entries(headers("PUT", false))) sending.setRequestHeader(name, value);
    sending.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    sending.onerror = () => reject(new ApiError(0, "Offline", "the file did not arrive; is the studio still running?"));
    sending.onload = () => {
      if (sending.status < 300) return resolve();
      const told = parsed(sending.responseText);
      reject(
        new ApiError(sending.status, told?.error?.kind ?? "Error", told?.error?.message ?? "the file was refused"),
      );
    };
    sending.send(file);
  });
}

function parsed(text: string): ErrorReply | null {
  try {
    return JSON.parse(text) as ErrorReply;
  } catch {
    return null;
  }
}

/** Every job of this session, newest last. */
export const jobs = signal<ReadonlyMap<string, Job>>(new Map());
const waiting = new Map<string, Set<(job: Job) => void>>();
let events: EventSource | null = null;

/** Listen to the server's jobs; the browser connects again by itself. */
export function listen(): void {
  events?.close();
  events = new EventSource("/api/events");
  events.onmessage = (event) => take(JSON.parse(event.data as string) as Job);
}

function take(job: Job): void {
  const known = new Map(jobs.value);
  known.set(job.id, job);
  jobs.value = known;
  for (const listener of waiting.get(job.id) ?? []) listener(job);
}

export const isOver = (job: Job): boolean =>
  job.state === "done" || job.state === "failed" || job.state === "cancelled";

/** Start long work and wait for its end; `changed` hears of each step. Rejects when it fails. */
export async function runJob(path: string, body: unknown = {}, changed: (job: Job) => void = () => {}): Promise<Job> {
  return followJob(await post<Job>(path, body), changed);
}

/** Wait for the end of work that has begun. */
export function followJob(started: Job, changed: (job: Job) => void = () => {}): Promise<Job> {
  return new Promise((resolve, reject) => {
    const listeners = waiting.get(started.id) ?? new Set();
    const hear = (job: Job) => {
      changed(job);
      if (!isOver(job)) return;
      listeners.delete(hear);
      if (!listeners.size) waiting.delete(job.id);
      if (job.state === "done") resolve(job);
      else reject(new ApiError(0, job.error?.kind ?? job.state, job.error?.message ?? `${job.title} was cancelled`));
    };
    listeners.add(hear);
    waiting.set(started.id, listeners);
    // Its end may have been told before anybody listened.
    take(jobs.value.get(started.id) ?? started);
    void get<Job>(`/api/jobs/${started.id}`).then(
      (job) => isOver(job) && waiting.get(job.id)?.has(hear) && take(job),
      () => undefined,
    );
  });
}
