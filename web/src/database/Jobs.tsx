/** Batch jobs: what is to be computed over the scans that the filters show, and how far it is. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, del, get, isOver, post } from "../api/client";
import type { Job } from "../api/types";
import { tellError } from "../app/state";
import { Button, Choices, Switch } from "../ui/controls";
import { Progress } from "../ui/panel";
import { Badge, Refusal } from "./parts";
import { toWhere, toWords } from "./query";
import { batches, countMatching, filters, matching, purpose, tab } from "./state";
import type { WorkCounts, WorkRequest } from "./types";

type Kind = WorkRequest["kind"];
const KINDS = [
  { value: "landmarks", label: "Landmarks", title: "Found, with their expected errors" },
  { value: "fit", label: "Fit", title: "The face model laid onto each scan" },
  { value: "rig", label: "Rig", title: "A GLB with 52 expressions" },
  { value: "measures", label: "Measures", title: "Distances, angles, asymmetry" },
  { value: "thumbnail", label: "Thumbnail", title: "A picture" },
  { value: "quality", label: "Quality", title: "Quality control, anew" },
] as const satisfies readonly { value: Kind; label: string; title: string }[];
const STATES = ["waiting", "running", "done", "failed"] as const;

export function Jobs() {
  return (
    <div class="jobs">
      <Begin />
      <Running />
      <Totals />
    </div>
  );
}

function Begin() {
  const kind = useSignal<Kind>("landmarks");
  const again = useSignal(false);
  const refused = useSignal("");
  useEffect(() => {
    if (matching.value === null) void countMatching();
  }, []);
  const start = async () => {
    refused.value = "";
    try {
      await post<Job>("/api/db/jobs", {
        kind: kind.value,
        where: toWhere(filters.value),
        purpose: purpose.value,
        again: again.value,
      });
    } catch (error) {
      if (error instanceof ApiError) refused.value = error.message;
      else tellError(error);
    }
  };
  const count = matching.value;
  return (
    <section aria-label="Begin">
      <h2>Compute what is missing</h2>
      <Choices<Kind> label="Kind" value={kind.value} choices={KINDS} onChange={(value) => (kind.value = value)} />
      <p>
        {"Over "}
        <button type="button" class="link" onClick={() => (tab.value = "scans")}>
          {toWords(filters.value)}
        </button>
        {count !== null && `: ${count.scans.toLocaleString("en")}${count.more ? "+" : ""}`}
        {", those that have none yet, for "}
        <b>{purpose.value}</b>.
      </p>
      <Switch label="Try again what failed" on={again.value} onChange={(on) => (again.value = on)} />
      {refused.value && <Refusal>{refused.value}</Refusal>}
      <div class="buttons">
        <Button primary icon="play" onClick={() => void start()}>
          Start
        </Button>
      </div>
    </section>
  );
}

function Running() {
  if (!batches.value.length) return null;
  return (
    <section aria-label="This session's jobs">
      <h2>This session</h2>
      {batches.value.map((job) => (
        <article key={job.id} class="batch">
          <header>
            <b>{job.title}</b>
            <Badge of={job.state} />
            <span class="spring" />
            {!isOver(job) && (
              <Button
                icon="close"
                title={`Stop ${job.title}`}
                onClick={() => void del(`/api/jobs/${job.id}`).catch(tellError)}
              >
                Stop
              </Button>
            )}
          </header>
          {isOver(job) ? <p class="hint">{job.error?.message ?? job.message}</p> : <Progress job={job} />}
          {said(job).length > 0 && (
            <details>
              <summary>{`${said(job).length} told what went wrong`}</summary>
              <ul class="said">
                {said(job).map((each) => (
                  <li key={each}>{each}</li>
                ))}
              </ul>
            </details>
          )}
        </article>
      ))}
    </section>
  );
}

const said = (job: Job): string[] => job.result.said ?? [];

/** Between two looks at all jobs, ms: while one of this session runs, and else, since others work as well. */
const LOOK = 3000;
const GLANCE = 20_000;

function Totals() {
  const counts = useSignal<WorkCounts | null>(null);
  const refused = useSignal("");
  const busy = batches.value.some((job) => !isOver(job));
  useEffect(() => {
    const look = () =>
      void get<WorkCounts>(`/api/db/jobs?purpose=${purpose.value}`).then(
        (found) => (counts.value = found),
        (error: unknown) => (refused.value = error instanceof Error ? error.message : String(error)),
      );
    look();
    const timer = setInterval(look, busy ? LOOK : GLANCE);
    return () => clearInterval(timer);
  }, [busy, purpose.value]);
  if (refused.value) return <Refusal>{refused.value}</Refusal>;
  if (!counts.value) return <p class="hint">Counting …</p>;
  const states = [...STATES, ...new Set(Object.values(counts.value.kinds).flatMap(Object.keys))].filter(
    (state, row, all) => all.indexOf(state) === row,
  );
  return (
    <section aria-label="All jobs">
      <h2>{`All jobs for ${counts.value.purpose}`}</h2>
      <table class="table">
        <thead>
          <tr>
            <th scope="col">Kind</th>
            {states.map((state) => (
              <th key={state} scope="col" class="number">
                {state}
              </th>
            ))}
            <th scope="col">
              <span class="unseen">Share</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {Object.entries(counts.value.kinds).map(([kind, found]) => {
            const all = Object.values(found).reduce((sum, each) => sum + each, 0) || 1;
            return (
              <tr key={kind}>
                <th scope="row">{kind}</th>
                {states.map((state) => (
                  <td key={state} class="number">
                    {found[state]?.toLocaleString("en") ?? ""}
                  </td>
                ))}
                <td class="shares">
                  <div class="share" role="img" aria-label={`${Math.round((100 * (found.done ?? 0)) / all)} % done`}>
                    <div class="done" style={{ width: `${(100 * (found.done ?? 0)) / all}%` }} />
                    <div class="failed" style={{ width: `${(100 * (found.failed ?? 0)) / all}%` }} />
                  </div>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
