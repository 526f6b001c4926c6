"""May this actor do this, to this, for this purpose? Decided in one place, in SQL, with a reason.

Two layers must both say yes, as at Synapse: sharing (a role in the project) and conditions (what the project demands of
those who use it). Above both stands what the person agreed to. Each rule is a condition in SQL; the same conditions
decide about one object and filter many, so that a search cannot show what a look-up would refuse.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineament.database.catalogue import Catalogue
from lineament.database.consent.law import ADULT
from lineament.database.when import now
from lineament.errors import StoreError

ALL = "*"
"""In the place of a project: all of them."""


@dataclass(frozen=True)
class Request:
    """Somebody wants to do something.

    Attributes
    ----------
    actor, action : str
    object : str
        Name of a scan, a subject or a project; `ALL` for the database.
    purpose : str
        One of `lineament.database.consent.purposes`; empty where the action needs none.
    country : str
        Of whoever gets an export. For all else the actor's own counts; an actor without one is where the project is.
    """

    actor: str
    action: str
    object: str
    purpose: str = ""
    country: str = ""


@dataclass(frozen=True)
class Decision:
    """Whether it is allowed.

    Attributes
    ----------
    allowed : bool
    code : str
        Of the first rule that says no, such as `no consent`; empty when allowed.
    reason : str
        The same in a sentence.
    """

    allowed: bool
    code: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Rule:
    code: str
    holds: str
    says: str
    kinds: tuple[str, ...] = ("scan", "subject", "project", "database")


_ABOUT_PEOPLE = ("scan", "subject")
_GRANTED = """EXISTS (
  SELECT 1 FROM consent_purposes q INDEXED BY purposes_for_access WHERE q.consent = n.id AND q.purpose = {purpose}
  AND (q.valid_until IS NULL OR q.valid_until > :now))"""

RULES = (
    _Rule(
        "unknown actor",
        "EXISTS (SELECT 1 FROM actors a WHERE a.id = :actor AND a.active = 1)",
        "nobody active has this name",
    ),
    _Rule(
        "no role",
        """EXISTS (
  SELECT 1 FROM grants g JOIN role_actions r ON r.role = g.role
  WHERE g.actor = :actor AND r.action = t.name AND g.project IN ('*', {project})
  AND (g.valid_until IS NULL OR g.valid_until > :now))""",
        "no role of theirs in this project allows it",
    ),
    _Rule(
        "conditions not met",
        """(t.meets_conditions = 0 OR NOT EXISTS (
  SELECT 1 FROM conditions k WHERE k.project = {project} AND NOT EXISTS (
    SELECT 1 FROM fulfilments f WHERE f.condition = k.id AND f.actor = :actor
    AND (f.valid_until IS NULL OR f.valid_until > :now))))""",
        "a condition of the project is not met, or was too long ago",
        ("scan", "subject", "project"),
    ),
    _Rule("withdrawn", "(s.state = 'active' OR t.name = 'withdraw')", "the person has withdrawn", _ABOUT_PEOPLE),
    _Rule(
        "kept too long",
        "(t.needs_consent = 0 OR s.retain_until IS NULL OR s.retain_until > :now)",
        "it may not be kept any longer and waits for its removal",
        _ABOUT_PEOPLE,
    ),
    _Rule("no consent", "(t.needs_consent = 0 OR n.id IS NOT NULL)", "there is no consent on record", _ABOUT_PEOPLE),
    _Rule(
        "consent ended",
        "(t.needs_consent = 0 OR (n.withdrawn_at IS NULL AND n.given_at <= :now))",
        "the consent is not in force today",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "guardian missing",
        f"""(t.needs_consent = 0 OR n.guardian = 1 OR NOT (
  COALESCE(CAST(SUBSTR(n.given_at, 1, 4) AS INTEGER) - s.birth_year - 1 < j.guardian_below, 1 = 0)
  OR EXISTS (SELECT 1 FROM scans v INDEXED BY scans_of_minors
    WHERE v.subject = s.id AND v.age < {ADULT} AND v.age < j.guardian_below)))""",
        "the person may have been a minor, and no guardian has agreed",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "consent not separate",
        "(t.needs_consent = 0 OR j.separate_consent = 0 OR n.separate = 1)",
        "the law demands a consent apart from everything else",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "no legal basis",
        """(t.needs_consent = 0 OR ((j.needs_basis = 0 OR n.legal_basis <> '')
  AND (j.needs_condition = 0 OR n.art9_condition <> '') AND (j.needs_signature = 0 OR n.signed = 1)))""",
        "the legal basis, the condition of GDPR Article 9 or the signed release that the law demands is not on record",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "no purpose",
        "(t.needs_purpose = 0 OR :purpose <> '')",
        "no purpose was stated",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "purpose not agreed",
        f"(t.needs_purpose = 0 OR {_GRANTED.format(purpose=':purpose')})",
        "the person has not agreed to this purpose, or only until a day that has passed",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "further purpose not agreed",
        f"""NOT EXISTS (
  SELECT 1 FROM action_purposes w WHERE w.action = t.name AND NOT {_GRANTED.format(purpose="w.purpose")})""",
        "the action is a purpose of its own, and the person has not agreed to it",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "forbidden by DUO",
        """(t.needs_purpose = 0 OR NOT EXISTS (
  SELECT 1 FROM consent_duo d JOIN duo_forbids b ON b.duo = SUBSTR(d.duo, 1, 11)
  WHERE d.consent = n.id AND b.purpose = :purpose))""",
        "a data use term of the consent forbids this purpose",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "abroad",
        """(t.needs_purpose = 0 OR j.bordered = 0 OR n.transfer_abroad = 1 OR EXISTS (
  SELECT 1 FROM countries y WHERE y.jurisdiction = s.jurisdiction
  AND y.code = COALESCE(CASE WHEN t.name = 'export' THEN NULLIF(:country, '') END,
    (SELECT NULLIF(a.country, '') FROM actors a WHERE a.id = :actor),
    (SELECT p.country FROM projects p WHERE p.id = s.project))))""",
        "the person has not agreed that data leave the country",
        _ABOUT_PEOPLE,
    ),
    _Rule(
        "not accepted",
        "(t.any_state = 1 OR c.state = 'accepted')",
        "the scan is in quarantine or was rejected",
        ("scan",),
    ),
)
"""In the order in which they are told."""

# Both indexes hold all that the rules ask for, so that a decision about somebody reads few places.
_PEOPLE = """JOIN jurisdictions j ON j.code = s.jurisdiction
LEFT JOIN consents n INDEXED BY consents_for_access ON n.id = s.consent"""
_FROM = {
    "scan": f"scans c JOIN subjects s INDEXED BY subjects_for_access ON s.id = c.subject {_PEOPLE}",
    "subject": f"subjects s INDEXED BY subjects_for_access {_PEOPLE}",
    "project": "projects p",
    "database": "(SELECT '*' AS id) e",
}
_PROJECT = {"scan": "c.project", "subject": "s.project", "project": "p.id", "database": "e.id"}
_NAME = {"scan": "c.id", "subject": "s.id", "project": "p.id", "database": "e.id"}

SCANS = f"{_FROM['scan']} JOIN actions t ON t.name = :action AND t.object = 'scan'"
"""What `allowed_scans` is a condition on; needs `:action`."""
SUBJECTS = f"{_FROM['subject']} JOIN actions t ON t.name = :action AND t.object = 'subject'"
"""The same for `allowed_subjects`."""


def authorize(catalogue: Catalogue, request: Request) -> Decision:
    """Decide whether an action is allowed; what is unknown is refused."""
    return authorize_all(catalogue, request, [request.object])[request.object]


def authorize_all(catalogue: Catalogue, request: Request, objects: Sequence[str]) -> dict[str, Decision]:
    """Decide about many objects of one kind; `request.object` is not looked at.

    Raises
    ------
    StoreError
        The catalogue is damaged: what the action is about is nothing that there is.
    """
    kinds = catalogue.rows("SELECT object FROM actions WHERE name = :action", action=request.action)
    if not kinds:
        return dict.fromkeys(objects, Decision(False, "unknown action", f"there is no action {request.action!r}"))
    kind = kinds[0]["object"]
    if kind not in _FROM:
        raise StoreError(f"the catalogue is damaged: the action {request.action!r} is about {kind!r}; restore a backup")
    sql = _decision(kind)
    values = {
        "actor": request.actor,
        "action": request.action,
        "purpose": request.purpose,
        "country": request.country,
        "now": now(),
    }
    return {name: _decided(catalogue.rows(sql, object=name, **values), name) for name in objects}


def allowed_scans() -> str:
    """Return the condition in SQL, on `SCANS`, that all rules hold; needs `:actor :action :purpose :country :now`."""
    return " AND ".join(_holds(rule, "scan") for rule in RULES if "scan" in rule.kinds)


def allowed_subjects() -> str:
    """Return the same condition on `SUBJECTS`."""
    return " AND ".join(_holds(rule, "subject") for rule in RULES if "subject" in rule.kinds)


def _decision(kind: str) -> str:
    rules = [(place, _holds(rule, kind)) for place, rule in enumerate(RULES) if kind in rule.kinds]
    cases = " ".join(f"WHEN NOT {holds} THEN {place}" for place, holds in rules)
    return (
        f"SELECT CASE {cases} ELSE -1 END AS broken FROM {_FROM[kind]} "
        f"JOIN actions t ON t.name = :action WHERE {_NAME[kind]} = :object"
    )


def _holds(rule: _Rule, kind: str) -> str:
    return rule.holds.replace("{project}", _PROJECT[kind])


def _decided(found: Sequence[object], name: str) -> Decision:
    if not found:
        return Decision(False, "unknown object", f"there is no {name!r}")
    broken = found[0]["broken"]  # type: ignore[index]
    if broken < 0:
        return Decision(True)
    return Decision(False, RULES[broken].code, RULES[broken].says)
