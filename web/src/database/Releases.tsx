/** Releases, and what each is made of: who is in it, with which device, and whom quality control kept out. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ApiError, get } from "../api/client";
import { tellError } from "../app/state";
import { Choices } from "../ui/controls";
import { Icon } from "../ui/icons";
import { Empty, Table } from "../ui/panel";
import { Badge, Bars, day, many, Refusal, words } from "./parts";
import { shownRelease } from "./shown";
import { choose, chosenId, releases } from "./state";
import type { Balance, ReleaseFacts, ReleaseRow } from "./types";

const keyOf = (row: Pick<ReleaseRow, "name" | "version">): string => `${row.name}@${row.version}`;

export function Releases() {
  const refused = useSignal("");
  useEffect(() => {
    get<ReleaseRow[]>("/api/db/releases").then(
      (found) => (releases.value = [...found].reverse()),
      (error: unknown) => (error instanceof ApiError ? (refused.value = error.message) : tellError(error)),
    );
  }, []);
  useEffect(() => {
    const first = releases.value?.[0];
    if (first && !chosenId.value) choose(keyOf(first));
  }, [releases.value]);
  if (refused.value) return <Refusal>{refused.value}</Refusal>;
  if (!releases.value) return <Empty>Loading …</Empty>;
  if (!releases.value.length) return <Empty>There is no release yet; `lineament db release create` makes one.</Empty>;
  return (
    <div class="releases">
      <Table<ReleaseRow>
        label="Releases"
        rows={releases.value}
        id={keyOf}
        chosen={chosenId.value}
        onChoose={(row) => choose(keyOf(row))}
        columns={[
          { title: "Release", cell: (row) => row.name },
          { title: "Version", cell: (row) => row.version },
          { title: "State", cell: (row) => <Badge of={row.state} /> },
          { title: "Purpose", cell: (row) => row.purpose },
          { title: "Scans", number: true, cell: (row) => row.scans.toLocaleString("en") },
          { title: "People", number: true, cell: (row) => row.people.toLocaleString("en") },
          { title: "Made", cell: (row) => day(row.created_at) },
        ]}
      />
      {shownRelease.value && keyOf(shownRelease.value.release) === chosenId.value ? (
        <Report key={chosenId.value} of={shownRelease.value} />
      ) : (
        <Fetch />
      )}
    </div>
  );
}

function Fetch() {
  const refused = useSignal("");
  useEffect(() => {
    const id = chosenId.value;
    if (!id) return;
    const at = id.lastIndexOf("@");
    refused.value = "";
    get<ReleaseFacts>(
      `/api/db/releases/${encodeURIComponent(id.slice(0, at))}/${encodeURIComponent(id.slice(at + 1))}`,
    ).then(
      (found) => (shownRelease.value = found),
      (error: unknown) => (refused.value = error instanceof Error ? error.message : String(error)),
    );
  }, [chosenId.value]);
  return refused.value ? <Refusal>{refused.value}</Refusal> : <p class="hint foot">Counting …</p>;
}

function Report({ of }: { of: ReleaseFacts }) {
  const { balance } = of;
  const splits = Object.keys(balance.splits);
  const split = useSignal(splits[0] ?? "all");
  const by = useSignal<"people" | "scans">("people");
  return (
    <div class="report">
      {balance.warnings.map((warning) => (
        <p key={warning} class="warning">
          <Icon name="warn" size={15} />
          {warning}
        </p>
      ))}
      <div class="reportbar">
        <Choices
          label="Split"
          value={split.value}
          choices={splits.map((each) => ({ value: each, label: `${each} · ${balance.totals[each]?.people ?? 0}` }))}
          onChange={(value) => (split.value = value)}
        />
        <Choices<"people" | "scans">
          label="Counted"
          value={by.value}
          choices={[
            { value: "people", label: "People" },
            { value: "scans", label: "Scans" },
          ]}
          onChange={(value) => (by.value = value)}
        />
      </div>
      <div class="charts">
        {Object.entries(balance.splits[split.value] ?? {}).map(([attribute, groups]) => (
          <figure key={attribute}>
            <figcaption>{words(attribute)}</figcaption>
            <Bars
              label={`${by.value} by ${attribute}`}
              rows={Object.entries(groups).map(([group, count]) => [
                group,
                count[by.value],
                `${many(count.people, "person", "people")}, ${many(count.scans, "scan")}`,
              ])}
            />
          </figure>
        ))}
      </div>
      <Devices of={balance} />
      <Removed of={balance} />
    </div>
  );
}

function Devices({ of }: { of: Balance }) {
  return (
    <>
      {Object.entries(of.devices).map(([attribute, groups]) => {
        const devices = [...new Set(Object.values(groups).flatMap(Object.keys))].sort();
        if (devices.length < 2) return null;
        return (
          <section key={attribute}>
            <h2>{`People by device and ${words(attribute)}`}</h2>
            <table class="table">
              <thead>
                <tr>
                  <th scope="col">{words(attribute)}</th>
                  {devices.map((device) => (
                    <th key={device} scope="col" class="number">
                      {device}
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {Object.entries(groups).map(([group, counts]) => (
                  <tr key={group}>
                    <th scope="row">{group}</th>
                    {devices.map((device) => (
                      <td key={device} class="number">
                        {counts[device]?.toLocaleString("en") ?? ""}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        );
      })}
    </>
  );
}

const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)} %`;

function Removed({ of }: { of: Balance }) {
  const rows = Object.entries(of.removed).flatMap(([attribute, groups]) =>
    Object.entries(groups).map(([group, removal]) => ({ attribute, group, ...removal })),
  );
  const reasons = Object.entries(of.reasons);
  if (!rows.some((row) => row.removed.scans > 0) && !reasons.length)
    return <p class="hint">Quality control kept nobody out.</p>;
  return (
    <section>
      <h2>Kept out by quality control</h2>
      {reasons.length > 0 && (
        <Bars
          label="Reasons"
          color="var(--warn)"
          rows={reasons.map(([reason, count]) => [reason, count.scans, `of ${many(count.people, "person", "people")}`])}
        />
      )}
      <Table
        label="Kept out of each group"
        rows={rows.filter((row) => row.before.people > 0)}
        id={(row) => `${row.attribute} ${row.group}`}
        columns={[
          { title: "Group", cell: (row) => `${words(row.attribute)}: ${words(row.group)}` },
          { title: "People", number: true, cell: (row) => row.before.people.toLocaleString("en") },
          { title: "Kept out", number: true, cell: (row) => row.removed.people.toLocaleString("en") },
          { title: "Share", number: true, cell: (row) => percent(row.share) },
          { title: "Of others", number: true, cell: (row) => percent(row.others) },
          {
            title: "By chance",
            number: true,
            cell: (row) => (row.uneven ? <b class="uneven">{row.chance.toPrecision(2)}</b> : row.chance.toPrecision(2)),
          },
        ]}
      />
    </section>
  );
}
