/** What was fetched last about a chosen row, for those who show parts of it. */

import { signal } from "@preact/signals";
import type { ReleaseFacts } from "./types";

export const shownRelease = signal<ReleaseFacts | null>(null);
