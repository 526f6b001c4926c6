/** Dark or light: as the system has it, until somebody chooses. */

import { effect, signal } from "@preact/signals";

export type Theme = "dark" | "light";
const KEY = "lineament-theme";

function first(): Theme {
  const kept = localStorage.getItem(KEY);
  if (kept === "dark" || kept === "light") return kept;
  return matchMedia("(prefers-color-scheme: light)").matches ? "light" : "dark";
}

export const theme = signal<Theme>(first());

export function toggleTheme(): void {
  theme.value = theme.value === "dark" ? "light" : "dark";
  localStorage.setItem(KEY, theme.value);
}

effect(() => {
  document.documentElement.dataset.theme = theme.value;
});

/** The colour behind the scan, as pictures are exported with it. */
export function stageGround(): string {
  return getComputedStyle(document.documentElement).getPropertyValue("--stage").trim();
}
