/** Files to take along. */

import { useSignal } from "@preact/signals";
import { countAsSaved } from "../landmarks/correcting";
import { SET_TITLES, type SetName, shownLandmarks } from "../landmarks/store";
import { active } from "../app/state";
import { Button, Select } from "../ui/controls";
import { Section } from "../ui/panel";
import { savePicture } from "../viewer/picture";

const FORMATS = [
  { value: "mrk.json", label: "3D Slicer markups (.mrk.json)" },
  { value: "fcsv", label: "3D Slicer fiducials (.fcsv)" },
  { value: "json", label: "Lineament (.json)" },
  { value: "csv", label: "Table (.csv)" },
  { value: "pp", label: "MeshLab picked points (.pp)" },
  { value: "tps", label: "Geomorph, tps (.tps)" },
  { value: "ljson", label: "Menpo (.ljson)" },
] as const;
type Format = (typeof FORMATS)[number]["value"];

export function ExportSection() {
  const format = useSignal<Format>("mrk.json");
  const landmarks = shownLandmarks.value;
  const scan = active.value;
  if (!scan) return null;
  const take = () => {
    if (!landmarks) return;
    const link = document.createElement("a");
    link.href = `/api/scans/${landmarks.scan}/landmarks/${landmarks.set}/export?format=${format.value}`;
    link.download = "";
    link.click();
    if (!scan.info.can_save) countAsSaved();
  };
  return (
    <Section title="Export">
      {landmarks && (
        <div class="export">
          <Select label={`${SET_TITLES[landmarks.set as SetName]} landmarks`} value={format.value} choices={FORMATS} onChange={(value) => (format.value = value)} />
          <Button icon="download" title="Download the landmarks" onClick={take} />
        </div>
      )}
      <Button icon="picture" keys="mod+shift+s" title="What the stage shows, with a scale bar" onClick={savePicture}>
        Picture, PNG
      </Button>
    </Section>
  );
}
