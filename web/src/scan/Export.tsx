/** Files to take along. */

import { useSignal } from "@preact/signals";
import { countAsSaved } from "../landmarks/correcting";
import { SET_TITLES, shownLandmarks } from "../landmarks/store";
import { bytes } from "../api/client";
import { active, tellError } from "../app/state";
import { Button, Select } from "../ui/controls";
import { Section } from "../ui/panel";
import { download, savePicture } from "../viewer/picture";

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
  // Fetched first, since a format may refuse: .fcsv is in mm, and has no missing points.
  const take = async () => {
    if (!landmarks) return;
    const data = await bytes(`/api/scans/${landmarks.scan}/landmarks/${landmarks.set}/export?format=${format.value}`);
    const stem = scan.info.name.replace(/\.[^.]+$/, "");
    download(new Blob([data]), `${stem}.${landmarks.set}.${format.value}`);
    if (!scan.info.can_save) countAsSaved();
  };
  return (
    <Section title="Export">
      {landmarks && (
        <div class="export">
          <Select
            label={`${SET_TITLES[landmarks.set]} landmarks`}
            value={format.value}
            choices={FORMATS}
            onChange={(value) => (format.value = value)}
          />
          <Button icon="download" title="Download the landmarks" onClick={() => void take().catch(tellError)} />
        </div>
      )}
      <Button icon="picture" keys="mod+shift+s" title="What the stage shows, with a scale bar" onClick={savePicture}>
        Picture, PNG
      </Button>
    </Section>
  );
}
