/** The log of every action, the newest first; that it is read is an entry as well. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { Button, TextField } from "../ui/controls";
import { List } from "./List";
import { Foot, Name } from "./parts";
import { auditFilters, auditPager, choose, chosenId } from "./state";
import type { AuditEntry } from "./types";

const LINE = 28;

export function Audit() {
  const { rows } = auditPager.state.value;
  const about = useSignal(auditFilters.value.about);
  const actor = useSignal(auditFilters.value.actor);
  useEffect(() => void auditPager.reload(), [auditFilters.value]);
  const search = () => (auditFilters.value = { about: about.value.trim(), actor: actor.value.trim() });
  return (
    <>
      <div class="filterbar" role="search" aria-label="Filters">
        <div class="filters wide">
          <TextField
            label="About"
            hidden
            type="search"
            placeholder="About: a scan, a person, a release"
            value={about.value}
            onInput={(value) => (about.value = value)}
            onEnter={search}
          />
          <TextField
            label="By"
            hidden
            type="search"
            placeholder="By: an actor"
            value={actor.value}
            onInput={(value) => (actor.value = value)}
            onEnter={search}
          />
          <Button icon="search" onClick={search}>
            Search
          </Button>
        </div>
      </div>
      <List
        label="Audit log"
        rows={rows}
        id={(row) => String(row.seq)}
        chosen={chosenId.value}
        onChoose={(row) => choose(String(row.seq))}
        onEnd={() => void auditPager.more()}
        cellHeight={LINE}
        head={
          <div class="line audit head" aria-hidden="true">
            <span class="number">No.</span>
            <span>When, UTC</span>
            <span>Who</span>
            <span>What</span>
            <span>About</span>
            <span>For</span>
            <span>Allowed</span>
          </div>
        }
        cell={(row) => <Line row={row} />}
      >
        <Foot of={auditPager.state.value} empty="The log has no such entry." />
      </List>
    </>
  );
}

function Line({ row }: { row: AuditEntry }) {
  return (
    <div class={row.allowed ? "line audit" : "line audit refused"}>
      <span class="number">{row.seq}</span>
      <span>{row.at.slice(0, 19).replace("T", " ")}</span>
      <span>{row.actor}</span>
      <span>{row.action}</span>
      <span>{row.object ? <Name id={row.object} /> : "–"}</span>
      <span>{row.purpose || "–"}</span>
      <span>{row.allowed ? "yes" : `no: ${row.reason}`}</span>
    </div>
  );
}
