"""BU-3DFE: `F0001/F0001_AN01WH_F3D.wrl`: sex and number, expression, intensity and origin, and the kind of file.

Yin, Wei, Sun, Wang, Rosato: *A 3D Facial Expression Database For Facial Behavior Research*, FG 2006. `F3D` is the
face, cropped, with its texture and the 83 landmarks in `.bnd`; `RAW` is the scan with its pose in `.pse`; `F2D` is a
picture. Codes after public scripts that read the database; that they stand for the origins and expressions that the
paper lists is inferred from their letters. Not checked on a licensed file. The unit is mm, as in
`lineament.bench.datasets.bu3dfe`. Intensity 1 to 4 is part of the prompt: `anger_3`.
"""

from __future__ import annotations

import re

from lineament.database.importers.layout import Layout, has
from lineament.database.importers.listing import Listing, Part, gather, left_over
from lineament.database.importers.metadata import agreed
from lineament.database.records import Manifest, ScanRecord, SubjectRecord

EXPRESSIONS = {
    "NE": "neutral",
    "AN": "anger",
    "DI": "disgust",
    "FE": "fear",
    "HA": "happiness",
    "SA": "sadness",
    "SU": "surprise",
}
ORIGINS = {
    "AE": "East-Asian",
    "AM": "Middle-East Asian",
    "BL": "Black",
    "IN": "Indian",
    "LA": "Hispanic Latino",
    "WH": "White",
}
_STEM = (
    f"(?P<subject>[FM][0-9]{{4}})_(?P<expression>{'|'.join(EXPRESSIONS)})(?P<intensity>[0-9]{{2}})"
    f"(?P<origin>{'|'.join(ORIGINS)})"
)
_PICTURE = "(bmp|jpe?g|png)"
PARTS = (
    Part(rf"{_STEM}_F3D\.wrl", "geometry", 0),
    Part(rf"{_STEM}_RAW\.wrl", "geometry", 1, {"mesh": "raw"}),
    Part(rf"{_STEM}_F3D\.{_PICTURE}", "texture", 0),
    Part(rf"{_STEM}_RAW\.{_PICTURE}", "texture", 1, {"mesh": "raw"}),
    Part(rf"{_STEM}_F2D\.{_PICTURE}", "view"),
    Part(rf"{_STEM}_F3D\.bnd", "landmarks", meta={"set_name": "bu3dfe83"}),
    Part(rf"{_STEM}_RAW\.pse", "parameters"),
)


def _key(match: re.Match[str]) -> tuple[str, str, int, str]:
    return match["subject"].upper(), match["expression"].upper(), int(match["intensity"]), match["origin"].upper()


def read(listing: Listing) -> Manifest:
    """List the scans of a folder."""
    found = gather(listing, PARTS, _key, ("geometry",))
    order = list(EXPRESSIONS)
    keys = sorted(found.scans, key=lambda key: (key[0], order.index(key[1]), key[2]))
    origins: dict[str, list[str]] = {}
    for who, _, _, code in keys:
        origins.setdefault(who, []).append(ORIGINS[code])
    subjects = tuple(
        SubjectRecord(who, "female" if who[0] == "F" else "male", agreed(stated, f"the origin of {who}") or "")
        for who, stated in origins.items()
    )
    scans = tuple(
        ScanRecord(
            who,
            found.scans[who, code, intensity, origin],
            expression=EXPRESSIONS[code] + (f"_{intensity}" if intensity else ""),
            protocol="bu3dfe",
            unit="mm",
            attributes={"intensity": intensity},
        )
        for who, code, intensity, origin in keys
    )
    return Manifest("bu3dfe", subjects, scans, (*listing.notes, *left_over(found.rest)))


BU3DFE = Layout("bu3dfe", "F0001_AN01WH_F3D.wrl", has(rf"{_STEM}_(F3D|RAW)\.wrl"), read)
