/** The frame of the page: a rail of modes, the stage, the panel, a line of status. */

import { computed } from "@preact/signals";
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { del, isOver, jobs, session } from "../api/client";
import { Stage } from "../viewer/Stage";
import { Button } from "../ui/controls";
import { Dialog } from "../ui/dialog";
import { Icon } from "../ui/icons";
import { Bar, Empty, Progress } from "../ui/panel";
import { handleKey, keyLabel } from "./commands";
import { arrivals } from "./arrivals";
import { Drop, pickFiles } from "./Drop";
import { groups, tabsOf } from "./groups";
import { current, goTo, loadMode, MODES } from "./modes";
import { closeScan } from "./open";
import { Palette, paletteOpen } from "./Palette";
import { SeriesQuestion } from "./series";
import { SignIn } from "./SignIn";
import { active, activeId, dismiss, mode, notices, scans, tellError, unsavedScans } from "./state";
import { theme, toggleTheme } from "./theme";
import { shortUnit } from "./units";

export function App() {
  useEffect(() => {
    addEventListener("keydown", handleKey);
    return () => removeEventListener("keydown", handleKey);
  }, []);
  if (!session.value) return <p class="waiting">Connecting …</p>;
  if (!session.value.signed_in) return <SignIn />;
  return <Workbench />;
}

/** Told apart from which scan it is, so that the page is not made anew for each frame of a sequence. */
const hasScan = computed(() => active.value !== null);

function Workbench() {
  useEffect(() => void loadMode(mode.value), [mode.value]);
  const parts = current.value;
  return (
    <div class="workbench" data-mode={mode.value}>
      <TopBar />
      <Rail />
      <main>
        <Stage hidden={parts?.Stage !== undefined}>
          {!hasScan.value && <Welcome />}
          {hasScan.value && parts?.Overlay && <parts.Overlay />}
        </Stage>
        {parts?.Stage && <parts.Stage />}
        {parts?.Bottom && <parts.Bottom />}
        <Notices />
      </main>
      <aside class="panel" aria-label={`${MODES.find((each) => each.id === mode.value)?.title} panel`}>
        {parts ? <parts.Panel /> : <Empty>Loading …</Empty>}
      </aside>
      <StatusBar />
      <Palette />
      <Closing />
      <Drop />
      <SeriesQuestion />
    </div>
  );
}

function Rail() {
  const shown = MODES.filter((each) => each.shown?.() ?? true);
  return (
    <nav class="rail" aria-label="Modes">
      {shown.map((each) => (
        <button
          key={each.id}
          type="button"
          aria-current={mode.value === each.id ? "page" : undefined}
          title={`${each.title} (${MODES.indexOf(each) + 1})`}
          onClick={() => goTo(each.id)}
        >
          <Icon name={each.icon} size={20} />
          <span>{each.title}</span>
        </button>
      ))}
    </nav>
  );
}

function TopBar() {
  return (
    <header class="topbar">
      <h1 class="mark">
        <img src="/icon.svg" alt="Lineament Studio" width="22" height="22" />
      </h1>
      <div class="tabs" role="group" aria-label="Open scans">
        {tabsOf(scans.value, groups.value).map(({ key, title, ids }) => {
          const chosen = ids.includes(activeId.value ?? "");
          return (
            <div key={key} class={chosen ? "tab active" : "tab"}>
              <button type="button" aria-pressed={chosen} onClick={() => chosen || (activeId.value = ids[0]!)}>
                {title}
                {ids.length > 1 && <span class="many">{ids.length}</span>}
              </button>
              <button type="button" class="close" aria-label={`Close ${title}`} onClick={() => close(ids)}>
                <Icon name="close" size={12} />
              </button>
            </div>
          );
        })}
        {arrivals.value.map(({ key, name }) => (
          <div key={key} class="tab coming" title={`Opening ${name}`}>
            <span>{name}</span>
          </div>
        ))}
      </div>
      <Button icon="plus" title="Open scans" keys="mod+o" onClick={pickFiles} />
      <span class="spring" />
      <Button icon="search" title="Commands" keys="mod+k" onClick={() => (paletteOpen.value = true)}>
        <kbd>{keyLabel("mod+k")}</kbd>
      </Button>
      <Button
        icon={theme.value === "dark" ? "sun" : "moon"}
        title="Light or dark"
        keys="shift+d"
        onClick={toggleTheme}
      />
      {session.value?.actor && <Account />}
    </header>
  );
}

function Account() {
  const signOut = () => void del("/api/session").then(() => location.reload(), tellError);
  return (
    <div class="account">
      <Icon name="user" size={15} />
      <span>{session.value!.actor}</span>
      {session.value!.needs_password && <Button onClick={signOut}>Sign out</Button>}
    </div>
  );
}

function Welcome() {
  const [coming] = arrivals.value;
  if (coming)
    return (
      <div class="welcome coming" role="status">
        <h1>{coming.name}</h1>
        <p>{coming.share === null ? `${coming.doing} …` : `${coming.doing}, ${Math.round(100 * coming.share)} %`}</p>
        <Bar share={coming.share} />
      </div>
    );
  return (
    <div class="welcome">
      <h1>Drop a scan</h1>
      <p>A mesh, a point cloud or a depth image, in any unit, any position and any rotation.</p>
      <Button primary icon="plus" keys="mod+o" title="Open scans" onClick={pickFiles}>
        Open scans
      </Button>
      <p class="hint">
        Nothing is kept of it unless you save something. It does not leave the computer that runs the studio.
      </p>
    </div>
  );
}

function StatusBar() {
  // Beside a database, or two scans that are compared, it would tell of another one than is seen.
  const shown = mode.value === "database" || mode.value === "compare" ? undefined : active.value?.info;
  const running = [...jobs.value.values()].filter((job) => !isOver(job));
  const sending = arrivals.value.find(({ share }) => share !== null);
  return (
    <footer class="statusbar">
      {shown && (
        <>
          <span>{shown.name}</span>
          <span>{`${shown.points.toLocaleString("en")} points`}</span>
          {shown.triangles > 0 && <span>{`${shown.triangles.toLocaleString("en")} triangles`}</span>}
          <span title="Of the file's numbers">{`unit: ${shortUnit(shown)}`}</span>
          {shown.display?.decimated && <span>{`drawn with ${shown.display.points.toLocaleString("en")} points`}</span>}
        </>
      )}
      <span class="spring" />
      {sending && <span>{`${sending.name}: ${Math.round(100 * sending.share!)} % sent`}</span>}
      {running.slice(0, 2).map((job) => (
        <Progress key={job.id} job={job} />
      ))}
      {running.length > 2 && <span>{`and ${running.length - 2} more`}</span>}
    </footer>
  );
}

function Notices() {
  return (
    <div class="notices" aria-live="polite">
      {notices.value.map((notice) => (
        <div key={notice.id} class={`notice ${notice.tone}`} role={notice.tone === "error" ? "alert" : "status"}>
          <span>{notice.text}</span>
          <Button icon="close" title="Dismiss" onClick={() => dismiss(notice.id)} />
        </div>
      ))}
    </div>
  );
}

/** Scans that somebody wants to close although something of them is not saved. */
const closing = signal<readonly string[]>([]);

function close(ids: readonly string[]): void {
  if (ids.some((id) => unsavedScans.value.has(id))) closing.value = ids;
  else ids.forEach(closeScan);
}

function Closing() {
  if (!closing.value.length) return null;
  const leave = () => (closing.value = []);
  const drop = () => {
    closing.value.forEach(closeScan);
    leave();
  };
  return (
    <Dialog title="Close without saving?" class="question" onClose={leave}>
      <h1>Close without saving?</h1>
      <p>Landmarks have been corrected and are not saved.</p>
      <div class="buttons">
        <Button onClick={leave}>Keep it open</Button>
        <Button danger onClick={drop}>
          Close
        </Button>
      </div>
    </Dialog>
  );
}
