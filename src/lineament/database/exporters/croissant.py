"""Croissant 1.1: what a release is, which files it has and what its records are, as JSON-LD that loaders read.

Specification: http://mlcommons.org/croissant/1.1, with the terms of http://mlcommons.org/croissant/RAI/1.0. Conditions
of use are codes of the Data Use Ontology in `usageInfo`, as the specification shows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from lineament.database.consent import duo
from lineament.database.exporters.columns import COLUMNS, OLDEST, SCANS, SPLITS
from lineament.database.exporters.items import ExportRelease, Written
from lineament.database.exporters.parquet import SCANS_TABLE
from lineament.database.releases.cells import hide
from lineament.errors import InputError

VERSION = "http://mlcommons.org/croissant/1.1"
CHANGES: Mapping[str, int] = {"same": 2, "added": 1, "edited": 0, "moved": 0, "removed": 0}
"""Which number of a version a change of the data raises; `moved` is a person who is in another split now."""
DATA_TYPES = {"text": "sc:Text", "integer": "sc:Integer", "number": "sc:Float"}
SPLIT_TERMS = {"train": "cr:TrainingSplit", "validation": "cr:ValidationSplit", "test": "cr:TestSplit"}
FORMATS = {
    "jsonl": "application/jsonlines",
    "json": "application/json",
    "parquet": "application/x-parquet",
    "tar": "application/x-tar",
    "tsv": "text/tab-separated-values",
    "csv": "text/csv",
    "md": "text/markdown",
    "": "text/plain",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "tif": "image/tiff",
    "mp4": "video/mp4",
    "obj": "model/obj",
    "mtl": "model/mtl",
    "stl": "model/stl",
    "glb": "model/gltf-binary",
    "gltf": "model/gltf+json",
}
CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "arrayShape": "cr:arrayShape",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "containedIn": "cr:containedIn",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "description": {"@container": "@language"},
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isArray": "cr:isArray",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "name": {"@container": "@language"},
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(release: ExportRelease, written: Sequence[Written]) -> dict[str, Any]:
    """Return the metadata of an export as JSON-LD.

    Parameters
    ----------
    release : ExportRelease
    written : sequence of Written
        All files of the export but `croissant.json`. Those at the top become a `FileObject` each; those in the folders
        of people become a `FileSet` for each suffix, and `files.json` has their hashes.

    Returns
    -------
    dict
        JSON values.
    """
    names = [file.path.as_posix() for file in written]
    counts = _count(release)
    return {
        "@context": dict(CONTEXT),
        "@type": "sc:Dataset",
        "conformsTo": VERSION,
        "name": release.name,
        "description": release.description,
        "url": release.url or f"urn:lineament:{release.name}:{release.version}",
        "version": release.version,
        "datePublished": release.published.isoformat(),
        "creator": [{"@type": "sc:Organization", "name": name} for name in release.creators],
        "license": release.licence,
        "citeAs": release.citation,
        "keywords": ["3D scan", "face"],
        "isLiveDataset": False,
        "usageInfo": [_term(code) for code in release.duo],
        **_responsible(release, counts),
        "distribution": [*_objects(written), *_sets(names)],
        "recordSet": _record_sets(SCANS_TABLE if SCANS_TABLE in names else SCANS, counts["People by split"]),
    }


def next_version(version: str, change: str) -> str:
    """Return the version of a release after a change of its data, by the rule of Croissant.

    Parameters
    ----------
    version : str
        MAJOR.MINOR.PATCH.
    change : str
        One of `CHANGES`: `same` data in other files raises PATCH; `added` data beside the old raises MINOR; what is
        `edited`, `removed` or `moved` to another split raises MAJOR.

    Raises
    ------
    InputError
        The version or the change is none.
    """
    numbers = version.split(".")
    if len(numbers) != 3 or not all(n.isascii() and n.isdecimal() and n == str(int(n)) for n in numbers):
        raise InputError(f"version is {version!r}, expected MAJOR.MINOR.PATCH, such as 1.0.0")
    if change not in CHANGES:
        raise InputError(f"change is {change!r}, expected one of {', '.join(CHANGES)}")
    place = CHANGES[change]
    return ".".join([*numbers[:place], str(int(numbers[place]) + 1), *["0"] * (2 - place)])


def _objects(written: Iterable[Written]) -> list[dict[str, Any]]:
    return [
        {
            "@type": "cr:FileObject",
            "@id": file.path.name,
            "name": file.path.name,
            "contentUrl": file.path.name,
            "contentSize": f"{file.size} B",
            "encodingFormat": _format(file.path.suffix.removeprefix(".")),
            "sha256": file.sha256,
        }
        for file in written
        if len(file.path.parts) == 1
    ]


def _sets(names: Iterable[str]) -> list[dict[str, Any]]:
    suffixes = sorted({name.rpartition("/")[2].partition(".")[2] for name in names if "/" in name})
    return [
        {
            "@type": "cr:FileSet",
            "@id": f"files-{suffix}",
            "name": f"files-{suffix}",
            "description": f"All .{suffix} files of all people; files.json has the sha256 of each",
            "encodingFormat": _format(suffix.rpartition(".")[2]),
            "includes": f"sub-*.{suffix}",
        }
        for suffix in suffixes
    ]


def _format(suffix: str) -> str:
    return FORMATS.get(suffix, "application/octet-stream")


def _record_sets(table: str, splits: Mapping[str, int]) -> list[dict[str, Any]]:
    fields: list[dict[str, Any]] = [
        {
            "@type": "cr:Field",
            "@id": f"scans/{column.name}",
            "name": column.name,
            "description": column.description,
            "dataType": DATA_TYPES[column.kind],
            "source": {"fileObject": {"@id": table}, "extract": {"column": column.name}},
        }
        for column in COLUMNS
    ]
    named = [split for split in SPLITS if split in splits]
    if named:
        # the specification writes {"@id": ...} alone, which mlcroissant 1.1.1 cannot read
        next(field for field in fields if field["name"] == "split")["references"] = {"field": {"@id": "splits/name"}}
    scans = {
        "@type": "cr:RecordSet",
        "@id": "scans",
        "name": "scans",
        "description": "A record a scan",
        "key": {"@id": "scans/scan"},
        "field": fields,
    }
    return [*([_splits(named)] if named else []), scans]


def _splits(names: Iterable[str]) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "Nobody is in two splits",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {"@type": "cr:Field", "@id": "splits/name", "name": "name", "dataType": "sc:Text"},
            {"@type": "cr:Field", "@id": "splits/url", "name": "url", "dataType": "sc:URL"},
        ],
        "data": [{"splits/name": name, "splits/url": SPLIT_TERMS[name]} for name in names],
    }


def _term(text: str) -> dict[str, str]:
    code, values = duo.parse(text)
    number = code.id.removeprefix("DUO:")
    term = {
        "@type": "sc:DefinedTerm",
        "name": code.label,
        "termCode": f"DUO_{number}",
        "url": f"http://purl.obolibrary.org/obo/DUO_{number}",
    }
    return term | ({"description": f"{code.argument}: {', '.join(sorted(values))}"} if values else {})


def _responsible(release: ExportRelease, counts: Mapping[str, Counter[str]]) -> dict[str, Any]:
    """Return the RAI terms: what follows from the records, and what is true of every release of faces."""
    return {
        "rai:personalSensitiveInformation": [
            "Shapes and pictures of faces, which are biometric data: a person can be recognised. The names of people "
            "are pseudonyms of this release alone; the data are pseudonymous, not anonymous",
            f"Sex, origin and age as stated; the age {OLDEST:.0f} stands for {OLDEST:.0f} or older",
        ],
        "rai:dataBiases": [f"{what}: {_shares(counts[what])}" for what in counts],
        "rai:dataLimitations": [
            "Geometry of different devices differs systematically; compare people of one device, or model the device",
            "Files are the originals, byte for byte, under new names: names of other files inside them lead nowhere",
        ],
        "rai:dataUseCases": [f"Allowed by all people in it: {', '.join(release.purposes) or 'nothing'}"],
        "rai:dataReleaseMaintenancePlan": (
            "When a person withdraws, a new MAJOR version without them replaces this one, and everyone who received "
            "this one is told to delete it. MINOR versions add data, PATCH versions hold the same data in other files"
        ),
    }


def _count(release: ExportRelease) -> dict[str, Counter[str]]:
    """Count people by what balance is judged by, and scans by device."""
    people = ("split", "sex", "origin", "age")
    counts = {f"People by {name}": Counter[str]() for name in people} | {"Scans by device": Counter[str]()}
    for _, scans in groupby(release.scans(), key=lambda scan: scan.subject):
        for number, scan in enumerate(scans):
            counts["Scans by device"][scan.device] += 1
            if number == 0:
                decade = "" if scan.age is None else f"{min(scan.age, OLDEST) // 10 * 10:.0f}s"
                for name in people:
                    counts[f"People by {name}"][decade if name == "age" else getattr(scan, name)] += 1
    return counts


def _shares(counts: Counter[str]) -> str:
    """Say how many there are of each; not of so few that one of them could be found, for metadata go round alone."""
    shown = hide({"": counts})[""]
    return ", ".join(f"{name or 'not stated'} {shown[name]}" for name in sorted(counts))
