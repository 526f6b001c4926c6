/** Fit: the registered face over the scan, how far they differ, and the face moved by its rig. */

import { useEffect } from "preact/hooks";
import { register } from "../app/commands";
import { active, tellError, viewer } from "../app/state";
import { Button, Choices, Slider, Switch } from "../ui/controls";
import { Histogram, paintRamp, Ramp, type RampProps } from "../ui/Ramp";
import { Empty, Facts, Progress, Section } from "../ui/panel";
import { addPainter, ink } from "../viewer/picture";
import { Expressions, Identity } from "./Sliders";
import "./fit.css";
import {
  chosenRange,
  fade,
  fitActive,
  type FitLook,
  fitFailure,
  fitJob,
  fitLook,
  fitted,
  forgetClosed,
  loadFit,
  range,
  type ScanLook,
  scanLook,
  setExpressions,
  wireframe,
} from "./state";

export function Panel() {
  useKeys();
  const scan = active.value?.info;
  if (!scan) return <Empty>Open a scan, then fit the face model to it.</Empty>;
  const found = fitted.value;
  if (!found) return <Start />;
  return (
    <>
      <Section
        title="Fit"
        aside={fitJob.value ? null : <Button onClick={() => void fitActive().catch(tellError)}>Fit again</Button>}
      >
        {fitJob.value && <Progress job={fitJob.value} />}
        <Facts
          rows={[
            ["Measured", `${Math.round(100 * found.info.measured)} % of the face`],
            ["Median", `${mm(found.info.median)} off the scan`],
            ["95 % within", mm(found.info.p95)],
            ["Vertices", found.info.vertices.toLocaleString("en")],
          ]}
        />
        <Downloads id={scan.id} />
      </Section>
      <Section title="View">
        <div class="fade">
          <button type="button" aria-pressed={fade.value === 0} onClick={() => (fade.value = 0)}>
            Scan
          </button>
          <input
            type="range"
            min="0"
            max="1"
            step="0.01"
            aria-label="Fade from the scan to the fit"
            value={fade.value}
            onInput={(event) => (fade.value = Number(event.currentTarget.value))}
            onDblClick={() => (fade.value = 0.5)}
          />
          <button type="button" aria-pressed={fade.value === 1} onClick={() => (fade.value = 1)}>
            Fit
          </button>
        </div>
        <Choices<ScanLook>
          label="The scan shows"
          value={scanLook.value}
          choices={[
            { value: "own", label: "Scan as it is" },
            { value: "deviation", label: "Deviation", disabled: !found.deviation },
          ]}
          onChange={(look) => (scanLook.value = look)}
        />
        <Choices<FitLook>
          label="The fit shows"
          value={fitLook.value}
          choices={[
            { value: "plain", label: "Fit plain" },
            { value: "confidence", label: "Confidence", disabled: !found.rig.confidence },
          ]}
          onChange={(look) => (fitLook.value = look)}
        />
        <Switch label="Wireframe of the fit" keys="w" on={wireframe.value} onChange={(on) => (wireframe.value = on)} />
      </Section>
      {found.deviation && found.spread && (
        <Section title="Deviation" aside="scan less fit, mm">
          <Histogram values={found.deviation} spread={found.spread} range={range.value} label="Scan less fit" />
          <Slider
            label="Colours to"
            min={0.25}
            max={10}
            step={0.25}
            value={range.value}
            told={`± ${range.value.toFixed(2)}`}
            onInput={(mm) => (chosenRange.value = mm)}
          />
          {chosenRange.value !== null && (
            <div class="buttons">
              <Button onClick={() => (chosenRange.value = null)}>{`As the data: ± ${found.spread.range} mm`}</Button>
            </div>
          )}
        </Section>
      )}
      <Expressions of={found} />
      <Identity of={found} />
    </>
  );
}

const mm = (length: number | null): string => (length === null ? "not known" : `${length.toFixed(2)} mm`);

function Start() {
  const { info, noFace } = active.value!;
  useEffect(() => {
    if (info.stages.fit) void loadFit(info.id).catch(tellError);
  }, [info.id, info.stages.fit]);
  const job = fitJob.value;
  return (
    <Section title="Fit">
      <p class="hint">
        Lays the face model onto the scan: everyone's face in the same vertices, with 52 expressions that bear ARKit's
        names.
      </p>
      {noFace && <p class="wrong">{noFace}</p>}
      {fitFailure.value && (
        <p class="wrong" role="alert">
          {fitFailure.value}
        </p>
      )}
      {job ? (
        <Progress job={job} />
      ) : (
        <div class="buttons">
          <Button
            primary
            icon="fit"
            disabled={!info.stages.landmarks}
            keys="g"
            title="Fit the face"
            onClick={() => void fitActive().catch(tellError)}
          >
            {info.stages.fit ? "Loading …" : "Fit the face"}
          </Button>
        </div>
      )}
    </Section>
  );
}

const FORMATS = [
  ["glb", "GLB", "Rig in metres with its 52 targets, uv and landmarks"],
  ["obj", "OBJ", "The mesh as fitted, mm, with uv and normals"],
  ["ply", "PLY", "The mesh as fitted, mm"],
  ["npz", "NPZ", "Vertices, identity, expression, confidence, pose: for lineament and Python"],
] as const;

function Downloads({ id }: { id: string }) {
  return (
    <div class="downloads" role="group" aria-label="Download">
      {FORMATS.map(([format, label, title]) => (
        <a key={format} class="button" href={`/api/scans/${id}/fit/download?format=${format}`} download title={title}>
          {label}
        </a>
      ))}
    </div>
  );
}

function useKeys(): void {
  useEffect(
    () =>
      register(
        {
          id: "fit-run",
          title: "Fit the face",
          keys: "g",
          group: "Fit",
          run: () => void fitActive().catch(tellError),
          when: () => active.value?.info.stages.landmarks === true,
        },
        {
          id: "fit-flip",
          title: "Flip between scan and fit",
          keys: "x",
          group: "Fit",
          run: () => (fade.value = fade.value < 0.5 ? 1 : 0),
          when: hasFit,
        },
        {
          id: "fit-both",
          title: "Scan and fit together",
          keys: "shift+x",
          group: "Fit",
          run: () => (fade.value = 0.5),
          when: hasFit,
        },
        {
          id: "fit-deviation",
          title: "Deviation map",
          keys: "d",
          group: "Fit",
          run: () => (scanLook.value = scanLook.value === "own" ? "deviation" : "own"),
          when: hasFit,
        },
        {
          id: "fit-confidence",
          title: "Confidence",
          keys: "c",
          group: "Fit",
          run: () => (fitLook.value = fitLook.value === "plain" ? "confidence" : "plain"),
          when: hasFit,
        },
        {
          id: "fit-wireframe",
          title: "Wireframe of the fit",
          keys: "w",
          group: "Fit",
          run: () => (wireframe.value = !wireframe.value),
          when: hasFit,
        },
        {
          id: "fit-neutral",
          title: "Neutral expression",
          keys: "n",
          group: "Fit",
          run: () => setExpressions(fitted.value!, 0),
          when: hasFit,
        },
        {
          id: "fit-person",
          title: "This person's expression",
          keys: "p",
          group: "Fit",
          run: () => setExpressions(fitted.value!, null),
          when: hasFit,
        },
      ),
    [],
  );
}

const hasFit = (): boolean => fitted.value !== null;

/** The legends that the stage needs now. */
function legends(): RampProps[] {
  const found = fitted.value;
  const shown: RampProps[] = [];
  if (found?.deviation && scanLook.value === "deviation" && fade.value < 1)
    shown.push({ title: "Scan less fit, mm", kind: "diverging", low: -range.value, high: range.value });
  if (found?.rig.confidence && fitLook.value === "confidence" && fade.value > 0)
    shown.push({
      title: "Confidence of the fit",
      kind: "sequential",
      low: 0,
      high: 1,
      ends: ["measured", "completed"],
    });
  return shown;
}

export function Overlay() {
  useStage();
  useEffect(
    () =>
      addPainter((context) => legends().forEach((legend, row) => paintRamp(context, 20, 16 + 56 * row, ink(), legend))),
    [],
  );
  const found = fitted.value;
  return (
    <div class="stage-corner">
      {legends().map((legend) => (
        <Ramp key={legend.title} {...legend} />
      ))}
      {found?.posed.value && fade.value > 0 && <span class="badge warn">moved: no longer as fitted</span>}
    </div>
  );
}

/** Put the fit beside the scan and let both look as they were asked to. */
function useStage(): void {
  const stage = viewer.value;
  const found = fitted.value;
  const scan = active.value?.surface ?? null;
  const share = fade.value;
  useEffect(forgetClosed);
  useEffect(() => {
    if (!stage || !found) return;
    stage.add(found.surface);
    return () => stage.remove(found.surface);
  }, [stage, found]);
  useEffect(() => {
    if (!scan || !stage) return;
    if (found?.deviation && scanLook.value === "deviation")
      scan.setValues(found.deviation, -range.value, range.value, "diverging");
    else scan.setLook(scan.naturalLook);
    stage.invalidate();
  }, [stage, scan, found, scanLook.value, range.value]);
  useEffect(() => {
    if (!scan || !stage) return;
    // The fit lies over the scan, whichever is in front: they differ by less than the eye can order.
    scan.setOpacity(found && share === 1 ? 0 : 1);
    found?.surface.setOpacity(share, share < 1);
    found?.surface.setLook(fitLook.value === "confidence" && found.rig.confidence ? "values" : "clay");
    found?.surface.setWireframe(wireframe.value);
    stage.invalidate();
  }, [stage, scan, found, share, fitLook.value, wireframe.value]);
  useEffect(
    () => () => {
      scan?.setOpacity(1);
      scan?.setLook(scan.naturalLook);
    },
    [scan],
  );
}
