/** Under the stage: curves over time with a cursor, and what moves it. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { theme } from "../app/theme";
import { spokenOf } from "../fit/names";
import { tickLabel, ticks } from "../ui/chart";
import { Button, Choices, Select } from "../ui/controls";
import { duration, nearestFrame, pathOf, spreadLabels } from "./clock";
import { strokeOf } from "./palette";
import {
  at,
  curves,
  frame,
  goToFrame,
  kind,
  type Kind,
  loop,
  playing,
  sequence,
  setKind,
  shown,
  speed,
  SPEEDS,
  type Speed,
  step,
  togglePlaying,
} from "./state";

const LEFT = 44;
const RIGHT = 184;
const TOP = 8;
const FOOT = 18;
const LABEL = 13;

export function Bottom() {
  const found = sequence.value;
  if (!found) return null;
  return (
    <section class="timeline" aria-label="Timeline">
      <div class="transport">
        <Button icon="before" title="One frame back" keys="," onClick={() => step(-1)} />
        <Button
          icon={playing.value ? "pause" : "play"}
          title={playing.value ? "Pause" : "Play"}
          keys="space"
          onClick={togglePlaying}
        />
        <Button icon="after" title="One frame on" keys="." onClick={() => step(1)} />
        <Button icon="loop" title="Loop" pressed={loop.value} onClick={() => (loop.value = !loop.value)} />
        <Select<Speed>
          label="Speed"
          hidden
          value={speed.value}
          choices={SPEEDS.map((each) => ({ value: each, label: `${each} ×` }))}
          onChange={(value) => (speed.value = value)}
        />
        <Now />
        <span class="spring" />
        <Choices<Kind>
          label="Curves"
          value={kind.value}
          choices={[
            {
              value: "expression",
              label: "Expression",
              disabled: !found.expressions,
              title: found.expressions ? "" : "Fit the frames first",
            },
            { value: "landmark", label: "Landmarks" },
          ]}
          onChange={setKind}
        />
      </div>
      <Chart />
    </section>
  );
}

/** Which frame is shown; parts that change with each frame are components of their own, so that the others stay. */
function Now() {
  const { times } = sequence.value!;
  const seconds = times[frame.value]! - times[0]!;
  return (
    <output class="now">
      <b>{frame.value + 1}</b>
      {` of ${times.length}`}
      <span>{`${seconds.toFixed(2)} s`}</span>
    </output>
  );
}

/** The cursor for the keys, and for those who do not see it. */
function Scrub({ left, width }: { left: number; width: number }) {
  const { length } = sequence.value!.times;
  return (
    <input
      class="scrub"
      type="range"
      aria-label="Frame"
      aria-valuetext={`frame ${frame.value + 1} of ${length}`}
      min="0"
      max={length - 1}
      step="1"
      value={frame.value}
      style={{ left: `${left}px`, width: `${width}px` }}
      onInput={(event) => {
        playing.value = false;
        goToFrame(Number(event.currentTarget.value));
      }}
    />
  );
}

/** What a curve is called. */
export function curveLabel(name: string, of: Kind): string {
  if (of === "landmark") return name.replaceAll("_", " ");
  return spokenOf(name);
}

function Chart() {
  const box = useRef<HTMLDivElement>(null);
  const size = useSignal({ width: 800, height: 130 });
  useEffect(() => {
    const seen = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      if (width && height) size.value = { width, height };
    });
    seen.observe(box.current!);
    return () => seen.disconnect();
  }, []);
  const { width, height } = size.value;
  const { times } = sequence.value!;
  const span = Math.max(times.at(-1)! - times[0]!, 1e-9);
  const drawn = shown.value.flatMap((name) => curves.value.find((curve) => curve.name === name) ?? []);
  const most = Math.max(
    ...drawn.flatMap((curve) => curve.values.map((value) => value ?? 0)),
    kind.value === "expression" ? 0.25 : 1,
  );
  const floor = height - FOOT;
  const right = width - RIGHT;
  const x = (index: number) => LEFT + ((times[index]! - times[0]!) / span) * (right - LEFT);
  const y = (value: number) => floor - (value / most) * (floor - TOP);
  const rows = ticks(0, most, 3);
  const rowStep = rows.length > 1 ? rows[1]! - rows[0]! : 1;
  const columns = ticks(0, span, Math.max(2, Math.floor(width / 130)));
  const columnStep = columns.length > 1 ? columns[1]! - columns[0]! : 1;
  const scrub = (event: PointerEvent) => {
    const edge = box.current!.getBoundingClientRect().left;
    goToFrame(nearestFrame(times, ((event.clientX - edge - LEFT) / (right - LEFT)) * span));
  };
  return (
    <div class="chart" ref={box}>
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`${kind.value === "expression" ? "Weights of expressions" : "Displacement of landmarks from the first frame, mm"} over time: ${drawn.map((curve) => curveLabel(curve.name, kind.value)).join(", ")}`}
        onPointerDown={(event) => {
          playing.value = false;
          event.currentTarget.setPointerCapture(event.pointerId);
          scrub(event);
        }}
        onPointerMove={(event) => event.buttons & 1 && scrub(event)}
      >
        {rows.map((value) => (
          <g key={value}>
            <line class="grid" x1={LEFT} x2={right} y1={y(value)} y2={y(value)} />
            <text x={LEFT - 6} y={y(value) + 3.5} text-anchor="end">
              {tickLabel(value, rowStep)}
            </text>
          </g>
        ))}
        <text class="unit" x={4} y={TOP + 6}>
          {kind.value === "expression" ? "" : "mm"}
        </text>
        {columns.map((value) => (
          <text key={value} x={LEFT + (value / span) * (right - LEFT)} y={height - 3} text-anchor="middle">
            {`${tickLabel(value, columnStep)}${value === 0 ? " s" : ""}`}
          </text>
        ))}
        {times.length <= 200 &&
          times.map((_, index) => (
            <line key={index} class="frame" x1={x(index)} x2={x(index)} y1={floor} y2={floor + 3} />
          ))}
        {drawn.map((curve, row) => {
          const { color, dash } = strokeOf(row, theme.value);
          return (
            <path
              key={curve.name}
              d={pathOf(curve.values, x, y)}
              fill="none"
              stroke={color}
              stroke-width="1.8"
              stroke-dasharray={dash}
              stroke-linejoin="round"
            />
          );
        })}
        <Cursor x={x} y={y} floor={floor} drawn={drawn} right={right} />
        {!drawn.length && (
          <text x={(LEFT + right) / 2} y={floor / 2} text-anchor="middle">
            Choose curves in the panel.
          </text>
        )}
      </svg>
      <Scrub left={LEFT} width={Math.max(right - LEFT, 0)} />
    </div>
  );
}

interface CursorProps {
  x: (index: number) => number;
  y: (value: number) => number;
  floor: number;
  right: number;
  drawn: readonly { name: string; values: readonly (number | null)[] }[];
}

/** The line at the frame that is shown, with the curves' values there beside it. */
function Cursor({ x, y, floor, right, drawn }: CursorProps) {
  const index = frame.value;
  const values = drawn.map((curve) => curve.values[index] ?? null);
  const heights = spreadLabels(
    values.map((value) => (value === null ? floor : y(value)) + 4),
    LABEL,
    floor + 4,
  );
  const { times } = sequence.value!;
  // While it plays, the line goes on between frames.
  const span = Math.max(times.at(-1)! - times[0]!, 1e-9);
  const place = playing.value ? Math.min(LEFT + (at.value / span) * (right - LEFT), right) : x(index);
  return (
    <g class="cursor">
      <line x1={place} x2={place} y1={0} y2={floor + 4} />
      {drawn.map((curve, row) => {
        const { color, dash } = strokeOf(row, theme.value);
        const value = values[row]!;
        return (
          <g key={curve.name}>
            {value !== null && <circle cx={x(index)} cy={y(value)} r="3.2" fill={color} />}
            <line
              class="swatch"
              x1={right + 10}
              x2={right + 28}
              y1={heights[row]! - 4}
              y2={heights[row]! - 4}
              stroke={color}
              stroke-width="2"
              stroke-dasharray={dash}
            />
            <text class="label" x={right + 33} y={heights[row]!}>
              {curveLabel(curve.name, kind.value)}
            </text>
            <text class="value" x={right + RIGHT - 6} y={heights[row]!} text-anchor="end">
              {value === null ? "–" : value.toFixed(kind.value === "expression" ? 2 : 1)}
            </text>
          </g>
        );
      })}
    </g>
  );
}

/** How long it takes, as people say it. */
export function told(times: readonly number[]): string {
  const whole = duration(times);
  return whole < 10 ? `${whole.toFixed(2)} s` : `${whole.toFixed(1)} s`;
}
