/** The right-hand side: all that is known about what was chosen. */

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get } from "../api/client";
import { tellError } from "../app/state";
import { Button } from "../ui/controls";
import { Empty, Facts, Section } from "../ui/panel";
import { openStored } from "./open";
import { Badge, Bars, day, Findings, many, Refusal, size, when, words } from "./parts";
import { shownRelease } from "./shown";
import { auditPager, can, chosenId, filters, peoplePager, purpose, show, stats, tab } from "./state";
import { Thumbnail } from "./Scans";
import type { FileFacts, PersonFacts, ScanFacts, ScanRow, Stats } from "./types";

export function Details() {
  const id = chosenId.value;
  switch (tab.value) {
    case "scans":
    case "review":
      return id ? <ScanDetails key={id} id={id} /> : <Figures />;
    case "people":
      return id ? (
        <PersonDetails key={id} id={id} />
      ) : (
        <Empty>{peoplePager.state.value.rows.length ? "Choose a person." : ""}</Empty>
      );
    case "releases":
      return <ReleaseDetails />;
    case "audit":
      return <EntryDetails />;
    default:
      return <Figures />;
  }
}

/** Ask the server about one thing; what refuses is told in its words. */
function useFacts<Found>(address: string): { found: Found | null; refused: string } {
  const found = useSignal<Found | null>(null);
  const refused = useSignal("");
  useEffect(() => {
    const stop = new AbortController();
    get<Found>(address, stop.signal).then(
      (facts) => (found.value = facts),
      (error: unknown) => {
        if (!stop.signal.aborted) refused.value = error instanceof Error ? error.message : String(error);
      },
    );
    return () => stop.abort();
  }, [address]);
  return { found: found.value, refused: refused.value };
}

function ScanDetails({ id }: { id: string }) {
  const { found, refused } = useFacts<ScanFacts>(`/api/db/scans/${id}`);
  if (refused) return <Refusal>{refused}</Refusal>;
  if (!found) return <Empty>Loading …</Empty>;
  const { scan, findings, files } = found;
  const derived = files.filter((file) => file.derived);
  return (
    <>
      <Section title={words(scan.expression || scan.modality)} aside={<Badge of={scan.state} />}>
        {tab.value !== "review" && <Thumbnail row={scan} large />}
        <OpenIn of={scan} />
        <Facts
          rows={[
            ["Scan", <code class="whole">{scan.id}</code>],
            [
              "Person",
              <button type="button" class="link" onClick={() => show("people", scan.subject)}>
                {scan.subject}
              </button>,
            ],
            ["Project", scan.project],
            ["Agreed to", scan.purposes.join(", ") || "nothing today"],
            ["Sex, age", [scan.sex, scan.age === null ? "age unknown" : `${Math.floor(scan.age)} years`].join(", ")],
            ["Origin", scan.origin || "not stated"],
            ["Modality", scan.modality],
            ["Device", scan.device ?? "not stated"],
            [
              "Protocol",
              scan.protocol ? `${scan.protocol}${scan.repeat > 1 ? `, repeat ${scan.repeat}` : ""}` : "none",
            ],
            [
              "Size",
              [
                scan.points !== null && many(scan.points, "point"),
                scan.triangles ? many(scan.triangles, "triangle") : "",
              ]
                .filter(Boolean)
                .join(", "),
            ],
            ["Unit", scan.unit ?? "not known"],
            ["Holes", scan.holes === null ? "–" : `${(100 * scan.holes).toFixed(1)} % of edges`],
            ["Noise", scan.noise_mm === null ? "–" : `${scan.noise_mm.toFixed(2)} mm`],
            ...(scan.frames > 1
              ? ([["Frames", `${scan.frames}${scan.fps ? ` at ${scan.fps} a second` : ""}`]] as const)
              : []),
            ["Captured", when(scan.captured_at)],
            ["Taken in", when(scan.ingested_at)],
            ...(scan.state_reason ? ([["Why so", scan.state_reason]] as const) : []),
          ]}
        />
      </Section>
      {tab.value !== "review" && (
        <Section title="Findings" aside={String(findings.length)}>
          <Findings of={findings} />
        </Section>
      )}
      <Section title="Files" aside={size(files.reduce((sum, file) => sum + file.size, 0))}>
        <ul class="files">
          {files
            .filter((file) => !file.derived)
            .map((file) => (
              <li key={file.id}>
                <b>{file.role}</b>
                <span class="hint">{`${file.suffix} ${size(file.size)}`}</span>
              </li>
            ))}
        </ul>
      </Section>
      <Section title="Made of it" aside={String(derived.length)}>
        {derived.length ? (
          <ul class="files">
            {derived.map((file) => (
              <Derived key={file.id} file={file} all={files} />
            ))}
          </ul>
        ) : (
          <p class="hint">Nothing yet.</p>
        )}
      </Section>
    </>
  );
}

function Derived({ file, all }: { file: FileFacts; all: readonly FileFacts[] }) {
  const parents = file.parents.map((id) => all.find((each) => each.id === id)?.role ?? id);
  const set = file.meta.set_name;
  return (
    <li>
      <details>
        <summary>
          <b>{`${file.role}${typeof set === "string" ? ` ${set}` : ""}`}</b>
          <span class="hint">{`${file.suffix} ${size(file.size)}`}</span>
        </summary>
        <Facts
          rows={[
            ["Made by", [file.tool, file.tool_version].filter(Boolean).join(" ") || "–"],
            ["When", when(file.made_at)],
            ["From", parents.join(", ") || "–"],
            ...(file.weights_sha256
              ? ([["Weights", <code title={file.weights_sha256}>{file.weights_sha256.slice(0, 12)}</code>]] as const)
              : []),
            ...Object.entries(file.parameters ?? {}).map(
              ([name, value]) =>
                [words(name), typeof value === "object" ? JSON.stringify(value) : String(value)] as const,
            ),
          ]}
        />
      </details>
    </li>
  );
}

/** Open it for a purpose that is said beforehand. */
function OpenIn({ of }: { of: ScanRow }) {
  const busy = useSignal(false);
  const decided = of.state === "accepted";
  const purposes = of.purposes.length ? of.purposes : [purpose.value];
  const open = async () => {
    busy.value = true;
    try {
      await openStored(of, purpose.value);
    } catch (error) {
      tellError(error);
    } finally {
      busy.value = false;
    }
  };
  return (
    <div class="openin">
      {decided && (
        <label class="purpose">
          For
          <select value={purpose.value} onChange={(event) => (purpose.value = event.currentTarget.value)}>
            {[...new Set([...purposes, purpose.value])].map((each) => (
              <option key={each}>{each}</option>
            ))}
          </select>
        </label>
      )}
      <Button primary icon="scan" disabled={busy.value || (decided && !can("read"))} onClick={() => void open()}>
        {busy.value ? "Opening …" : decided ? "Open in the studio" : "Look at it in 3D"}
      </Button>
    </div>
  );
}

function PersonDetails({ id }: { id: string }) {
  const { found, refused } = useFacts<PersonFacts>(`/api/db/subjects/${id}`);
  if (refused) return <Refusal>{refused}</Refusal>;
  if (!found) return <Empty>Loading …</Empty>;
  const { person, consents, scans } = found;
  return (
    <>
      <Section title="Person" aside={<Badge of={person.consent} />}>
        <Facts
          rows={[
            ["Name here", <code class="whole">{person.id}</code>],
            ["Project", person.project],
            ["Sex", person.sex],
            ["Born", person.birth_year ?? "not stated"],
            ["Origin", person.origin || "not stated"],
            ["Law", person.jurisdiction],
            ["Kept until", day(person.retain_until)],
            ...(person.withdrawn_at ? ([["Ended", when(person.withdrawn_at)]] as const) : []),
          ]}
        />
        <Purposes of={person.purposes} />
      </Section>
      {person.whole ? (
        <Section title="Consents" aside={String(consents.length)}>
          {consents.map((consent) => (
            <div key={consent.receipt} class="consent">
              <header>
                <code>{consent.receipt}</code>
                <Badge of={consent.in_force ? "in force" : "ended"} />
              </header>
              <p class="hint">
                {[
                  `given ${day(consent.given_at)}`,
                  consent.withdrawn_at && `ended ${day(consent.withdrawn_at)}`,
                  consent.separate ? "asked for apart" : "not asked for apart",
                  consent.guardian && "by a guardian",
                  consent.abroad && "may leave the area of the law",
                  ...consent.duo,
                ]
                  .filter(Boolean)
                  .join(", ")}
              </p>
              <Purposes of={consent.purposes} />
            </div>
          ))}
        </Section>
      ) : (
        <p class="empty">Consents are shown to those who record them.</p>
      )}
      <Section title="Scans" aside={String(scans.length)}>
        <ul class="files">
          {scans.map((scan) => (
            <li key={scan.id}>
              <button type="button" class="link" onClick={() => show("scans", scan.id)}>
                {words(scan.expression || scan.modality)}
              </button>
              <span class="hint">{scan.modality}</span>
              {scan.state !== "accepted" && <Badge of={scan.state} />}
            </li>
          ))}
        </ul>
        <div class="buttons">
          <Button
            onClick={() => {
              filters.value = { subject: person.id };
              tab.value = "scans";
            }}
          >
            Show these scans
          </Button>
        </div>
      </Section>
    </>
  );
}

function Purposes({ of }: { of: Readonly<Record<string, string | null>> }) {
  const rows = Object.entries(of);
  if (!rows.length) return <p class="hint">Agrees to nothing today.</p>;
  return (
    <ul class="purposes">
      {rows.map(([name, until]) => (
        <li key={name} class="badge">
          {until ? `${name} until ${day(until)}` : name}
        </li>
      ))}
    </ul>
  );
}

function ReleaseDetails() {
  const found = shownRelease.value;
  if (!found || !chosenId.value) return <Empty>Choose a release.</Empty>;
  const { release } = found;
  return (
    <>
      <Section title={`${release.name} ${release.version}`} aside={<Badge of={release.state} />}>
        <Facts
          rows={[
            ["Project", release.project],
            ["Purpose", release.purpose],
            ["About", release.description || "–"],
            ["Licence", release.licence || "–"],
            ["Made", when(release.created_at)],
            ["Scans", release.scans.toLocaleString("en")],
            ["People", release.people.toLocaleString("en")],
            ["Seed", found.seed],
            ["Manifest", <code class="whole">{found.manifest_sha256}</code>],
          ]}
        />
      </Section>
      <Section title="Splits">
        <Bars
          label="People of each split"
          rows={[...found.splits]
            .sort((one, other) => other.people - one.people)
            .map((each) => [each.split || "whole", each.people, many(each.scans, "scan")])}
        />
      </Section>
      <Section title="Handed out" aside={String(found.exports.length)}>
        {found.exports.length ? (
          <ul class="files">
            {found.exports.map((each) => (
              <li key={`${each.recipient} ${each.made_at}`}>
                <b>{each.recipient}</b>
                <span class="hint">
                  {[each.country, each.layout, day(each.made_at), each.state].filter(Boolean).join(", ")}
                </span>
              </li>
            ))}
          </ul>
        ) : (
          <p class="hint">To nobody.</p>
        )}
      </Section>
    </>
  );
}

function EntryDetails() {
  const entry = auditPager.state.value.rows.find((row) => String(row.seq) === chosenId.value);
  if (!entry) return <Empty>Choose an entry.</Empty>;
  return (
    <Section title={`Entry ${entry.seq}`} aside={entry.allowed ? "allowed" : <span class="badge bad">refused</span>}>
      <Facts
        rows={[
          ["When", `${entry.at.slice(0, 19).replace("T", " ")} UTC`],
          ["Who", entry.actor],
          ["What", entry.action],
          ["About", entry.object ? <code class="whole">{entry.object}</code> : "–"],
          ["For", entry.purpose || "–"],
          ...(entry.reason ? ([["Why not", entry.reason]] as const) : []),
          ...Object.entries(entry.detail).map(
            ([name, value]) =>
              [words(name), typeof value === "object" ? JSON.stringify(value) : String(value)] as const,
          ),
          ["Hash", <code class="whole">{entry.hash}</code>],
        ]}
      />
      {entry.object.startsWith("scn") && (
        <div class="buttons">
          <Button onClick={() => show("scans", entry.object)}>Show the scan</Button>
        </div>
      )}
    </Section>
  );
}

/** Figures on all that may be found, where nothing is chosen. */
function Figures() {
  const found = stats.value;
  useEffect(() => {
    if (!stats.value) void get<Stats>("/api/db/stats").then((facts) => (stats.value = facts), tellError);
  }, []);
  if (!found) return <Empty>Counting …</Empty>;
  return (
    <>
      <Section title="What you may find">
        <div class="figures">
          <div>
            <b>{found.people.toLocaleString("en")}</b>people
          </div>
          <div>
            <b>{found.scans.toLocaleString("en")}</b>scans
          </div>
          <div>
            <b>{size(found.bytes)}</b>of files
          </div>
        </div>
        {found.alarms.map((alarm) => (
          <Refusal key={alarm}>{alarm}</Refusal>
        ))}
      </Section>
      <Section title="People who agree today to">
        <Bars label="People by purpose" rows={Object.entries(found.purposes)} />
      </Section>
      {Object.entries(found.counts).map(([name, groups]) => (
        <Section key={name} title={`Scans by ${words(name)}`} folded={name === "jurisdiction"}>
          <Bars
            label={`Scans by ${name}`}
            rows={Object.entries(groups).map(([group, count]) => [
              group || "not stated",
              count.scans,
              many(count.people, "person", "people"),
            ])}
          />
        </Section>
      ))}
    </>
  );
}
