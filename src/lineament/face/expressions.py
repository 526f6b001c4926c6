"""The expressions of one fitted person after another, as meshes and a picture of all.

A result is called `<stem>.<number>_<expression>.<format>`, the picture `<stem>.facescape20.png`; where two faces would
share a stem in one folder, that is an error.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lineament.batch import all_newer
from lineament.errors import InputError
from lineament.face.rig import FACESCAPE20, arkit_targets, posed
from lineament.io.faces.mesh import write_mesh
from lineament.io.faces.parameters import holds_face, read_face
from lineament.io.folder import make_folder

SHEET = "facescape20"


@dataclass(frozen=True)
class Job:
    """One face and the common beginning of its results' names."""

    face: Path
    base: Path

    def output(self, end: str) -> Path:
        """Return the result whose name ends so."""
        return self.base.with_name(f"{self.base.name}.{end}")


@dataclass(frozen=True)
class Plan:
    """What a command line means.

    Attributes
    ----------
    jobs : tuple of Job
        Each face once, in the order of the command line and by name within folders.
    skipped : int
        NPZ files in folders that hold no fitted face.
    """

    jobs: tuple[Job, ...]
    skipped: int


def plan_faces(paths: Sequence[Path], output: Path | None = None) -> Plan:
    """Find the fitted faces among `paths` and name their results.

    Parameters
    ----------
    paths : sequence of Path
        Files, taken as they are, and folders, searched with those below them for NPZ files of fitted faces.
    output : Path, optional
        Folder of the results, which repeats the folders below a searched one; beside each face without it.

    Raises
    ------
    InputError
        A path does not exist, no face is found, or two faces would share a result.
    """
    jobs: dict[Path, Job] = {}
    skipped = 0
    for path in paths:
        if not path.exists():
            raise InputError(f"{path} does not exist; check the name and the folder")
        for face in _archives_below(path) if path.is_dir() else [path]:
            if path.is_dir() and not holds_face(face):
                skipped += 1
                continue
            below = face.parent.relative_to(path) if path.is_dir() else Path()
            folder = face.parent if output is None else output / below
            jobs.setdefault(face.resolve(), Job(face, folder / face.stem))
    if output is not None and output.exists() and not output.is_dir():
        raise InputError(f"{output} is a file; give a folder for the results")
    if not jobs:
        raise InputError(f"no fitted face in {', '.join(map(str, paths))}; folders are searched for .npz files")
    owners: dict[str, Path] = {}
    for job in jobs.values():
        other = owners.setdefault(os.path.normcase(os.path.abspath(job.base)), job.face)
        if other is not job.face:
            raise InputError(f"{other} and {job.face} would both be written to {job.base}.*; rename one of them")
    return Plan(tuple(jobs.values()), skipped)


def _archives_below(folder: Path) -> Iterator[Path]:
    """Walk over the NPZ files of a folder and of those below it, in order of names; hidden ones are passed over."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if name.lower().endswith(".npz") and not name.startswith("."):
                yield Path(place, name)


def outputs_of(job: Job, suffix: str) -> tuple[Path, ...]:
    """Return every file that a job writes, the picture last."""
    meshes = (job.output(f"{number:02d}_{name}.{suffix}") for number, name in enumerate(FACESCAPE20, 1))
    return (*meshes, job.output(f"{SHEET}.png"))


def is_done(job: Job, suffix: str) -> bool:
    """Return whether all results are there and none is older than its face."""
    return all_newer(job.face, outputs_of(job, suffix))


def write_expressions(job: Job, suffix: str) -> None:
    """Write the 20 expressions of FaceScape, each as a mesh in mm with uv, and a picture of all.

    Parameters
    ----------
    job : Job
    suffix : str
        `obj` or `ply`.

    Raises
    ------
    InputError
        The face cannot be read, or a result cannot be written.
    """
    from lineament.picture.expressions import expression_sheet
    from lineament.picture.sheets import save_picture

    face = read_face(job.face)
    targets = arkit_targets(face)
    poses = {name: posed(face, weights, targets) for name, weights in FACESCAPE20.items()}
    *meshes, picture = outputs_of(job, suffix)
    make_folder(job.base.parent)
    for path, vertices in zip(meshes, poses.values(), strict=True):
        write_mesh(path, vertices)
    save_picture(expression_sheet(poses), picture)
