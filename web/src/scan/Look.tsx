/** What the surface shows. */

import { active } from "../app/state";
import { Choices, Switch } from "../ui/controls";
import { Progress, Section } from "../ui/panel";
import { isCurvature, lacking, look, LOOK_TITLES, LOOKS, RADII, radius, shownLook, wireframe, working } from "./looks";

export function LookSection() {
  const scan = active.value;
  return (
    <Section title="Surface">
      <Choices
        label="What the surface shows"
        wrap
        value={shownLook.value}
        choices={LOOKS.map((value) => {
          const why = lacking(scan, value);
          return { value, label: LOOK_TITLES[value], disabled: why !== "", ...(why ? { title: why } : {}) };
        })}
        onChange={(value) => (look.value = value)}
      />
      {isCurvature(shownLook.value) && (
        <div class="inline">
          <span id="radius-label">Radius, mm</span>
          <Choices
            label="Radius of the neighbourhood, mm"
            value={String(radius.value)}
            choices={RADII.map((mm) => ({ value: String(mm), label: String(mm) }))}
            onChange={(value) => (radius.value = Number(value) as (typeof RADII)[number])}
          />
        </div>
      )}
      {working.value && <Progress job={working.value} />}
      {scan?.surface?.isCloud ? null : (
        <Switch label="Wireframe" keys="w" on={wireframe.value} onChange={(on) => (wireframe.value = on)} />
      )}
    </Section>
  );
}
