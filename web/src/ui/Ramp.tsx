/** Legends of heat maps, and histograms in the same colours. */

import { useSignal } from "@preact/signals";
import { type Kind, colorAt, cssGradient } from "../viewer/colormap";
import { bins, type Spread, tickLabel, ticks } from "./chart";
import "./ramp.css";

export interface RampProps {
  title: string;
  kind: Kind;
  low: number;
  high: number;
  /** Words in the place of numbers at both ends. */
  ends?: readonly [string, string];
}

/** What the colours mean, over the stage. */
export function Ramp({ title, kind, low, high, ends }: RampProps) {
  const marks = ticks(low, high, 5);
  const step = marks.length > 1 ? marks[1]! - marks[0]! : 1;
  return (
    <figure class="ramp-legend">
      <figcaption>{title}</figcaption>
      <div class="ramp" style={{ background: cssGradient(kind) }} />
      {ends ? (
        <div class="ends">
          <span>{ends[0]}</span>
          <span>{ends[1]}</span>
        </div>
      ) : (
        <div class="marks">
          {marks.map((mark) => (
            <span key={mark} style={{ left: `${((mark - low) / (high - low)) * 100}%` }}>
              {`${low < 0 && mark > 0 ? "+" : ""}${tickLabel(mark, step)}`}
            </span>
          ))}
        </div>
      )}
    </figure>
  );
}

/** The legend into a picture, in pixels of the page. */
export function paintRamp(
  context: CanvasRenderingContext2D,
  x: number,
  y: number,
  color: string,
  { title, kind, low, high, ends }: RampProps,
): void {
  const width = 190;
  context.fillStyle = color;
  context.font = "12px system-ui, sans-serif";
  context.textAlign = "left";
  context.fillText(title, x, y + 11);
  for (let i = 0; i < width; i++) {
    context.fillStyle = `rgb(${colorAt(kind, i / (width - 1)).join(" ")})`;
    context.fillRect(x + i, y + 18, 1.5, 9);
  }
  context.fillStyle = color;
  const marks = ticks(low, high, 5);
  const step = marks.length > 1 ? marks[1]! - marks[0]! : 1;
  context.textAlign = "center";
  if (!ends)
    for (const mark of marks)
      context.fillText(
        `${low < 0 && mark > 0 ? "+" : ""}${tickLabel(mark, step)}`,
        x + ((mark - low) / (high - low)) * width,
        y + 41,
      );
  else {
    context.textAlign = "left";
    context.fillText(ends[0], x, y + 41);
    context.textAlign = "right";
    context.fillText(ends[1], x + width, y + 41);
  }
}

const WIDTH = 300;
const HEIGHT = 92;
const FOOT = 16;

/** How many places of the surface lie how far off, in the colours of the map. */
export function Histogram({
  values,
  spread,
  range,
  label,
}: {
  values: Float32Array;
  spread: Spread;
  range: number;
  label: string;
}) {
  const at = useSignal<number | null>(null);
  const found = bins(values, -range, range, 61);
  const most = Math.max(...found.counts, 1);
  const place = (mm: number) => ((mm + range) / (2 * range)) * WIDTH;
  const marks = ticks(-range, range, 6);
  const step = marks.length > 1 ? marks[1]! - marks[0]! : 1;
  const width = WIDTH / found.counts.length;
  const tall = HEIGHT - FOOT;
  const told = at.value === null ? null : found.counts[at.value]!;
  const lowOf = (bin: number) => -range + (bin * 2 * range) / found.counts.length;
  return (
    <div class="histogram">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        role="img"
        aria-label={`${label}: median ${spread.median.toFixed(2)} mm, 95 % within ${spread.p95.toFixed(2)} mm`}
        onPointerMove={(event) => {
          const box = event.currentTarget.getBoundingClientRect();
          at.value = Math.min(
            Math.max(Math.floor(((event.clientX - box.left) / box.width) * found.counts.length), 0),
            found.counts.length - 1,
          );
        }}
        onPointerLeave={() => (at.value = null)}
      >
        <rect
          class="within"
          x={place(-spread.p95)}
          y={0}
          width={Math.max(place(spread.p95) - place(-spread.p95), 0)}
          height={tall}
        />
        {found.counts.map((count, bin) => {
          const height = (count / most) * (tall - 6);
          const rgb = colorAt("diverging", (bin + 0.5) / found.counts.length);
          return (
            <g key={bin} class={bin === at.value ? "at" : ""}>
              <rect
                class="edge"
                x={bin * width}
                y={tall - height - (count ? 0.8 : 0)}
                width={width}
                height={height + (count ? 0.8 : 0)}
              />
              <rect
                x={bin * width + 0.3}
                y={tall - height}
                width={width - 0.6}
                height={height}
                fill={`rgb(${rgb.map(Math.round).join(" ")})`}
              />
            </g>
          );
        })}
        {[-1, 1].map((side) => (
          <g key={side}>
            <line class="median" x1={place(side * spread.median)} x2={place(side * spread.median)} y1={0} y2={tall} />
            {spread.p95 < range && (
              <line class="p95" x1={place(side * spread.p95)} x2={place(side * spread.p95)} y1={0} y2={tall} />
            )}
          </g>
        ))}
        <line class="axis" x1={0} x2={WIDTH} y1={tall} y2={tall} />
        {marks.map((mark) => (
          <text key={mark} x={Math.min(Math.max(place(mark), 10), WIDTH - 10)} y={HEIGHT - 4} text-anchor="middle">
            {tickLabel(mark, step)}
          </text>
        ))}
      </svg>
      <p class="keys">
        {told === null ? (
          <>
            <span class="line solid" /> median {spread.median.toFixed(2)} mm
            <span class="line dashed" /> 95 % within {spread.p95.toFixed(2)} mm
          </>
        ) : (
          `${tickLabel(lowOf(at.value!), 0.01)} to ${tickLabel(lowOf(at.value! + 1), 0.01)} mm: ${((100 * told) / Math.max(found.known, 1)).toFixed(1)} %`
        )}
      </p>
    </div>
  );
}
