/** The chosen landmark, what can be done to it, and keeping the corrections. */

import { signal } from "@preact/signals";
import { history, markMissing, redo, restore, save, swap, undo } from "../landmarks/correcting";
import { isUnsaved } from "../landmarks/edits";
import { flyTo } from "../landmarks/fly";
import { partnerOf, spoken } from "../landmarks/marks";
import { chosen, shownLandmarks, shownMarks } from "../landmarks/store";
import { active, tellError } from "../app/state";
import { keyLabel } from "../app/commands";
import type { Landmarks } from "../api/types";
import { Button, TextField } from "../ui/controls";
import { Section } from "../ui/panel";
import { stateWord, Swatch } from "./Landmarks";

/** At the foot of the panel, so that it is there wherever the rest is scrolled to. */
export function CorrectDock() {
  const landmarks = shownLandmarks.value;
  if (!landmarks) return null;
  const { past, future } = history.value;
  const undone = past.at(-1);
  return (
    <section class="dock" aria-label="Correct">
      <div class="undo">
        <Button
          icon="undo"
          title={undone ? `Undo: ${undone.title}` : "Undo"}
          keys="mod+z"
          disabled={!undone}
          onClick={() => void undo()}
        />
        <Button
          icon="redo"
          title={future[0] ? `Redo: ${future[0].title}` : "Redo"}
          keys="mod+shift+z"
          disabled={!future.length}
          onClick={() => void redo()}
        />
      </div>
      <Chosen landmarks={landmarks} />
      <Keep />
    </section>
  );
}

/** Who has put which point where, and when. */
export function HistorySection() {
  const landmarks = shownLandmarks.value;
  if (!landmarks?.history.length) return null;
  return (
    <Section title="History" folded aside={<span>{landmarks.history.length}</span>}>
      <Log landmarks={landmarks} />
    </Section>
  );
}

function Chosen({ landmarks }: { landmarks: Landmarks }) {
  const mark = shownMarks.value.find((one) => one.name === chosen.value);
  if (!mark) {
    return (
      <p class="hint">
        Drag a point over the surface, or choose one and move it by the arrow keys: 0.1 mm, with {keyLabel("shift")} 1
        mm.
      </p>
    );
  }
  const xyz = landmarks.xyz[landmarks.names.indexOf(mark.name)];
  const partner = partnerOf(landmarks, mark.name);
  return (
    <div class="chosen" aria-live="polite">
      <h3>
        <Swatch mark={mark} />
        {spoken(mark.name)}
        <span class="badge">{stateWord(mark)}</span>
      </h3>
      <p class="definition">{mark.definition}</p>
      <p class="mono">
        {xyz ? xyz.map((value) => value.toFixed(decimals(landmarks))).join("  ") : "no place"}
        {xyz && ` ${landmarks.unit ?? ""}`}
        {mark.sigma !== null && xyz && <span class="dim">{` ± ${mark.sigma.toFixed(1)} mm`}</span>}
      </p>
      <div class="buttons">
        <Button
          disabled={!mark.at}
          title="The scan does not show it"
          keys="delete"
          onClick={() => void markMissing(mark.name)}
        >
          Missing
        </Button>
        <Button
          disabled={!mark.corrected}
          title="Back to where it was found"
          keys="o"
          onClick={() => void restore(mark.name)}
        >
          Restore
        </Button>
        {partner && (
          <Button icon="swap" title={`Exchange with ${spoken(partner)}`} keys="x" onClick={() => void swap(mark.name)}>
            Swap
          </Button>
        )}
        <Button icon="search" title="Come near" keys="z" disabled={!mark.at} onClick={() => flyTo(mark.name, true)} />
      </div>
    </div>
  );
}

/** Enough to tell a hundredth of a millimetre. */
function decimals(landmarks: Landmarks): number {
  const mm = landmarks.mm_per_unit ?? 1;
  return Math.max(0, Math.min(6, Math.round(2 + Math.log10(mm))));
}

const note = signal("");
const busy = signal(false);

/** Save the corrections of the shown set with the note that has been written. */
export async function saveNow(): Promise<void> {
  if (busy.peek()) return;
  busy.value = true;
  try {
    await save(note.peek().trim());
    note.value = "";
  } catch (error) {
    tellError(error);
  } finally {
    busy.value = false;
  }
}

function Keep() {
  const scan = active.value;
  if (!scan || !isUnsaved(history.value)) return null;
  if (!scan.info.can_save) {
    return (
      <p class="hint">This scan was dropped and has no place to save to: download the corrected landmarks below.</p>
    );
  }
  return (
    <form
      class="keep"
      onSubmit={(event) => {
        event.preventDefault();
        void saveNow();
      }}
    >
      <TextField
        label="Note"
        hidden
        placeholder="Note, such as why"
        value={note.value}
        onInput={(value) => (note.value = value)}
      />
      <Button
        primary
        icon="save"
        keys="mod+s"
        title="Save the corrections"
        disabled={busy.value}
        onClick={() => void saveNow()}
      >
        Save
      </Button>
    </form>
  );
}

function Log({ landmarks }: { landmarks: Landmarks }) {
  return (
    <ol class="log">
      {[...landmarks.history].reverse().map((entry, index) => (
        <li key={landmarks.history.length - index}>
          <button type="button" onClick={() => (chosen.value = entry.name)}>
            {spoken(entry.name)}
          </button>
          <span>{entry.xyz ? "placed" : "missing"}</span>
          <span class="dim">{entry.by}</span>
          <time class="dim" dateTime={entry.at} title={entry.at}>
            {when(entry.at)}
          </time>
        </li>
      ))}
    </ol>
  );
}

/** The time of today, the day of before. */
function when(at: string): string {
  const date = new Date(at);
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })
    : date.toISOString().slice(0, 10);
}
