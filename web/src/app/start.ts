/** What happens when the page is opened by somebody who may see it. */

import { get, listen, session } from "../api/client";
import type { Session } from "../api/types";
import { frameFace, openKnown } from "./open";
import { register } from "./commands";
import { pickFiles } from "./Drop";
import { goTo, MODES } from "./modes";
import { helpOpen, paletteOpen } from "./Palette";
import { active, activeId, scans, tellError, viewer } from "./state";
import { toggleTheme } from "./theme";
import { savePicture } from "../viewer/picture";
import type { View } from "../viewer/viewer";

export async function boot(): Promise<void> {
  registerCommands();
  session.value = await get<Session>("/api/session");
  if (session.value.signed_in) await start();
}

export async function start(): Promise<void> {
  listen();
  const named = MODES.find((each) => location.hash.split("?")[0] === `#${each.id}`);
  if (named && (named.shown?.() ?? true)) goTo(named.id);
  await openKnown().catch(tellError);
}

const VIEWS: readonly (readonly [View, string, string])[] = [
  ["front", "From the front", "f"],
  ["left", "From the person's left", "l"],
  ["right", "From the person's right", "r"],
  ["threequarter", "Three quarters", "t"],
  ["above", "From above", "a"],
  ["below", "From below", "b"],
  ["back", "From behind", "shift+f"],
];

function registerCommands(): void {
  const hasScan = () => active.value !== null;
  register(
    ...MODES.map((each, index) => ({
      id: `mode-${each.id}`,
      title: `Go to ${each.title}`,
      keys: String(index + 1),
      group: "Modes",
      run: () => goTo(each.id),
      when: () => each.shown?.() ?? true,
    })),
    ...VIEWS.map(([view, title, keys]) => ({
      id: `view-${view}`,
      title,
      keys,
      group: "View",
      run: () => viewer.value?.look(view),
      when: hasScan,
    })),
    { id: "view-fit", title: "Frame the face", keys: "home", group: "View", run: frameFace, when: hasScan },
    { id: "picture", title: "Save a picture", keys: "mod+shift+s", group: "View", run: savePicture, when: hasScan },
    { id: "theme", title: "Light or dark", keys: "shift+d", group: "View", run: toggleTheme },
    { id: "open", title: "Open scans", keys: "mod+o", group: "Scans", run: pickFiles },
    { id: "next", title: "Next scan", keys: "]", group: "Scans", run: () => step(1), when: hasScan },
    { id: "previous", title: "Previous scan", keys: "[", group: "Scans", run: () => step(-1), when: hasScan },
    { id: "palette", title: "Find a command", keys: "mod+k", group: "Help", run: () => (paletteOpen.value = true) },
    { id: "help", title: "All keys", keys: "?", group: "Help", run: () => (helpOpen.value = true) },
  );
}

function step(by: number): void {
  const at = scans.value.findIndex((scan) => scan.info.id === activeId.value);
  const next = scans.value.at((at + by + scans.value.length) % scans.value.length);
  if (next) activeId.value = next.info.id;
}
