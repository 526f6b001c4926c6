/** What scripts in the browser's console, and the tests, can use: `lineament.viewer`, `lineament.scans` and so on. */

import * as frames from "./frames";
import { active, mode, scans, viewer } from "./state";

declare global {
  interface Window {
    lineament: unknown;
  }
}

export function exposeHandle(): void {
  window.lineament = {
    get viewer() {
      return viewer.value;
    },
    get scans() {
      return scans.value;
    },
    get active() {
      return active.value;
    },
    get mode() {
      return mode.value;
    },
    frames,
  };
}
