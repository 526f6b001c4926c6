/** Database: scans, people, quarantine, jobs, releases and the log, as far as the rules let somebody see them. */

import { useEffect } from "preact/hooks";
import { get, session } from "../api/client";
import { register } from "../app/commands";
import { tellError } from "../app/state";
import { Audit } from "./Audit";
import { Details } from "./Details";
import "./database.css";
import { Jobs } from "./Jobs";
import { many } from "./parts";
import { People } from "./People";
import { Releases } from "./Releases";
import { Review } from "./Review";
import { Scans } from "./Scans";
import { choose, facets, stats, type Tab, tab, tabs, view } from "./state";
import type { Facets, Stats } from "./types";

const TITLES: Record<Tab, string> = {
  scans: "Scans",
  people: "People",
  review: "Review",
  jobs: "Jobs",
  releases: "Releases",
  audit: "Audit log",
};

const BODIES = { scans: Scans, people: People, review: Review, jobs: Jobs, releases: Releases, audit: Audit } as const;

export function Panel() {
  return <Details />;
}

export function Stage() {
  // Who lost a role meanwhile no longer has its tab.
  const shown = tabs.value.includes(tab.value) ? tab.value : "scans";
  const Body = BODIES[shown];
  useEffect(() => {
    if (!facets.value) void get<Facets>("/api/db/facets").then((found) => (facets.value = found), tellError);
    if (!stats.value)
      void get<Stats>("/api/db/stats").then(
        (found) => (stats.value = found),
        () => undefined,
      );
  }, []);
  useEffect(
    () =>
      register(
        ...tabs.value.map((each) => ({
          id: `database-${each}`,
          title: TITLES[each],
          group: "Database",
          run: () => (tab.value = each),
        })),
        {
          id: "database-view",
          title: "Pictures or table",
          keys: "v",
          group: "Database",
          run: () => (view.value = view.value === "grid" ? "table" : "grid"),
          when: () => tab.value === "scans",
        },
        { id: "database-clear", title: "Choose nothing", keys: "escape", group: "Database", run: () => choose(null) },
      ),
    [tabs.value],
  );
  const waiting = stats.value?.states.quarantined ?? 0;
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const all = tabs.value;
    tab.value = all[(all.indexOf(shown) + step + all.length) % all.length]!;
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${tab.value}`)?.focus();
  };
  return (
    <div class="database">
      <div class="databasebar">
        <div role="tablist" aria-label="Database" onKeyDown={onKeyDown}>
          {tabs.value.map((each) => (
            <button
              key={each}
              type="button"
              role="tab"
              id={`tab-${each}`}
              aria-selected={each === shown}
              aria-controls="database-body"
              tabIndex={each === shown ? 0 : -1}
              onClick={() => (tab.value = each)}
            >
              {TITLES[each]}
              {each === "review" && waiting > 0 && <span class="many">{waiting}</span>}
            </button>
          ))}
        </div>
        <span class="spring" />
        <span class="hint">{session.value?.database?.name}</span>
        {stats.value && <span class="hint">{many(stats.value.people, "person", "people")}</span>}
      </div>
      <div id="database-body" class="body" role="tabpanel" aria-labelledby={`tab-${shown}`}>
        <Body key={shown} />
      </div>
    </div>
  );
}
