"""SIAT-3DFE: `<sex>/<subject>/<expression>/model.cie` with textures, pictures, masks, calibrations and uniform meshes.

Ye, Song, Guo, Qiao: *SIAT-3DFE: A High-Resolution 3D Facial Expression Dataset*, IEEE Access 8, 2020. Layout after the
sample in github.com/CIESIAT/SIAT-3DFE (commit a569c4f, `dataset/female/0`) and github.com/PETMR/220913_SIAT
(`readData.py`): `model.cie` and `model.jpg`, `texture/<camera>.bmp` or `.jpg`, `mask/<camera>.png`,
`Calibration_Param/*.txt`, `MTL_File/model.mtl`, `uniform mesh/registrate2Template<n>.obj`. Subjects are numbered
within their sex, so `female-0` and `male-0` are two people. Expressions are numbers, from 0 to 15, whose names are not
published. Assumed, since it is not said: that the pictures in `texture` are those of the cameras that the masks and
calibrations are of. Which calibration is which camera's is not said either. The unit is not stated.
"""

from __future__ import annotations

import re

from lineament.database.importers.layout import Layout, has
from lineament.database.importers.listing import Listing, Part, gather, label, left_over, natural
from lineament.database.records import Manifest, ScanRecord, SubjectRecord

_SCAN = "(?P<sex>female|male)/(?P<subject>[^/]+)/(?P<expression>[^/]+)"
PARTS = (
    Part(rf"{_SCAN}/[^/]+\.cie", "geometry"),
    Part(rf"{_SCAN}/uniform mesh/[^/]*?(?P<index>[1-9])\.obj", "geometry", meta={"mesh": "registered to a template"}),
    Part(rf"{_SCAN}/model\.(jpe?g|bmp|png)", "texture"),
    Part(rf"{_SCAN}/texture/(?P<index>[0-9]{{1,2}})\.(jpe?g|bmp|png)", "view"),
    Part(rf"{_SCAN}/mask/(?P<index>[0-9]{{1,2}})\.(png|bmp)", "mask"),
    Part(rf"{_SCAN}/Calibration_Param/[^/]+\.txt", "calibration", index=None),
    Part(rf"{_SCAN}/MTL_File/[^/]+\.mtl", "material", index=None),
)


def _key(match: re.Match[str]) -> tuple[str, str, str]:
    return match["sex"].lower(), label(match["subject"]), label(match["expression"])


def read(listing: Listing) -> Manifest:
    """List the scans of a folder."""
    found = gather(listing, PARTS, _key, ("geometry",))
    keys = sorted(found.scans, key=lambda key: [natural(text) for text in key])
    people = {f"{sex}-{subject}": sex for sex, subject, _ in keys}
    scans = tuple(
        ScanRecord(
            f"{sex}-{subject}", found.scans[sex, subject, expression], expression=expression, protocol="siat3dfe"
        )
        for sex, subject, expression in keys
    )
    subjects = tuple(SubjectRecord(who, sex) for who, sex in people.items())
    return Manifest("siat3dfe", subjects, scans, (*listing.notes, *left_over(found.rest)))


SIAT3DFE = Layout("siat3dfe", "<sex>/<subject>/<expression>/model.cie", has(rf"{_SCAN}/[^/]+\.cie"), read)
