/** Scans in quarantine, one after another: look, approve or reject, and say why. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ApiError, post } from "../api/client";
import { register } from "../app/commands";
import { tell, tellError } from "../app/state";
import { Button } from "../ui/controls";
import { List } from "./List";
import { openStored } from "./open";
import { Findings, Foot, Name, Refusal, words } from "./parts";
import { Thumbnail } from "./Scans";
import { choose, chosenId, reviewPager, scanPager, stats } from "./state";
import type { Decided, Doubtful, Verdict } from "./types";

const LINE = 46;
const KEPT = "lineament-reasons";
type Decision = Verdict["decision"];

export function Review() {
  const { rows, refused, loading } = reviewPager.state.value;
  useEffect(() => void reviewPager.reload(), []);
  const at = Math.max(
    rows.findIndex((row) => row.scan.id === chosenId.value),
    0,
  );
  const current = rows[at] ?? null;
  const deciding = useSignal<Decision | null>(null);
  const step = (by: number) => {
    const next = rows[Math.min(Math.max(at + by, 0), rows.length - 1)];
    if (next) choose(next.scan.id);
    deciding.value = null;
  };
  useEffect(() => {
    if (current && current.scan.id !== chosenId.value) choose(current.scan.id);
  }, [current?.scan.id]);
  useEffect(
    () =>
      register(
        { id: "review-next", title: "Next in quarantine", keys: "j", group: "Review", run: () => step(1) },
        { id: "review-before", title: "Previous in quarantine", keys: "k", group: "Review", run: () => step(-1) },
        {
          id: "review-accept",
          title: "Approve",
          keys: "a",
          group: "Review",
          run: () => (deciding.value = "accept"),
          when: () => current !== null,
        },
        {
          id: "review-reject",
          title: "Reject",
          keys: "r",
          group: "Review",
          run: () => (deciding.value = "reject"),
          when: () => current !== null,
        },
        {
          id: "review-open",
          title: "Look at it in 3D",
          keys: "o",
          group: "Review",
          run: () => current && void openStored(current.scan, "").catch(tellError),
          when: () => current !== null,
        },
      ),
    [rows, at],
  );
  return (
    <div class="review">
      <List
        label="Scans in quarantine"
        rows={rows}
        id={(row) => row.scan.id}
        chosen={current?.scan.id ?? null}
        onChoose={(row) => {
          choose(row.scan.id);
          deciding.value = null;
        }}
        onOpen={(row) => void openStored(row.scan, "").catch(tellError)}
        onEnd={() => void reviewPager.more()}
        cellHeight={LINE}
        cell={(row) => (
          <div class="doubtful">
            <span class="what">{words(row.scan.expression || row.scan.modality)}</span>
            <span class="why">{row.findings[0]?.said ?? row.scan.state_reason}</span>
          </div>
        )}
      >
        <Foot of={reviewPager.state.value} empty="" />
      </List>
      {current && !refused && (
        <Case
          key={current.scan.id}
          of={current}
          place={`${at + 1} of ${rows.length}${reviewPager.state.value.next === null ? "" : "+"}`}
          deciding={deciding}
        />
      )}
      {!current && !refused && !loading && <p class="nothing">Nothing waits in quarantine.</p>}
    </div>
  );
}

function Case({ of, place, deciding }: { of: Doubtful; place: string; deciding: { value: Decision | null } }) {
  const { scan, findings } = of;
  return (
    <article class="case" aria-label={`Scan ${scan.id}`}>
      <Thumbnail row={scan} large />
      <div class="about">
        <header>
          <h2>{words(scan.expression || scan.modality)}</h2>
          <span class="hint">{place}</span>
        </header>
        <p class="hint">
          <Name id={scan.id} /> of <Name id={scan.subject} />
          {[scan.sex, scan.age !== null && `${Math.floor(scan.age)} years`, scan.device]
            .filter(Boolean)
            .map((fact) => `, ${fact}`)}
        </p>
        {scan.state_reason && <p>{scan.state_reason}</p>}
        <Findings of={findings} />
        {deciding.value ? (
          <Decide of={scan.id} decision={deciding.value} onEnd={() => (deciding.value = null)} />
        ) : (
          <div class="buttons">
            <Button icon="check" primary keys="a" title="Approve" onClick={() => (deciding.value = "accept")}>
              Approve
            </Button>
            <Button icon="close" danger keys="r" title="Reject" onClick={() => (deciding.value = "reject")}>
              Reject
            </Button>
            <Button
              icon="eye"
              keys="o"
              title="Look at it in 3D"
              onClick={() => void openStored(scan, "").catch(tellError)}
            >
              Look at it in 3D
            </Button>
          </div>
        )}
      </div>
    </article>
  );
}

const USUAL: Record<Decision, readonly string[]> = {
  accept: ["looked at: a whole face", "the unit is right", "the holes do not matter"],
  reject: ["no face", "too noisy", "large parts are missing", "the unit is wrong"],
};

function recent(decision: Decision): string[] {
  const kept = JSON.parse(localStorage.getItem(`${KEPT}-${decision}`) ?? "[]") as string[];
  return [...new Set([...kept, ...USUAL[decision]])].slice(0, 5);
}

/** Why: asked for always, offered from what was said before. */
function Decide({ of, decision, onEnd }: { of: string; decision: Decision; onEnd: () => void }) {
  const reason = useSignal("");
  const refused = useSignal("");
  const busy = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), [decision]);
  const offered = recent(decision);
  const send = async () => {
    const said = reason.value.trim();
    if (!said || busy.value) return;
    busy.value = true;
    try {
      const { state } = await post<Decided>(`/api/db/review/${of}`, { decision, reason: said } satisfies Verdict);
      localStorage.setItem(
        `${KEPT}-${decision}`,
        JSON.stringify([said, ...offered.filter((each) => each !== said)].slice(0, 5)),
      );
      const rows = reviewPager.state.value.rows;
      const at = rows.findIndex((row) => row.scan.id === of);
      const next = rows[at + 1] ?? rows[at - 1];
      reviewPager.edit((all) => all.filter((row) => row.scan.id !== of));
      choose(next?.scan.id ?? null);
      tell(`${state}: ${said}`);
      const figures = stats.value;
      if (figures)
        stats.value = {
          ...figures,
          states: { ...figures.states, quarantined: Math.max((figures.states.quarantined ?? 1) - 1, 0) },
        };
      void scanPager.reload();
      onEnd();
    } catch (error) {
      if (error instanceof ApiError) refused.value = error.message;
      else tellError(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="decide">
      <label class="field">
        <span>{decision === "accept" ? "Approve, because" : "Reject, because"}</span>
        <input
          ref={field}
          value={reason.value}
          maxLength={500}
          placeholder="It names nobody; the log keeps it"
          onInput={(event) => (reason.value = event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter") void send();
            else if (event.key === "Escape") onEnd();
          }}
        />
      </label>
      <div class="buttons offered">
        {offered.map((each) => (
          <Button
            key={each}
            onClick={() => {
              reason.value = each;
              field.current?.focus();
            }}
          >
            {each}
          </Button>
        ))}
      </div>
      {refused.value && <Refusal>{refused.value}</Refusal>}
      <div class="buttons">
        <Button
          primary={decision === "accept"}
          danger={decision === "reject"}
          disabled={!reason.value.trim() || busy.value}
          onClick={() => void send()}
        >
          {decision === "accept" ? "Approve" : "Reject"}
        </Button>
        <Button onClick={onEnd}>Cancel</Button>
      </div>
    </div>
  );
}
