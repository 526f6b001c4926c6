/** A bar of a round length, for the page and for pictures. */

export interface Bar {
  readonly mm: number;
  readonly pixels: number;
}

/** The longest bar of 1, 2 or 5 times a power of ten that is at most `most` pixels long. */
export function scaleBar(pixelsPerMm: number, most: number): Bar {
  const limit = most / pixelsPerMm;
  const power = 10 ** Math.floor(Math.log10(limit));
  const mm = [5, 2, 1].map((step) => step * power).find((length) => length <= limit) ?? power;
  return { mm, pixels: mm * pixelsPerMm };
}

/** Its length as people write it. */
export function barLabel(mm: number): string {
  return mm >= 1000 ? `${mm / 1000} m` : mm >= 1 ? `${mm} mm` : `${Math.round(mm * 1000)} µm`;
}
