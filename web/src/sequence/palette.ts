/** Strokes of curves and trails: Okabe and Ito's colours, each with a dash of its own, so that colour is not needed. */

import type { Theme } from "../app/theme";

export interface Stroke {
  readonly color: string;
  readonly dash: string;
}

const COLORS: Record<Theme, readonly string[]> = {
  dark: ["#56b4e9", "#e69f00", "#2bbd8e", "#f0e442", "#dd8fbd", "#f07a3c", "#c9d2db", "#8f9cf0"],
  light: ["#0072b2", "#b36b00", "#007a58", "#857600", "#a3467f", "#c14a00", "#3b4650", "#4a52c8"],
};
const DASHES = ["", "7 3", "2 3", "9 3 2 3", "", "7 3", "2 3", "9 3 2 3"];

export function strokeOf(row: number, theme: Theme): Stroke {
  const colors = COLORS[theme];
  return { color: colors[row % colors.length]!, dash: DASHES[row % DASHES.length]! };
}
