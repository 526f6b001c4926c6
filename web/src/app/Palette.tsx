/** Find a command by its name (Ctrl K), and the list of all keys (?). */

import { signal, useSignal } from "@preact/signals";
import { Dialog } from "../ui/dialog";
import { allCommands, type Command, commands, keyLabel } from "./commands";

export const paletteOpen = signal(false);
export const helpOpen = signal(false);

/** The commands whose title or group holds every word, in the order of the registry. */
export function matching(all: readonly Command[], words: string): Command[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  return all.filter((command) =>
    wanted.every((word) => `${command.group} ${command.title}`.toLowerCase().includes(word)),
  );
}

export function Palette() {
  return (
    <>
      {paletteOpen.value && <Finder />}
      {helpOpen.value && <Help />}
    </>
  );
}

function Finder() {
  const words = useSignal("");
  const at = useSignal(0);
  const found = matching(commands.value, words.value).slice(0, 60);
  const chosen = Math.min(at.value, found.length - 1);
  const close = () => (paletteOpen.value = false);
  const run = (command: Command | undefined) => {
    close();
    // After the dialog has closed, so that the command finds the page as it was.
    if (command) setTimeout(command.run);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") run(found[chosen]);
    else if (step) at.value = (chosen + step + found.length) % Math.max(found.length, 1);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Commands" class="palette" onClose={close}>
      <input
        type="text"
        role="combobox"
        list={undefined}
        aria-label="Find a command"
        aria-expanded="true"
        aria-controls="palette-found"
        aria-activedescendant={found.length ? `palette-${chosen}` : ""}
        placeholder="What to do?"
        value={words.value}
        onInput={(event) => {
          words.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={onKeyDown}
      />
      <ul id="palette-found" role="listbox" aria-label="Commands">
        {found.map((command, index) => (
          <li
            key={command.id}
            id={`palette-${index}`}
            role="option"
            aria-selected={index === chosen}
            onPointerMove={() => (at.value = index)}
            onClick={() => run(command)}
          >
            <span class="group">{command.group}</span>
            <span class="title">{command.title}</span>
            {command.keys && <kbd>{keyLabel(command.keys)}</kbd>}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function Help() {
  // A mode that this studio has not got has no key either.
  const withKeys = allCommands.value.filter(
    (command) => command.keys && (command.group !== "Modes" || (command.when?.() ?? true)),
  );
  const groups = [...new Set(withKeys.map((command) => command.group))];
  return (
    <Dialog title="Keys" class="help" onClose={() => (helpOpen.value = false)}>
      <h1>Keys</h1>
      <p class="hint">Drag to turn, drag with the right button to move, wheel to zoom.</p>
      <div class="groups">
        {groups.map((group) => (
          <section key={group}>
            <h2>{group}</h2>
            <dl>
              {withKeys
                .filter((command) => command.group === group)
                .map((command) => (
                  <div key={command.id}>
                    <dt>{command.title}</dt>
                    <dd>
                      <kbd>{keyLabel(command.keys!)}</kbd>
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
