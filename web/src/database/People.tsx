/** People by their random names, with the state of their consent. */

import { useEffect } from "preact/hooks";
import { List } from "./List";
import { Badge, day, Foot, Name } from "./parts";
import { choose, chosenId, facets, peopleFilters, peoplePager, type PeopleFilters } from "./state";
import type { ConsentState, PersonRow } from "./types";

const LINE = 30;
const CONSENTS: readonly ConsentState[] = ["in force", "ended", "none", "kept too long", "withdrawing"];

export function People() {
  const { rows } = peoplePager.state.value;
  const asked = peopleFilters.value;
  useEffect(() => void peoplePager.reload(), [asked]);
  const set = (name: keyof PeopleFilters, value: string) => (peopleFilters.value = { ...asked, [name]: value });
  return (
    <>
      <div class="filterbar" role="search" aria-label="Filters">
        <div class="filters">
          {(["project", "sex", "origin"] as const).map((name) => (
            <select
              key={name}
              aria-label={name}
              class={asked[name] ? "filter set" : "filter"}
              value={asked[name]}
              onChange={(event) => set(name, event.currentTarget.value)}
            >
              <option value="">{`${name[0]!.toUpperCase()}${name.slice(1)}`}</option>
              {facets.value?.[name].filter(Boolean).map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          ))}
          <select
            aria-label="Consent"
            class={asked.consent ? "filter set" : "filter"}
            value={asked.consent}
            onChange={(event) => set("consent", event.currentTarget.value)}
          >
            <option value="">Consent</option>
            {CONSENTS.map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </div>
      </div>
      <List
        label="People"
        rows={rows}
        id={(row) => row.id}
        chosen={chosenId.value}
        onChoose={(row) => choose(row.id)}
        onEnd={() => void peoplePager.more()}
        cellHeight={LINE}
        head={
          <div class="line people head" aria-hidden="true">
            <span>Person</span>
            <span>Consent</span>
            <span>Agrees today to</span>
            <span>Sex</span>
            <span>Origin</span>
            <span class="number">Born</span>
            <span>Law</span>
            <span>Given</span>
            <span class="number">Scans</span>
          </div>
        }
        cell={(row) => <Line row={row} />}
      >
        <Foot of={peoplePager.state.value} empty="There is nobody like this whom you may know of." />
      </List>
    </>
  );
}

function Line({ row }: { row: PersonRow }) {
  const purposes = Object.keys(row.purposes);
  return (
    <div class="line people">
      <Name id={row.id} />
      <span>
        <Badge of={row.consent} />
      </span>
      <span title={purposes.join(", ")}>{purposes.join(", ") || "nothing"}</span>
      <span>{row.sex}</span>
      <span>{row.origin || "–"}</span>
      <span class="number">{row.birth_year ?? "–"}</span>
      <span>{row.jurisdiction}</span>
      <span>{day(row.given_at)}</span>
      <span class="number">{row.scans.toLocaleString("en")}</span>
    </div>
  );
}
