import { tell } from "../app/state";

/** Put text on the clipboard. */
export async function copyText(text: string): Promise<void> {
  if (!navigator.clipboard)
    throw new Error("the browser does not allow copying on this page; download the table instead");
  await navigator.clipboard.writeText(text);
  tell("Copied");
}
