/** Files that are dropped anywhere on the page, or picked. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { openFiles } from "./open";
import { tellError } from "./state";

const dragging = signal(false);

/** Ask for files; must be called from a click or a key. */
export function pickFiles(): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = true;
  input.onchange = () => void openFiles([...(input.files ?? [])]).catch(tellError);
  input.click();
}

export function Drop() {
  useEffect(() => {
    const over = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      dragging.value = true;
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) dragging.value = false;
    };
    const drop = (event: DragEvent) => {
      dragging.value = false;
      if (!event.dataTransfer?.files.length) return;
      event.preventDefault();
      void openFiles([...event.dataTransfer.files]).catch(tellError);
    };
    addEventListener("dragover", over);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", over);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return dragging.value ? <div class="dropping">Drop to open</div> : null;
}
