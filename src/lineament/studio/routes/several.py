"""Comparisons of two open scans, and 4D sequences of many."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from lineament.studio.comparing import start_comparison
from lineament.studio.deps import TheSession, TheStudio
from lineament.studio.errors import REPLIES
from lineament.studio.jobs import Job
from lineament.studio.results import (
    ComparisonReply,
    ComparisonRequest,
    SequenceReply,
    SequenceRequest,
    comparison_reply,
    region_rows,
    sequence_reply,
)
from lineament.studio.routes.fit import BYTES
from lineament.studio.sequences import start_sequence

router = APIRouter(prefix="/api", responses=REPLIES)
Key = Annotated[str, Path(max_length=64)]


@router.post("/comparisons", status_code=202, tags=["comparisons"])
def compare_scans(studio: TheStudio, session: TheSession, asked: ComparisonRequest) -> Job:
    """Compare two scans of one person; the job's result has the `comparison`."""
    a, b = (studio.workspace.get(session.id, scan) for scan in (asked.a, asked.b))
    return start_comparison(studio, session.id, a, b, asked.stable, asked.limit)


@router.get("/comparisons", tags=["comparisons"])
def list_comparisons(studio: TheStudio, session: TheSession) -> list[ComparisonReply]:
    """Return the session's comparisons, the oldest first."""
    return [comparison_reply(key, found) for key, found in studio.comparisons.of(session.id).items()]


@router.get("/comparisons/{id}", tags=["comparisons"])
def get_comparison(id: Key, studio: TheStudio, session: TheSession) -> ComparisonReply:
    """Return what has changed from A to B."""
    return comparison_reply(id, studio.comparisons.get(session.id, id))


@router.get("/comparisons/{id}/deviation", tags=["comparisons"], response_class=Response, responses=BYTES)
def get_comparison_deviation(id: Key, studio: TheStudio, session: TheSession) -> Response:
    """Return float32, little-endian, mm, one for each vertex of A that `mesh.glb` draws; positive: B lies outside."""
    values = studio.comparisons.get(session.id, id).deviation
    return Response(values.astype("<f4").tobytes(), media_type="application/octet-stream")


@router.get("/comparisons/{id}/regions", tags=["comparisons"], response_class=Response, responses=BYTES)
def get_comparison_regions(id: Key, studio: TheStudio, session: TheSession) -> Response:
    """Return float32, little-endian, for each vertex of A that `mesh.glb` draws its row in `regions`; -1 for none."""
    rows = region_rows(studio.comparisons.get(session.id, id))
    return Response(rows.astype("<f4").tobytes(), media_type="application/octet-stream")


@router.post("/sequences", status_code=202, tags=["sequences"])
def make_sequence(studio: TheStudio, session: TheSession, asked: SequenceRequest) -> Job:
    """Put open scans in a row; the job's result has the `sequence`."""
    items = [studio.workspace.get(session.id, scan) for scan in asked.scans]
    return start_sequence(studio, session.id, asked.name, items, asked.seconds(), asked.fit)


@router.get("/sequences", tags=["sequences"])
def list_sequences(studio: TheStudio, session: TheSession) -> list[SequenceReply]:
    """Return the session's sequences, the oldest first."""
    return [sequence_reply(key, found) for key, found in studio.sequences.of(session.id).items()]


@router.get("/sequences/{id}", tags=["sequences"])
def get_sequence(id: Key, studio: TheStudio, session: TheSession) -> SequenceReply:
    """Return a sequence."""
    return sequence_reply(id, studio.sequences.get(session.id, id))
