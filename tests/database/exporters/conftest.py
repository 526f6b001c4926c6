"""Releases that exist in memory only."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from lineament.database.exporters.items import ExportFile, ExportRelease, ExportScan
from lineament.io.scans.ply import write_ply
from lineament.types import Scan

Files = dict[tuple[str, str, int], bytes]


class People:
    """The scans of a release, and how often the bytes of each file were read."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)
        self.scans: list[ExportScan] = []
        self.content: Files = {}
        self.reads: dict[tuple[str, str, int], int] = {}

    def mesh(self) -> bytes:
        points = self.rng.normal(size=(30, 3)).astype(np.float32)
        return write_ply(Scan(points, triangles=np.arange(30).reshape(10, 3), unit="mm"), False)

    def add(self, scan: str, subject: str, files: dict[tuple[str, int, str], bytes], **other: Any) -> None:
        plain = {
            "session": "s1",
            "split": "train",
            "sex": "female",
            "origin": "",
            "age": 30.5,
            "modality": "mesh",
            "expression": "smile",
            "protocol": "facescape20",
            "device": "3dMD",
            "repeat": 1,
            "unit": "mm",
            "fps": None,
        }
        own = tuple(self._file(scan, *key, data) for key, data in files.items())
        self.scans.append(ExportScan(scan, subject, files=own, quality={"noise_mm": 0.1}, **(plain | other)))

    def _file(self, scan: str, role: str, index: int, suffix: str, data: bytes) -> ExportFile:
        key = (scan, role, index)
        self.content[key] = data

        def read() -> Iterator[bytes]:
            self.reads[key] = self.reads.get(key, 0) + 1
            source = io.BytesIO(data)
            yield from iter(lambda: source.read(1000), b"")

        meta = {"seconds": index / 30} if role == "geometry" and index else {}
        return ExportFile(role, index, suffix, len(data), meta, read)

    def release(self, **other: Any) -> ExportRelease:
        scans = sorted(self.scans, key=lambda scan: (scan.subject, scan.session, scan.scan))
        plain = ExportRelease(
            name="faces",
            version="1.2.0",
            description="Scans of the faces of five people.",
            published=date(2026, 11, 21),
            creators=("A laboratory",),
            purposes=("research",),
            duo=("DUO:0000042", "DUO:0000018"),
            licence="https://example.org/terms",
            citation="A laboratory (2026), Faces",
            datasheet="# Faces\n",
            scans=lambda: iter(scans),
        )
        return replace(plain, **other)


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait for the disk."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)


@pytest.fixture
def people() -> People:
    """Five people in three splits: textures, six cameras, a 4D sequence, a body, a formula and an age of 91."""
    made = People()
    for number, expression in enumerate(("neutral", "mouth-left", "mouthleft")):
        files = {("geometry", 0, "ply"): made.mesh(), ("texture", 0, "jpg"): b"\xff\xd8picture"}
        made.add(f"a{number}", "P1", files, expression=expression)
    made.add("a3", "P1", {("geometry", 0, "ply"): made.mesh()}, session="s2", age=31.5, expression="")
    frames = {("geometry", frame, "ply"): made.mesh() for frame in range(30)}
    made.add("b1", "P2", frames, modality="sequence", fps=30.0, sex="male", origin='=HYPERLINK("x")', age=91.0)
    views = {("view", camera, "png"): bytes([camera + 1]) * 2000 for camera in range(6)}
    made.add("b2", "P2", views, modality="multiview", sex="male", origin='=HYPERLINK("x")', age=91.0)
    made.add(
        "c1", "P3", {("geometry", 0, "obj"): b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"}, split="validation", age=None
    )
    body = {
        ("geometry", 0, "ply"): made.mesh(),
        ("landmarks", 0, "mrk.json"): b"{}",
        ("fit", 0, "npz"): b"",
    }
    made.add("d1", "P4", body, modality="body", split="test", device="@cmd\tbody", expression="微笑", unit=None)
    made.add("e1", "P5", {("geometry", 0, "ply"): made.mesh()}, split="test", sex="unknown")
    return made


@pytest.fixture(scope="session")
def make_people() -> Callable[[], People]:
    return People
