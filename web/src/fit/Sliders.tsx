/** Sliders of the rig: 52 expressions in groups, and the first modes of identity. */

import { useSignal } from "@preact/signals";
import { Button, Slider, TextField } from "../ui/controls";
import { Section } from "../ui/panel";
import { type Group, grouped, labelOf, spokenOf } from "./names";
import { type Fitted, setExpressions, setIdentity, setWeight } from "./state";

const TITLES: Record<Group, string> = {
  brows: "Brows",
  eyes: "Eyes",
  jaw: "Jaw",
  mouth: "Mouth",
  cheeks: "Cheeks",
  nose: "Nose",
  tongue: "Tongue",
  other: "Other",
};

/** Identity reaches this far from the mean face, standard deviations. */
const FAR = 3;

export function Expressions({ of }: { of: Fitted }) {
  const words = useSignal("");
  const onlyUsed = useSignal(false);
  const found = grouped(of.rig.expressions, words.value);
  const rows = (all: number[]) => (onlyUsed.value ? all.filter((row) => of.weights[row]!.value > 0.005) : all);
  return (
    <Section title="Expression" aside={`${of.rig.expressions.length} of ARKit`}>
      <div class="buttons">
        <Button title="As this person was scanned" keys="p" onClick={() => setExpressions(of, null)}>
          This person's
        </Button>
        <Button title="No expression" keys="n" onClick={() => setExpressions(of, 0)}>
          Neutral
        </Button>
        <Button
          pressed={onlyUsed.value}
          title="Only those that are not 0"
          onClick={() => (onlyUsed.value = !onlyUsed.value)}
        >
          In use
        </Button>
      </div>
      <TextField
        label="Filter expressions"
        hidden
        type="search"
        placeholder="Filter, such as smile left"
        value={words.value}
        onInput={(value) => (words.value = value)}
      />
      {found.map(({ group, rows: all }) => {
        const shown = rows(all);
        return (
          shown.length > 0 && (
            <fieldset key={group} class="weights">
              <legend>{TITLES[group]}</legend>
              {shown.map((row) => (
                <Weight key={row} of={of} row={row} />
              ))}
            </fieldset>
          )
        );
      })}
      {found.length === 0 && <p class="hint">No expression has this name.</p>}
    </Section>
  );
}

function Weight({ of, row }: { of: Fitted; row: number }) {
  const name = of.rig.expressions[row]!;
  const weight = of.weights[row]!.value;
  // A target without displacement, such as the tongue's: the face model has none.
  const still = of.rig.expressionTargets[row]!.vertices.length === 0;
  return (
    <div
      class={weight > 0.005 ? "weight used" : "weight"}
      title={still ? `${name}: the face model has nothing that it moves` : name}
    >
      <Slider
        label={labelOf(name)}
        spoken={spokenOf(name)}
        min={0}
        max={1}
        value={weight}
        onInput={(value) => setWeight(of, row, value)}
      />
    </div>
  );
}

export function Identity({ of }: { of: Fitted }) {
  const first = of.rig.expressions.length;
  return (
    <Section title="Identity" aside="standard deviations" folded>
      <div class="buttons">
        <Button onClick={() => setIdentity(of, null)}>This person's</Button>
        <Button title="These modes as in the mean face" onClick={() => setIdentity(of, 0)}>
          Mean
        </Button>
      </div>
      <div class="weights">
        {of.rig.identityTargets.map((_, mode) => (
          <Mode key={mode} of={of} row={first + mode} title={`mode ${mode + 1}`} />
        ))}
      </div>
    </Section>
  );
}

function Mode({ of, row, title }: { of: Fitted; row: number; title: string }) {
  const weight = of.weights[row]!.value;
  return (
    <Slider
      label={title}
      spoken={`identity ${title}`}
      min={-FAR}
      max={FAR}
      step={0.05}
      value={weight}
      told={weight.toFixed(2).replace("-", "−")}
      onInput={(value) => setWeight(of, row, value)}
    />
  );
}
