import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { commands, handleKey, keyLabel, pressed, register } from "./commands";

const key = (name: string, more: KeyboardEventInit = {}) =>
  new KeyboardEvent("keydown", { key: name, cancelable: true, ...more });

function at(element: HTMLElement, event: KeyboardEvent): KeyboardEvent {
  document.body.append(element);
  element.addEventListener("keydown", handleKey as EventListener);
  element.dispatchEvent(event);
  return event;
}

let forget: () => void = () => {};
const run = vi.fn();
beforeEach(() => run.mockClear());
afterEach(() => {
  forget();
  document.body.replaceChildren();
});

it("keys are spelled one way", () => {
  expect(pressed(key("f"))).toBe("f");
  expect(pressed(key("F", { shiftKey: true }))).toBe("shift+f");
  expect(pressed(key("?", { shiftKey: true }))).toBe("?");
  expect(pressed(key("Z", { ctrlKey: true, shiftKey: true }))).toBe("mod+shift+z");
  expect(pressed(key(" "))).toBe("space");
  expect(pressed(key("ArrowUp", { shiftKey: true }))).toBe("shift+arrowup");
  expect(pressed(key("x", { altKey: true }))).toBe("alt+x");
});

it("keys are shown as people know them", () => {
  expect(keyLabel("mod+shift+z")).toBe("Ctrl Shift Z");
  expect(keyLabel("arrowleft")).toBe("←");
});

it("a key runs its command, once, and is taken", () => {
  forget = register({ id: "a", title: "A", keys: "q", group: "G", run });
  const event = key("q");
  handleKey(event);
  expect(run).toHaveBeenCalledTimes(1);
  expect(event.defaultPrevented).toBe(true);
  handleKey(event);
  expect(run).toHaveBeenCalledTimes(1);
});

it("the last that was registered comes first, and forgetting brings back the one before", () => {
  const other = vi.fn();
  forget = register({ id: "a", title: "A", keys: "q", group: "G", run: other });
  const forgetSecond = register({ id: "b", title: "B", keys: "q", group: "G", run });
  handleKey(key("q"));
  forgetSecond();
  handleKey(key("q"));
  expect([run.mock.calls.length, other.mock.calls.length]).toEqual([1, 1]);
});

it("whether a command can be done is asked at each key", () => {
  let can = false;
  forget = register({ id: "a", title: "A", keys: "q", group: "G", run, when: () => can });
  expect(commands.value.some(({ id }) => id === "a")).toBe(false);
  handleKey(key("q"));
  can = true;
  handleKey(key("q"));
  expect(run).toHaveBeenCalledTimes(1);
});

it("letters belong to a field that is typed in, and so do the keys of text", () => {
  forget = register(
    { id: "a", title: "A", keys: "q", group: "G", run },
    { id: "u", title: "U", keys: "mod+z", group: "G", run },
    { id: "k", title: "K", keys: "mod+k", group: "G", run },
  );
  const input = document.createElement("input");
  input.type = "text";
  at(input, key("q"));
  at(input, key("z", { ctrlKey: true }));
  expect(run).not.toHaveBeenCalled();
  at(input, key("k", { ctrlKey: true }));
  expect(run).toHaveBeenCalledTimes(1);
});

it("arrows belong to a slider, letters do not", () => {
  forget = register(
    { id: "a", title: "A", keys: "arrowleft", group: "G", run },
    { id: "q", title: "Q", keys: "q", group: "G", run },
  );
  const slider = document.createElement("input");
  slider.type = "range";
  at(slider, key("ArrowLeft"));
  expect(run).not.toHaveBeenCalled();
  at(slider, key("q"));
  expect(run).toHaveBeenCalledTimes(1);
});

it("no key goes past an open dialog", () => {
  forget = register({ id: "a", title: "A", keys: "q", group: "G", run });
  const dialog = document.createElement("dialog");
  dialog.setAttribute("open", "");
  document.body.append(dialog);
  handleKey(key("q"));
  expect(run).not.toHaveBeenCalled();
});
