/** Colours of the sides, as the theme has them: Okabe and Ito's, like the library's pictures. */

import { computed } from "@preact/signals";
import { Color } from "three";
import { theme } from "../app/theme";
import type { Side } from "./marks";

export const SIDES: readonly Side[] = ["left", "middle", "right"];
export const SIDE_TITLES: Record<Side, string> = { left: "left", middle: "midline", right: "right" };

/** CSS colours; read anew when the theme changes. */
export const sideColours = computed<Record<Side, string>>(() => {
  theme.value;
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(SIDES.map((side) => [side, style.getPropertyValue(`--${side}`).trim()])) as Record<
    Side,
    string
  >;
});

/** As numbers of a shader that writes sRGB. */
export function srgb(css: string): Color {
  return new Color().setStyle(css, "");
}
