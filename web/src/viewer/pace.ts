/** How much is drawn while the view moves, so that it moves smoothly on a machine without a graphics card too. */

/** Frames slower than this are too slow, ms. */
const SLOW = 28;
/** Somebody has paused between two frames that are further apart, ms. */
const PAUSE = 1200;
const LEAST_RATIO = 0.5;
/** Triangles of each level of detail; the first draws them all. */
export const LEVELS = [Infinity, 40_000, 6_000] as const;

const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;
let drawsInSoftware: boolean | null = null;

/** Whether this browser draws without a graphics card. */
export function isSoftware(): boolean {
  return (drawsInSoftware ??= SOFTWARE.test(rendererName()));
}

/** What draws, in the browser's words; empty where it does not tell. */
function rendererName(): string {
  const context = document.createElement("canvas").getContext("webgl2");
  const known = context?.getExtension("WEBGL_debug_renderer_info");
  const name = known ? String(context!.getParameter(known.UNMASKED_RENDERER_WEBGL)) : "";
  context?.getExtension("WEBGL_lose_context")?.loseContext();
  return name;
}

export class Pace {
  /** Which of LEVELS is drawn. */
  level = 0;
  /** Pixels that are drawn for each of the page's. */
  ratio: number;
  private slow = 0;

  /** Pixels for each of the page's in a view that rests. */
  readonly still: number;

  /**
   * @param software Whether the processor draws: that does not have to be tried out, and it smooths no edges.
   * @param most Pixels of the screen for each of the page's.
   */
  constructor(software: boolean, most: number) {
    this.level = software ? LEVELS.length - 1 : 0;
    this.ratio = most;
    this.still = software ? 2 * most : most;
  }

  /** Take note of the time from one frame to the next: fewer triangles first, then fewer pixels. */
  took(elapsed: number, most: number): void {
    if (elapsed > PAUSE) return;
    if (elapsed < SLOW) {
      this.slow = 0;
      if (elapsed < SLOW / 1.5) this.ratio = Math.min(this.ratio * 1.05, most);
      return;
    }
    // One slow frame may have many reasons.
    if (++this.slow < 2) return;
    this.slow = 0;
    if (this.level < LEVELS.length - 1) this.level++;
    else this.ratio = Math.max(this.ratio * 0.85, LEAST_RATIO * most);
  }
}
