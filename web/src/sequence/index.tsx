/** Sequence: scans in time, with a timeline, trails of landmarks and curves of expression. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { register } from "../app/commands";
import { pickFiles } from "../app/Drop";
import { activeId, scans, tellError, viewer } from "../app/state";
import { theme } from "../app/theme";
import { Button, Choices, Select, Switch, TextField } from "../ui/controls";
import { Empty, Facts, Progress, Section } from "../ui/panel";
import { liveliest, reach } from "./clock";
import { opening } from "./opening";
import { naturalOrder } from "./order";
import { strokeOf } from "./palette";
import "./sequence.css";
import {
  chooseSequence,
  curves,
  failure,
  frame,
  goToFrame,
  head,
  type Head,
  isShared,
  job,
  kind,
  loadSequences,
  loop,
  makeSequence,
  placeFrames,
  sequence,
  sequences,
  setHead,
  showLiveliest,
  shown,
  step,
  toggleCurve,
  togglePlaying,
  trails,
} from "./state";
import { curveLabel, told } from "./Timeline";
import { useTrails } from "./trails";

export { Bottom } from "./Timeline";

export function Panel() {
  useKeys();
  const count = scans.value.length;
  useEffect(() => {
    // Again as scans come, for those of a page that was loaded again open one after another.
    if (!opening.peek()) void loadSequences().catch(tellError);
  }, [count]);
  useFrames();
  const under = opening.value;
  if (under)
    return (
      <Section title={under.name}>
        <div class="progress" role="status">
          <div class="text">
            <span>Opening frames</span>
            <span>{`${under.done} / ${under.total}`}</span>
          </div>
          <div class="bar">
            <div style={{ width: `${(100 * under.done) / under.total}%` }} />
          </div>
        </div>
      </Section>
    );
  return sequence.value ? <Known /> : <Make />;
}

/** While the mode is shown, frames lie as the head is wanted, and are on the graphics card. */
function useFrames(): void {
  const found = sequence.value;
  const stage = viewer.value;
  useEffect(() => {
    const id = found?.scans[frame.value];
    if (id && scans.value.some((scan) => scan.info.id === id)) activeId.value = id;
  }, [found]);
  useEffect(() => {
    if (!found) return;
    const restore = placeFrames();
    stage?.invalidate();
    return () => {
      restore();
      stage?.invalidate();
    };
  }, [found, head.value, scans.value, stage]);
  useEffect(() => {
    if (!found || !stage) return;
    stage.preload(
      scans.value.flatMap((scan) => (scan.surface && found.scans.includes(scan.info.id) ? [scan.surface] : [])),
    );
  }, [found, stage]);
}

function useKeys(): void {
  useEffect(
    () =>
      register(
        {
          id: "sequence-play",
          title: "Play or pause",
          keys: "space",
          group: "Sequence",
          run: togglePlaying,
          when: has,
        },
        { id: "sequence-next", title: "One frame on", keys: ".", group: "Sequence", run: () => step(1), when: has },
        {
          id: "sequence-before",
          title: "One frame back",
          keys: ",",
          group: "Sequence",
          run: () => step(-1),
          when: has,
        },
        {
          id: "sequence-first",
          title: "First frame",
          keys: "shift+home",
          group: "Sequence",
          run: () => goToFrame(0),
          when: has,
        },
        {
          id: "sequence-loop",
          title: "Loop",
          keys: "shift+l",
          group: "Sequence",
          run: () => (loop.value = !loop.value),
          when: has,
        },
        {
          id: "sequence-trails",
          title: "Trails of landmarks",
          keys: "m",
          group: "Sequence",
          run: () => (trails.value = !trails.value),
          when: has,
        },
      ),
    [],
  );
}

const has = (): boolean => sequence.value !== null;

export function Overlay() {
  useTrails();
  return null;
}

function Make() {
  const left = useSignal<ReadonlySet<string>>(new Set());
  const fps = useSignal("25");
  const fit = useSignal(true);
  const ordered = [...scans.value].sort((one, other) => naturalOrder(one.info.name, other.info.name));
  const ids = ordered.map((scan) => scan.info.id).filter((id) => !left.value.has(id));
  const rate = Number(fps.value);
  if (job.value)
    return (
      <Section title="Sequence">
        <Progress job={job.value} />
      </Section>
    );
  if (ordered.length < 2)
    return (
      <Empty>
        Open several scans of one person, numbered in the order in which they were taken.
        <span class="buttons">
          <Button primary icon="plus" title="Open scans" onClick={pickFiles}>
            Open frames
          </Button>
        </span>
      </Empty>
    );
  const toggle = (id: string) => {
    const next = new Set(left.value);
    if (!next.delete(id)) next.add(id);
    left.value = next;
  };
  return (
    <Section title="Make a sequence" aside={`${ids.length} frames`}>
      <ul class="frames">
        {ordered.map(({ info }) => (
          <li key={info.id}>
            <label>
              <input type="checkbox" checked={!left.value.has(info.id)} onChange={() => toggle(info.id)} />
              {info.name}
            </label>
          </li>
        ))}
      </ul>
      <TextField label="Frames a second" type="number" value={fps.value} onInput={(value) => (fps.value = value)} />
      <Switch label="Fit each frame" on={fit.value} onChange={(on) => (fit.value = on)} />
      {failure.value && (
        <p class="wrong" role="alert">
          {failure.value}
        </p>
      )}
      <div class="buttons">
        <Button
          primary
          icon="sequence"
          disabled={ids.length < 2 || !(rate > 0)}
          onClick={() =>
            void makeSequence(
              ordered[0]!.info.name.replace(/[\d\s._-]*\.[^.]+$/, "") || "sequence",
              ids,
              { fps: rate },
              fit.value,
            )
          }
        >
          Make the sequence
        </Button>
      </div>
    </Section>
  );
}

function Known() {
  const found = sequence.value!;
  const steps = found.times.slice(1).map((time, row) => time - found.times[row]!);
  const even = steps.every((each) => Math.abs(each - steps[0]!) < 1e-3 * steps[0]!);
  const withFace = found.times.length - found.failed.length;
  return (
    <>
      <Section title={found.name} aside={told(found.times)}>
        {sequences.value.length > 1 && (
          <Select
            label="Sequence"
            value={found.id}
            choices={sequences.value.map((each) => ({ value: each.id, label: each.name }))}
            onChange={chooseSequence}
          />
        )}
        <Facts
          rows={[
            [
              "Frames",
              `${found.times.length}${even && steps[0] ? ` at ${Number((1 / steps[0]).toPrecision(4))} a second` : ""}`,
            ],
            ["Shown", <Shown />],
            ["Faces", withFace === found.times.length ? "in all frames" : `in ${withFace} of ${found.times.length}`],
          ]}
        />
        {found.failed.length > 0 && (
          <details>
            <summary>
              {found.failed.length === 1 ? "One frame lacks something" : `${found.failed.length} frames lack something`}
            </summary>
            <ul class="failed">
              {found.failed.map((each) => (
                <li key={each.frame}>
                  <button type="button" onClick={() => goToFrame(each.frame)}>{`frame ${each.frame + 1}`}</button>{" "}
                  {each.why}
                </li>
              ))}
            </ul>
          </details>
        )}
        {failure.value && (
          <p class="wrong" role="alert">
            {failure.value}
          </p>
        )}
        {job.value ? (
          <Progress job={job.value} />
        ) : (
          !found.expressions && (
            <div class="buttons">
              <Button
                icon="fit"
                title="For curves of the expression"
                onClick={() => void makeSequence(found.name, found.scans, { times: found.times }, true)}
              >
                Fit every frame
              </Button>
            </div>
          )
        )}
      </Section>
      <Section title="Motion">
        <Choices<Head>
          label="Head"
          value={head.value}
          choices={[
            {
              value: "scanned",
              label: "Head as scanned",
              disabled: !isShared.value,
              title: isShared.value ? "" : "The frames are not in one frame of reference",
            },
            { value: "steady", label: "Head held still" },
          ]}
          onChange={setHead}
        />
        <Switch label="Trails of landmarks" keys="m" on={trails.value} onChange={(on) => (trails.value = on)} />
      </Section>
      <Curves />
      <Section title="Frames" folded>
        <Strip />
      </Section>
    </>
  );
}

const nameOf = (id: string | undefined): string => scans.value.find((scan) => scan.info.id === id)?.info.name ?? "";

function Shown() {
  return <>{nameOf(sequence.value?.scans[frame.value])}</>;
}

function Strip() {
  return (
    <ol class="strip" aria-label="Frames">
      {sequence.value?.scans.map((id, index) => (
        <li key={id}>
          <button
            type="button"
            aria-current={index === frame.value ? "true" : undefined}
            onClick={() => goToFrame(index)}
          >
            {nameOf(id)}
          </button>
        </li>
      ))}
    </ol>
  );
}

function Curves() {
  const words = useSignal("");
  const all = curves.value;
  const order = liveliest(all, all.length);
  const sought = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  // What is drawn stands first, also when it moves little.
  const first = [
    ...shown.value.filter((name) => all.some((each) => each.name === name)),
    ...order.filter((name) => !shown.value.includes(name)),
  ];
  const found = first.filter((name) =>
    sought.every((word) => curveLabel(name, kind.value).includes(word) || name.toLowerCase().includes(word)),
  );
  const digits = kind.value === "expression" ? 2 : 1;
  return (
    <Section title="Curves" aside={kind.value === "expression" ? "range of the weight" : "range, mm"}>
      <div class="buttons">
        <Button onClick={showLiveliest}>The liveliest</Button>
      </div>
      <TextField
        label="Filter curves"
        hidden
        type="search"
        placeholder={kind.value === "expression" ? "Filter, such as smile" : "Filter, such as lip"}
        value={words.value}
        onInput={(value) => (words.value = value)}
      />
      <ul class="curves">
        {found.map((name) => {
          const row = shown.value.indexOf(name);
          const stroke = row >= 0 ? strokeOf(row, theme.value) : null;
          const curve = all.find((each) => each.name === name)!;
          return (
            <li key={name}>
              <label class={row >= 0 ? "on" : ""}>
                <input type="checkbox" checked={row >= 0} onChange={() => toggleCurve(name)} />
                <svg width="18" height="6" aria-hidden="true">
                  {stroke && (
                    <line
                      x1="0"
                      x2="18"
                      y1="3"
                      y2="3"
                      stroke={stroke.color}
                      stroke-width="2"
                      stroke-dasharray={stroke.dash}
                    />
                  )}
                </svg>
                <span>{curveLabel(name, kind.value)}</span>
                <span class="told">{reach(curve).toFixed(digits)}</span>
              </label>
            </li>
          );
        })}
      </ul>
      {!found.length && <p class="hint">{all.length ? "Nothing of this name moves." : "There are no curves."}</p>}
    </Section>
  );
}
