/** Everything that can be done by a key, and found by its name in the palette. */

import { computed, signal } from "@preact/signals";

export interface Command {
  readonly id: string;
  readonly title: string;
  /** As pressed, such as `f`, `shift+f`, `mod+z`; `mod` is Ctrl, or Cmd on a Mac. */
  readonly keys?: string;
  readonly group: string;
  readonly run: () => void;
  /** Whether it can be done now. */
  readonly when?: () => boolean;
}

const registered = signal<readonly Command[]>([]);
export const commands = computed(() => registered.value.filter((command) => command.when?.() ?? true));
export const allCommands = registered;

/** Make commands known; returns how to forget them. */
export function register(...added: Command[]): () => void {
  registered.value = [...registered.value.filter((known) => !added.some((one) => one.id === known.id)), ...added];
  return () => {
    registered.value = registered.value.filter((known) => !added.includes(known));
  };
}

const isMac = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? "");

/** The pressed keys in the spelling of `Command.keys`. */
export function pressed(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (isMac ? event.metaKey : event.ctrlKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  // Shift is part of what is typed for signs such as `?`, and a modifier for letters and named keys.
  if (event.shiftKey && (key.length > 1 || /[a-z]/.test(key))) parts.push("shift");
  return [...parts, key].join("+");
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "range", "button"].includes(target.type);
  return target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}

/** Keys with which text itself is edited. */
const TEXT_KEYS = new Set(
  ["z", "shift+z", "y", "a", "c", "v", "x", "arrowleft", "arrowright"].map((key) => `mod+${key}`),
);

/** Whether a control under the focus means something by these keys. */
function belongsTo(target: EventTarget | null, keys: string): boolean {
  if (isTyping(target)) return !keys.startsWith("mod+") || TEXT_KEYS.has(keys);
  // Space and Enter press what has the focus.
  if ((keys === "space" || keys === "enter") && target instanceof Element)
    return target.matches("button, a, summary, input, [tabindex]:not(canvas)");
  const moves = /arrow|home|end|page/.test(keys);
  return moves && target instanceof HTMLInputElement && ["range", "radio"].includes(target.type);
}

/** Run the command whose keys were pressed, unless the focus is on something that takes them. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const keys = pressed(event);
  if (belongsTo(event.target, keys)) return;
  // `when` may look at more than signals, so it is asked anew.
  const found = registered.value.findLast((command) => command.keys === keys && (command.when?.() ?? true));
  if (!found) return;
  event.preventDefault();
  found.run();
}

const SIGNS: Record<string, string> = {
  mod: isMac ? "⌘" : "Ctrl",
  shift: "Shift",
  alt: "Alt",
  arrowleft: "←",
  arrowright: "→",
  arrowup: "↑",
  arrowdown: "↓",
  escape: "Esc",
  delete: "Del",
  backspace: "⌫",
  space: "Space",
  home: "Home",
};

/** Keys as they are shown to people. */
export function keyLabel(keys: string): string {
  return keys
    .split("+")
    .map((key) => SIGNS[key] ?? key.toUpperCase())
    .join(" ");
}
