/** Opening a scan of the database in the studio, for a purpose. */

import { followJob, post } from "../api/client";
import type { Job } from "../api/types";
import { followOpening } from "../app/open";
import { activeId, scans } from "../app/state";
import { goTo } from "../app/modes";
import type { ScanRow } from "./types";

/** One that is not accepted is opened to decide about it, which needs no purpose. */
export async function openStored(row: Pick<ScanRow, "id" | "state">, purpose: string): Promise<void> {
  const open = scans.value.find((scan) => scan.info.database_scan === row.id);
  if (open) {
    activeId.value = open.info.id;
    return goTo("scan");
  }
  const job = await post<Job>(`/api/db/scans/${row.id}/open`, { purpose: row.state === "accepted" ? purpose : "" });
  await followOpening(await scanOf(job), job);
}

/** The open scan's name, which the job tells at its first step. */
function scanOf(job: Job): Promise<string> {
  return new Promise((resolve, reject) => {
    const hear = (told: Job) => told.result.scan && resolve(told.result.scan);
    hear(job);
    followJob(job, hear).catch(reject);
  });
}
