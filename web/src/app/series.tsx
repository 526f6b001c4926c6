/** Many numbered files at once: are they the frames of one sequence? */

import { signal, useSignal } from "@preact/signals";
import { seriesName } from "../sequence/order";
import { Button, Switch, TextField } from "../ui/controls";
import { Dialog } from "../ui/dialog";

export interface SeriesAnswer {
  readonly name: string;
  readonly fps: number;
  readonly fit: boolean;
}

interface Question {
  readonly count: number;
  readonly name: string;
  readonly answer: (given: SeriesAnswer | "separately" | "not") => void;
}

const question = signal<Question | null>(null);

/** Ask how numbered files are to be opened. */
export function askSeries(count: number, common: string): Promise<SeriesAnswer | "separately" | "not"> {
  return new Promise((resolve) => {
    question.value = {
      count,
      name: seriesName(common),
      answer: (given) => {
        question.value = null;
        resolve(given);
      },
    };
  });
}

export function SeriesQuestion() {
  return question.value ? <Ask key={question.value.name} {...question.value} /> : null;
}

function Ask({ count, name, answer }: Question) {
  const fps = useSignal("25");
  const fit = useSignal(count <= 60);
  const rate = Number(fps.value);
  const valid = rate > 0 && rate <= 10_000;
  const open = () => valid && answer({ name, fps: rate, fit: fit.value });
  return (
    <Dialog title="Open numbered files" class="series" onClose={() => answer("not")}>
      <h1>{`${count} numbered files`}</h1>
      <p class="hint">{`They look like the frames of one sequence, “${name}”. Open them as one, with a timeline?`}</p>
      <TextField
        label="Frames a second"
        type="number"
        value={fps.value}
        onInput={(value) => (fps.value = value)}
        onEnter={open}
      />
      <Switch
        label="Fit the face to each frame, for curves of its expression"
        on={fit.value}
        onChange={(on) => (fit.value = on)}
      />
      <div class="buttons">
        <Button primary icon="sequence" disabled={!valid} onClick={open}>
          Open as a sequence
        </Button>
        <Button onClick={() => answer("separately")}>Open separately</Button>
        <Button onClick={() => answer("not")}>Cancel</Button>
      </div>
    </Dialog>
  );
}
