"""Small files as other programs write them."""

from __future__ import annotations

from pathlib import Path

from lineament.io.landmarks import read_landmarks
from lineament.types import Landmarks


def read(tmp_path: Path, name: str, text: str | bytes) -> Landmarks:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    return read_landmarks(path)


MRK_JSON = """{
    "@schema": "https://raw.githubusercontent.com/slicer/slicer/master/Modules/Loadable/Markups/Resources/Schema/markups-schema-v1.0.0.json#",
    "markups": [
        {
            "type": "Fiducial",
            "coordinateSystem": "RAS",
            "locked": false,
            "labelFormat": "%N-%d",
            "controlPoints": [
                {
                    "id": "1",
                    "label": "F-1",
                    "description": "Semi",
                    "associatedNodeID": "vtkMRMLScalarVolumeNode1",
                    "position": [-53.388409961685827, -73.33572796934868, 0.5],
                    "orientation": [-1.0, -0.0, -0.0, -0.0, -1.0, -0.0, 0.0, 0.0, 1.0],
                    "selected": true,
                    "locked": false,
                    "visibility": false,
                    "positionStatus": "defined"
                },
                {"id": "2", "label": "F-2", "description": "", "position": "", "positionStatus": "undefined"},
                {"id": "3", "label": "F-3", "position": [0.0, 0.0, 0.0], "positionStatus": "undefined"},
                {"id": "4", "label": "", "position": [1, 2, 3]}
            ],
            "measurements": [],
            "display": {"visibility": true, "opacity": 1.0}
        }
    ]
}
"""


FCSV_LPS = """# Markups fiducial file version = 4.13
# CoordinateSystem = LPS
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
1,1.5,-2.25,99.125,0,0,0,1,1,1,0,pronasale,,
2,-4,5,6,0,0,0,1,1,1,0,"left ""inner"", eye",Semi,vtkMRMLModelNode5,2,0
"""


FCSV_RAS = """# Markups fiducial file version = 4.10
# CoordinateSystem = 0
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
vtkMRMLMarkupsFiducialNode_0,1.5,-2.25,99.125,0.000,0.000,0.000,1.000,1,1,0,F-1,,vtkMRMLModelNode4
"""


FCSV_SLICER_3 = """# Fiducial List file /tmp/L.fcsv
# version = 2
# name = L
# numPoints = 2
# symbolScale = 5
# visibility = 1
# color = 0.4,1,1
# columns = label,x,y,z,sel,vis
L-P,1.5,-2.25,99.125,1,1
L-P001,4,5,6,1,1
"""


PP = """<!DOCTYPE PickedPoints>
<PickedPoints>
 <DocumentData>
  <DateTime date="2026-01-01" time="00:00:00"/>
  <User name="somebody"/>
  <DataFileName name="a.ply"/>
  <templateName name=""/>
  <point x="9" y="9" z="9" name="not a child of the root"/>
 </DocumentData>
 <point x="1.5" y="-2.25" z="99.125" active="1" name="pronasale"/>
 <point active="0" y="0" x="0" z="0" name="a &lt;b&gt; &quot;c&quot; &amp; d"/>
 <point z="3e1" name="2" x="1" y="2"/>
 <point x="1" y="2" z="3" active="1" name=""/>
</PickedPoints>
"""


TPS = """LM3=4
1.500000 -2.250000 99.125000
-44.100000\t30.200000 60.300000
  44.2 30.1 60.4
NA NA NA
ID=s001

LM3=2
1 2 3
-4 -5 -6
CURVES=1
POINTS3=2
7 8 9
10 11 12
IMAGE=head 2.jpg
ID=s002
SCALE=0.5
COMMENT=x = y
VARIABLES=SEX=F
LM3=1
1 2 3
"""


LJSON_3 = """{"version": 3, "groups": {"LJSON": {
  "landmarks": {"points": [[1.5, -2.25, 99.1], [null, null, null], [4, 5, 6], [7, 8, 9]], "connectivity": [[0, 1]]},
  "labels": [{"label": "all", "mask": [0, 1, 2]}, {"label": "nose", "mask": [0]}]}}}"""


LJSON_2 = """{"version": 2, "landmarks": {"points": [[10.5, 20.5], [null, null]], "connectivity": [[0, 1]]},
  "labels": [{"label": "brow", "mask": [0, 1]}]}"""


LJSON_1 = """{"version": 1, "groups": [
  {"label": "eye", "connectivity": [[0, 1]], "landmarks": [{"point": [1, 2, 3]}, {"point": [4, 5, 6]}]},
  {"label": "nose tip", "connectivity": [], "landmarks": [{"point": [7, 8, 9]}]}]}"""


SLICER_LPS = """label,l,p,s,defined,selected,visible,locked,description
F-1,1.5,-2.25,99.125,1,1,0,0,Semi
F-2,0,0,0,0,1,1,0,
"""


LM3 = """# Bosphorus, a comment
22 Landmarks
Outer left eyebrow
60.5 40.25 30
Nose tip
1 2 3
""".replace("22", "2")


BND = "".join(f"{i * 7}\t\t{i}.5 {-i} 1e2 \n" for i in range(83))


PTS_IDAV = "Version 1.0\n3\nS0000 1.5 -2.25 99.125\nS0001 9999 9999 9999\nS0002 9999.0 1 2\n\n"


PTS_IBUG = "version: 1\nn_points:  2\n{\n446.000 91.5\n449.459717 119.344\n}\n"


LINEAMENT_JSON = """{"schema": "lineament-landmarks/1", "frame": "scan", "unit": "mm", "protocol": "ibug68",
 "scan_sha256": "00", "producer": {"name": "lineament", "version": "0.1.0"}, "points": [
 {"name": "a", "xyz": [1, 2, 3], "status": "observed", "sigma_mm": 0.5, "face": 7, "bary": [1, 0, 0]},
 {"name": "b", "xyz": [4, 5, 6], "status": "occluded", "sigma_mm": null},
 {"name": "c", "xyz": null, "status": "missing"}]}"""

EXAMPLES: dict[str, str] = {
    "own.json": LINEAMENT_JSON,
    "slicer.mrk.json": MRK_JSON,
    "lps.fcsv": FCSV_LPS,
    "ras.fcsv": FCSV_RAS,
    "slicer3.fcsv": FCSV_SLICER_3,
    "own.csv": '# unit=mm frame=scan set=ibug68\nname,x,y,z,sigma_mm,visible\n"a,b",1.0,2.0,3.1,0.5,1\nc,,,,,0\n',
    "slicer.csv": SLICER_LPS,
    "loose.txt": "nose 1 2 3\nchin 4 5 6\n",
    "meshlab.pp": PP,
    "study.tps": TPS,
    "v3.ljson": LJSON_3,
    "v2.ljson": LJSON_2,
    "v1.ljson": LJSON_1,
    "bosphorus.lm3": LM3,
    "bu3dfe.bnd": BND,
    "idav.pts": PTS_IDAV,
    "ibug.pts": PTS_IBUG,
}
