"""What the routes of the database take and give, for OpenAPI. Times are UTC, ISO 8601; what is not known is null."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, JsonValue

from lineament.database.consent.purposes import Purpose
from lineament.database.find import Where
from lineament.errors import InputError

Word = Annotated[str, Field(max_length=200)]
Name = Annotated[str, Field(max_length=64)]
State = Literal["accepted", "quarantined", "rejected"]
PAGE, LARGEST = 60, 200
"""Rows of a page: without a wish, and at most."""


class Input(BaseModel):
    """What a request says; it may hold nothing that is not known."""

    model_config = ConfigDict(extra="forbid")


class Filters(Input):
    """What scans must be like; all that is given must hold."""

    project: Word | None = None
    subject: Name | None = Field(None, description="Random name of a person.")
    session: Name | None = None
    scan: Name | None = None
    sex: Word | None = None
    origin: Word | None = None
    modality: Word | None = None
    expression: Word | None = None
    protocol: Word | None = None
    device: Word | None = None
    age_from: FiniteFloat | None = Field(None, description="Years at the capture.")
    age_below: FiniteFloat | None = None
    has: Word | None = Field(None, description="A kind of derived data, such as landmarks.")
    lacks: Word | None = None
    max_holes: FiniteFloat | None = Field(None, description="Share of edges on the rim of holes, 0 to 1.")
    max_noise: FiniteFloat | None = Field(None, description="mm")
    consented: Purpose | None = Field(None, description="A purpose that the person agrees to today.")
    captured_from: Word | None = Field(None, description="A day.")
    captured_before: Word | None = None
    ingested_from: Word | None = None
    ingested_before: Word | None = None
    state: State = Field("accepted", description="Others are for those who review.")

    def where(self) -> dict[str, Any]:
        """Return the filters as the database takes them.

        Raises
        ------
        InputError
            One is unknown.
        """
        said = {name: value for name in Filters.model_fields if (value := getattr(self, name)) is not None}
        ages = said.pop("age_from", None), said.pop("age_below", None)
        if ages != (None, None):
            low, below = ages
            said["age"] = (0.0 if low is None else low, 1000.0 if below is None else below)
        for word in ("captured", "ingested"):
            days = said.pop(f"{word}_from", ""), said.pop(f"{word}_before", "")
            if any(days):
                said[word] = days
        if "consented" in said:
            said["consented"] = str(said["consented"])
        if any("\0" in value for value in said.values() if isinstance(value, str)):
            raise InputError("a filter holds a character that no name has")
        return Where.of(said).told()


class Paged(Filters):
    """Filters, and which page."""

    limit: int = Field(PAGE, ge=1, le=LARGEST)
    after: Name = Field("", description="`next` of the page before.")


class ScanPage(Paged):
    """A page of scans."""

    pictures: Purpose | None = Field(
        None,
        description="Decide at once about the thumbnails of the whole page for this purpose: one entry of the log.",
    )


class ScanRow(BaseModel):
    """A scan, as far as it is known without opening it."""

    id: str
    project: str
    subject: str
    session: str
    modality: str
    protocol: str | None
    expression: str
    repeat: int
    age: float | None
    sex: str
    origin: str
    device: str | None
    unit: str | None
    points: int | None
    triangles: int | None
    holes: float | None
    noise_mm: float | None
    frames: int
    fps: float | None
    state: State
    state_reason: str
    captured_at: str | None
    ingested_at: str
    has: list[str] = Field(description="Kinds of derived data.")
    consent: Literal["in force"] = Field(description="Of nobody else a scan is found.")
    purposes: list[str] = Field(description="That the person agrees to today.")


class ScanRows(BaseModel):
    """A page of scans."""

    rows: list[ScanRow]
    next: str | None = Field(description="Give it as `after` for the next page; null at the end.")


class Number(BaseModel):
    """How many scans match."""

    scans: int
    more: bool = Field(description="There are more than this: it is counted no further.")


class FacetsReply(BaseModel):
    """What scans can be filtered by, of those that whoever asks may find."""

    project: list[str]
    sex: list[str]
    origin: list[str]
    modality: list[str]
    expression: list[str]
    device: list[str]
    protocol: list[str]
    has: list[str] = Field(description="Kinds that can be derived.")
    purposes: list[Purpose]
    states: list[State]
    age: tuple[float, float] | None


class FindingReply(BaseModel):
    """Of quality control."""

    kind: str
    severity: str
    value: float | None
    limit_value: float | None
    said: str


class FileReply(BaseModel):
    """A file of a scan, or what was derived from it, and how."""

    id: str
    role: str
    place: int
    suffix: str
    derived: bool
    size: int
    meta: dict[str, JsonValue]
    tool: str | None
    tool_version: str | None
    weights_sha256: str | None
    parameters: dict[str, JsonValue] | None
    made_at: str | None
    parents: list[str]


class ScanFactsReply(BaseModel):
    """All that the catalogue holds of a scan."""

    scan: ScanRow
    findings: list[FindingReply]
    files: list[FileReply]


class OpenStoredRequest(Input):
    """What a scan is opened for."""

    purpose: Purpose | Literal[""] = Field(
        "", description="The person must have agreed to it; none where a scan in quarantine is looked at to decide."
    )


class PeoplePage(Input):
    """Which people."""

    project: Word | None = None
    sex: Word | None = None
    origin: Word | None = None
    consent: Literal["in force", "ended", "none", "kept too long", "withdrawing"] | None = None
    limit: int = Field(PAGE, ge=1, le=LARGEST)
    after: Name = ""


class PersonRow(BaseModel):
    """A person, by random name, and whether their scans may be used today."""

    id: str
    project: str
    sex: str
    origin: str
    jurisdiction: str
    consent: Literal["in force", "ended", "none", "kept too long", "withdrawing"]
    purposes: dict[str, str | None] = Field(description="Agreed to today, up to when; null for good.")
    given_at: str | None
    withdrawn_at: str | None
    retain_until: str | None
    birth_year: int | None
    scans: int = Field(description="All of them to those who record consents, else those that may be found.")
    whole: bool = Field(description="Whether whoever asks records the consents of this person.")


class PeopleRows(BaseModel):
    """A page of people."""

    rows: list[PersonRow]
    next: str | None


class ConsentReply(BaseModel):
    """What a person has agreed to."""

    receipt: str
    given_at: str
    withdrawn_at: str | None
    guardian: bool
    separate: bool
    abroad: bool
    in_force: bool
    duo: list[str]
    purposes: dict[str, str | None]


class OwnScan(BaseModel):
    """A scan of a person."""

    id: str
    state: State
    expression: str
    modality: str


class PersonReply(BaseModel):
    """A person, their consents (to those who record them), and their scans."""

    person: PersonRow
    consents: list[ConsentReply]
    scans: list[OwnScan]


class DoubtfulReply(BaseModel):
    """A scan in quarantine, and why."""

    scan: ScanRow
    findings: list[FindingReply]


class Queue(BaseModel):
    """A page of the queue."""

    rows: list[DoubtfulReply]
    next: str | None


class Verdict(Input):
    """What becomes of a scan in quarantine."""

    decision: Literal["accept", "reject"]
    reason: str = Field(min_length=1, max_length=500, description="It names nobody.")


class Decided(BaseModel):
    """What has become of it."""

    scan: str
    state: State


class WorkRequest(Input):
    """What is to be computed."""

    kind: Literal["quality", "landmarks", "fit", "rig", "measures", "thumbnail"]
    where: Filters = Field(default_factory=lambda: Filters.model_validate({}))
    purpose: Purpose = Purpose.RESEARCH
    again: bool = Field(False, description="Also try again what failed.")


class WorkCounts(BaseModel):
    """How many jobs of each kind are in which state, of scans that whoever asks may have worked on."""

    purpose: Purpose
    kinds: dict[str, dict[str, int]]


class Count(BaseModel):
    """How many."""

    people: int
    scans: int


class ReleaseRow(BaseModel):
    """A version of a release."""

    name: str
    version: str
    project: str
    purpose: str
    description: str
    licence: str
    state: Literal["published", "tombstoned"]
    created_at: str
    scans: int
    people: int


class SplitReply(BaseModel):
    """A part of a release."""

    split: str
    scans: int
    people: int


class ExportReply(BaseModel):
    """What was handed out."""

    layout: str
    recipient: str
    country: str
    state: str
    made_at: str


class RemovalReply(BaseModel):
    """What quality control took of a group."""

    before: Count
    removed: Count
    share: float
    others: float
    chance: float
    uneven: bool


class BalanceReply(BaseModel):
    """What a release is made of: split, attribute, group."""

    splits: dict[str, dict[str, dict[str, Count]]]
    totals: dict[str, Count]
    devices: dict[str, dict[str, dict[str, int]]]
    removed: dict[str, dict[str, RemovalReply]]
    reasons: dict[str, Count]
    warnings: list[str]


class ReleaseReply(BaseModel):
    """A release, who was given it, and what it is made of."""

    release: ReleaseRow
    manifest_sha256: str
    seed: int
    splits: list[SplitReply]
    exports: list[ExportReply]
    balance: BalanceReply


class AuditQuery(Input):
    """Which entries of the log."""

    about: Name | None = Field(None, description="A scan, a person, a release or an export.")
    actor: Word | None = Field(None, description="Name of an actor.")
    before: int | None = Field(None, ge=1, le=2**62, description="Older than this entry.")
    limit: int = Field(50, ge=1, le=500)


class AuditEntry(BaseModel):
    """One entry of the log."""

    seq: int
    at: str
    actor: str = Field(description="Name, where the actor is known.")
    action: str
    object: str
    purpose: str
    allowed: bool
    reason: str
    detail: dict[str, JsonValue]
    hash: str


class AuditPage(BaseModel):
    """Entries of the log, the newest first."""

    rows: list[AuditEntry]
    next: int | None = Field(description="Give it as `before` for the next page.")


class PublishedReply(BaseModel):
    """A version of a release with a scan that whoever asks may find."""

    name: str
    version: str
    state: Literal["published", "tombstoned"]
    scans: int
    exports: int


class StatsReply(BaseModel):
    """Figures of one moment, on all that whoever asks may find."""

    at: str
    actor: str
    people: int
    scans: int
    bytes: int
    states: dict[str, int]
    counts: dict[str, dict[str, Count]]
    purposes: dict[str, int]
    consents_ending: dict[str, int]
    retention_ending: dict[str, int]
    alarms: list[str]
    jobs: dict[str, dict[str, int]]
    releases: list[PublishedReply]
