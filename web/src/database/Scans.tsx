/** Scans: a bar of filters over a grid of pictures or a table. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { tellError } from "../app/state";
import { Button, Choices } from "../ui/controls";
import { Icon } from "../ui/icons";
import { List } from "./List";
import { openStored } from "./open";
import { Badge, Foot, many, Name, words } from "./parts";
import { ageBands, bandLabel, type FilterName, FILTERS, toQuery, withFilter } from "./query";
import {
  can,
  choose,
  chosenId,
  countMatching,
  facets,
  filters,
  matching,
  purpose,
  scanPager,
  stats,
  type View,
  view,
} from "./state";
import type { ScanRow } from "./types";

const CELL = { width: 122, height: 168, gap: 8 };
const LINE = 30;

export function Scans() {
  const { rows } = scanPager.state.value;
  const query = toQuery(filters.value);
  useEffect(() => {
    void scanPager.reload().then(countMatching);
  }, [query, view.value, view.value === "grid" ? purpose.value : ""]);
  const grid = view.value === "grid";
  const shared = {
    label: "Scans",
    rows,
    id: (row: ScanRow) => row.id,
    chosen: chosenId.value,
    onChoose: (row: ScanRow) => choose(row.id),
    onOpen: (row: ScanRow) => void openStored(row, purpose.value).catch(tellError),
    onEnd: () => void scanPager.more(),
  };
  return (
    <>
      <FilterBar />
      {grid ? (
        <List
          {...shared}
          key="grid"
          cellWidth={CELL.width}
          cellHeight={CELL.height}
          gap={CELL.gap}
          cell={(row) => <Cell row={row} />}
        >
          <Foot of={scanPager.state.value} empty="No scan that you may find is like this." />
        </List>
      ) : (
        <List {...shared} key="table" cellHeight={LINE} head={<Head />} cell={(row) => <Line row={row} />}>
          <Foot of={scanPager.state.value} empty="No scan that you may find is like this." />
        </List>
      )}
    </>
  );
}

/** The thumbnail, or why there is none. */
export function Thumbnail({ row, large = false }: { row: ScanRow; large?: boolean }) {
  const failed = useSignal("");
  const agreed = row.purposes.includes(purpose.value);
  const has = row.has.includes("thumbnail");
  const shown = has && (agreed || row.state !== "accepted");
  const why =
    !has && row.state === "accepted"
      ? "no picture"
      : !agreed && row.state === "accepted"
        ? `not for ${purpose.value}`
        : "no picture";
  const address = `/api/db/scans/${row.id}/thumbnail?purpose=${purpose.value}`;
  return (
    <div class={large ? "thumbnail large" : "thumbnail"}>
      {shown && failed.value !== address ? (
        <img
          src={address}
          alt=""
          loading="lazy"
          decoding="async"
          draggable={false}
          onLoad={(event) => event.currentTarget.classList.add("here")}
          onError={() => (failed.value = address)}
        />
      ) : (
        <span>
          <Icon name="scan" size={large ? 40 : 26} />
          {why}
        </span>
      )}
    </div>
  );
}

function Cell({ row }: { row: ScanRow }) {
  return (
    <div class="cell">
      <Thumbnail row={row} />
      <div class="what">{words(row.expression || row.modality)}</div>
      <div class="who">
        {[row.sex !== "unknown" && row.sex, row.age !== null && `${Math.floor(row.age)} years`]
          .filter(Boolean)
          .join(" ") || "–"}
        {row.state !== "accepted" && <Badge of={row.state} />}
      </div>
    </div>
  );
}

function Head() {
  return (
    <div class="line head" aria-hidden="true">
      <span>Scan</span>
      <span>Person</span>
      <span>Expression</span>
      <span>Sex</span>
      <span class="number">Age</span>
      <span>Origin</span>
      <span>Modality</span>
      <span>Device</span>
      <span class="number">Points</span>
      <span>Has</span>
    </div>
  );
}

function Line({ row }: { row: ScanRow }) {
  return (
    <div class="line">
      <Name id={row.id} />
      <Name id={row.subject} />
      <span>{words(row.expression)}</span>
      <span>{row.sex}</span>
      <span class="number">{row.age === null ? "–" : Math.floor(row.age)}</span>
      <span>{row.origin || "–"}</span>
      <span>{row.modality}</span>
      <span>{row.device ?? "–"}</span>
      <span class="number">{row.points?.toLocaleString("en") ?? "–"}</span>
      <span title={row.has.join(", ")}>{row.has.join(", ") || "–"}</span>
    </div>
  );
}

const TITLES: Record<FilterName, string> = {
  project: "Project",
  sex: "Sex",
  origin: "Origin",
  age: "Age",
  modality: "Modality",
  expression: "Expression",
  protocol: "Protocol",
  device: "Device",
  has: "Has",
  lacks: "Lacks",
  consented: "Agreed to",
  state: "State",
  subject: "Person",
};

function choicesOf(name: FilterName): string[] {
  const known = facets.value;
  if (!known) return filters.value[name] ? [filters.value[name]] : [];
  if (name === "age") return ageBands(known.age);
  if (name === "lacks") return known.has;
  if (name === "consented") return known.purposes;
  if (name === "state") return can("review") ? known.states : ["accepted"];
  if (name === "subject") return filters.value.subject ? [filters.value.subject] : [];
  return known[name];
}

function FilterBar() {
  const active = FILTERS.filter((name) => filters.value[name]);
  const { rows, next, loading } = scanPager.state.value;
  const count = matching.value?.scans ?? (next === null && !loading ? rows.length : null);
  const told = matching.value?.more
    ? `more than ${matching.value.scans.toLocaleString("en")} scans`
    : count !== null
      ? many(count, "scan")
      : loading
        ? "…"
        : `${rows.length.toLocaleString("en")} and more`;
  return (
    <div class="filterbar" role="search" aria-label="Filters">
      <div class="filters">
        {FILTERS.map((name) => {
          const choices = choicesOf(name);
          const value = filters.value[name] ?? "";
          // A filter with nothing to choose among would only be in the way.
          if (!value && choices.length < (["project", "protocol", "device", "state"].includes(name) ? 2 : 1))
            return null;
          return (
            <Filter
              key={name}
              name={name}
              value={value}
              choices={value && !choices.includes(value) ? [value, ...choices] : choices}
            />
          );
        })}
        {active.length > 0 && (
          <Button icon="close" title="Clear all filters" onClick={() => (filters.value = {})}>
            Clear
          </Button>
        )}
        <span class="spring" />
        <span class="count" role="status">
          {told}
        </span>
        <label
          class="purpose"
          title="Pictures are shown, and scans opened, for a purpose that each person has agreed to; the log keeps it"
        >
          For
          <select value={purpose.value} onChange={(event) => (purpose.value = event.currentTarget.value)}>
            {(facets.value?.purposes ?? [purpose.value]).map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
        <Choices<View>
          label="View"
          value={view.value}
          choices={[
            { value: "grid", label: "Pictures" },
            { value: "table", label: "Table" },
          ]}
          onChange={(value) => (view.value = value)}
        />
      </div>
    </div>
  );
}

function Filter({ name, value, choices }: { name: FilterName; value: string; choices: readonly string[] }) {
  const counts = stats.value?.counts[name];
  const label = (choice: string) =>
    name === "age" ? bandLabel(choice) : name === "subject" ? `${choice.slice(0, 9)}…` : words(choice);
  return (
    <select
      aria-label={TITLES[name]}
      class={value ? "filter set" : "filter"}
      value={value}
      onChange={(event) => (filters.value = withFilter(filters.value, name, event.currentTarget.value))}
    >
      <option value="">{TITLES[name]}</option>
      {choices.filter(Boolean).map((choice) => (
        <option key={choice} value={choice}>
          {value === choice
            ? `${TITLES[name]}: ${label(choice)}`
            : `${label(choice)}${counts?.[choice] ? ` (${counts[choice].scans.toLocaleString("en")})` : ""}`}
        </option>
      ))}
    </select>
  );
}
