"""The GA4GH Data Use Ontology (DUO): codes of what data may be used for, combined over people, matched with a request.

A code is written `DUO:0000042`, or with what it needs to know, `DUO:0000022=DE,FR`; `GRU` and `GS=DE,FR` are read too.
Within one set, every code must hold. The permissions are a tree: NRES is above GRU and CC, GRU above HMB and POA, HMB
above DS. So what a combination allows is exactly what each of its sets allows.

Identifiers and labels: https://github.com/EBISPOT/DUO, `duo.csv` (CC BY 4.0); its 25 rows are 23 codes and 2 headings.
One primary permission to a dataset: S. Dyke and others, Consent Codes, PLoS Genetics 12(1), 2016. DUO calls CC a
modifier, yet it allows more and not less, so it is combined as permissions are. DUO is no tool of legal compliance, as
its authors say.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from lineament.database.consent.purposes import Purpose
from lineament.errors import InputError

USES = ("research", "biomedical", "disease", "ancestry", "clinical", "other")
"""What data may be asked for; `other` is no research, such as a product."""
METHODS_DEVELOPMENT = "methods development"
"""The kind of research under code RS that is the training of models and the building of tools."""


@dataclass(frozen=True)
class Code:
    """One row of DUO.

    Attributes
    ----------
    id, short, label : str
        `short` is empty for the two headings, which no data carry.
    kind : str
        `permission`, `modifier` or `heading`.
    argument : str
        What it needs to know: `disease`, `kind of research`, `country`, `date`, `user`, `project`, `institution`; or
        empty.
    meaning : str
        Our words.
    """

    id: str
    short: str
    label: str
    kind: str
    argument: str
    meaning: str


def _code(number: int, short: str, label: str, kind: str, meaning: str, argument: str = "") -> Code:
    return Code(f"DUO:{number:07d}", short, label, kind, argument, meaning)


CODES: tuple[Code, ...] = (
    _code(1, "", "data use permission", "heading", "heading of the permissions"),
    _code(4, "NRES", "no restriction", "permission", "any use"),
    _code(
        6, "HMB", "health or medical or biomedical research", "permission", "health, medical and biomedical research"
    ),
    _code(7, "DS", "disease specific research", "permission", "research on this disease", "disease"),
    _code(11, "POA", "population origins or ancestry research only", "permission", "research on origins or ancestry"),
    _code(12, "RS", "research specific restrictions", "modifier", "only this kind of research", "kind of research"),
    _code(15, "NMDS", "no general methods research", "modifier", "no development of methods, software or models"),
    _code(16, "GSO", "genetic studies only", "modifier", "genetic studies only"),
    _code(17, "", "data use modifier", "heading", "heading of the modifiers"),
    _code(18, "NPUNCU", "not for profit, non commercial use only", "modifier", "no commercial use and no company"),
    _code(19, "PUB", "publication required", "modifier", "results must be published"),
    _code(20, "COL", "collaboration required", "modifier", "only together with the investigators"),
    _code(21, "IRB", "ethics approval required", "modifier", "an ethics committee must have approved"),
    _code(22, "GS", "geographical restriction", "modifier", "only in these countries", "country"),
    _code(24, "MOR", "publication moratorium", "modifier", "no publication before this date", "date"),
    _code(25, "TS", "time limit on use", "modifier", "no use after this date", "date"),
    _code(26, "US", "user specific restriction", "modifier", "only these users", "user"),
    _code(27, "PS", "project specific restriction", "modifier", "only these projects", "project"),
    _code(28, "IS", "institution specific restriction", "modifier", "only these institutions", "institution"),
    _code(29, "RTN", "return to database or resource", "modifier", "derived data must be given back"),
    _code(42, "GRU", "general research use", "permission", "any research"),
    _code(43, "CC", "clinical care use", "modifier", "clinical care as well"),
    _code(
        44,
        "NPOA",
        "population origins or ancestry research prohibited",
        "modifier",
        "no research on origins or ancestry",
    ),
    _code(45, "NPU", "not for profit organisation use only", "modifier", "no company"),
    _code(46, "NCU", "non-commercial use only", "modifier", "no commercial use"),
)
BY_SHORT: Mapping[str, Code] = MappingProxyType({code.short: code for code in CODES if code.short})
_BY_NAME = {code.id: code for code in CODES} | dict(BY_SHORT)
_USES_OF = {"NRES": USES, "GRU": USES[:4], "HMB": USES[1:3], "DS": ("disease",), "POA": ("ancestry",)}


@dataclass(frozen=True)
class Request:
    """What somebody wants to do with the data.

    Attributes
    ----------
    on : date
        The day of the use.
    use : str
        One of `USES`.
    disease : str
        Of the use `disease`, such as `MONDO:0005015`.
    methods : bool
        Whether methods, software or models are developed; training is.
    research_type : str
        As the codes RS name it.
    genetic, commercial, for_profit : bool
        Whether the study is genetic, the use commercial, the organisation a company.
    country : str
        ISO 3166-1, two letters.
    user, institution, project : str
    ethics_approval, collaborates, gives_back : bool
        Whether a committee approved; whether the investigators take part; whether derived data come back.
    publish_on : date or None
        When results will be published at the earliest; None when they will not be.
    """

    on: date
    use: str = "research"
    disease: str = ""
    methods: bool = False
    research_type: str = ""
    genetic: bool = False
    commercial: bool = False
    for_profit: bool = False
    country: str = ""
    user: str = ""
    institution: str = ""
    project: str = ""
    ethics_approval: bool = False
    collaborates: bool = False
    gives_back: bool = False
    publish_on: date | None = None

    def __post_init__(self) -> None:
        if self.use not in USES:
            raise InputError(f"use {self.use!r} is not known, expected one of {', '.join(USES)}")


def parse(text: str) -> tuple[Code, frozenset[str]]:
    """The code that a text names, and the values behind its `=`, of which any one serves.

    Raises
    ------
    InputError
        There is no such code, or a value is given where none belongs, or a date is no date.
    """
    name, sign, rest = text.partition("=")
    code = _BY_NAME.get(name.strip().upper())
    if code is None or code.kind == "heading":
        raise InputError(f"{text!r} is no DUO code, expected such as DUO:0000042 or GRU")
    values = frozenset(value.strip() for value in rest.split(",")) if sign else frozenset()
    if "" in values or (values and not code.argument):
        wanted = f"such as {code.id}=..." if code.argument else f"{code.id} alone"
        raise InputError(f"{text!r} is no DUO code, expected {wanted}")
    if code.argument == "country":
        values = frozenset(value.upper() for value in values)
    if code.argument == "date":
        values = frozenset(_day(value, text).isoformat() for value in values)
        if len(values) > 1:
            raise InputError(f"{text!r} names {len(values)} dates, expected one")
    return code, values


def canonical(text: str) -> str:
    """The one way in which a code is kept: identifier, `=`, values in order. Raises `InputError` as `parse` does."""
    return _text(*parse(text))


def combine(sets: Iterable[Collection[str]]) -> frozenset[str]:
    """What all sets allow: the permission that all share, and every restriction of any.

    Without a permission that all share, the result has none, and nothing is allowed. Raises `InputError` as `parse`
    does.
    """
    parsed = [[parse(text) for text in codes] for codes in sets]
    if not parsed:
        return frozenset()
    permission = _permission(parsed[0])
    for codes in parsed[1:]:
        permission = _meet(permission, _permission(codes))
    kept = {_text(*item) for codes in parsed for item in codes if item[0].kind == "modifier" and item[0].short != "CC"}
    if permission is not None:
        kept.add(_text(*permission))
    if all(_clinical(codes) for codes in parsed) and (permission is None or permission[0].short != "NRES"):
        kept.add(BY_SHORT["CC"].id)
    return frozenset(kept)


def allows(codes: Collection[str], request: Request) -> str | None:
    """None when every code allows the request, else why one does not. Raises `InputError` as `parse` does."""
    parsed = [parse(text) for text in sorted(codes)]
    permission = _permission(parsed)
    if request.use == "clinical":
        if not _clinical(parsed):
            return "the DUO codes do not allow clinical care"
    elif permission is None:
        return "the DUO codes hold no permission that covers any research"
    else:
        code, diseases = permission
        if request.use not in _USES_OF[code.short]:
            return f"{code.id} ({code.short}) allows {code.meaning}, not the use {request.use!r}"
        if code.short == "DS" and request.disease not in diseases:
            wanted = request.disease or "an unnamed disease"
            return f"{code.id} (DS) allows research on {_listed(diseases)}, not on {wanted}"
    for code, values in parsed:
        check = _CHECKS.get(code.short)
        if check is None:
            continue
        if code.argument and not values:
            return f"{code.id} ({code.short}) does not say which {code.argument}, so nothing can meet it"
        if not check(values, request):
            return f"{code.id} ({code.short}): {code.meaning}" + (f": {_listed(values)}" if values else "")
    return None


def implied(purposes: Collection[Purpose]) -> frozenset[str]:
    """The codes nearest to what a person allows in our purposes, never wider than these.

    Research is GRU without origins (NPOA); training alone is GRU for methods development only; without either there is
    no permission. What is not granted becomes NMDS and NPUNCU.
    """
    codes: set[str] = set()
    if Purpose.RESEARCH in purposes or Purpose.TRAINING in purposes:
        codes |= {"GRU", "NPOA"}
    if Purpose.RESEARCH not in purposes:
        codes.add(f"RS={METHODS_DEVELOPMENT}")
    if Purpose.TRAINING not in purposes:
        codes.add("NMDS")
    if Purpose.COMMERCIAL not in purposes:
        codes.add("NPUNCU")
    return frozenset(map(canonical, codes))


_Parsed = tuple[Code, frozenset[str]]

_CHECKS: dict[str, Callable[[frozenset[str], Request], bool]] = {
    "RS": lambda values, request: request.research_type in values,
    "NMDS": lambda _, request: not request.methods,
    "GSO": lambda _, request: request.genetic,
    "NPUNCU": lambda _, request: not request.commercial and not request.for_profit,
    "PUB": lambda _, request: request.publish_on is not None,
    "COL": lambda _, request: request.collaborates,
    "IRB": lambda _, request: request.ethics_approval,
    "GS": lambda values, request: request.country.upper() in values,
    "MOR": lambda values, request: request.publish_on is None or request.publish_on.isoformat() >= max(values),
    "TS": lambda values, request: request.on.isoformat() <= min(values),
    "US": lambda values, request: request.user in values,
    "PS": lambda values, request: request.project in values,
    "IS": lambda values, request: request.institution in values,
    "RTN": lambda _, request: request.gives_back,
    "NPOA": lambda _, request: request.use != "ancestry",
    "NPU": lambda _, request: not request.for_profit,
    "NCU": lambda _, request: not request.commercial,
}


def _permission(codes: Iterable[_Parsed]) -> _Parsed | None:
    """The permission that all permissions of one set share; None without one."""
    found = [item for item in codes if item[0].kind == "permission"]
    permission = found[0] if found else None
    for other in found[1:]:
        permission = _meet(permission, other)
    return permission


def _meet(first: _Parsed | None, second: _Parsed | None) -> _Parsed | None:
    """The lower of two permissions of which one is above the other; of two on diseases, the common diseases."""
    if first is None or second is None:
        return None
    if first[0].short == second[0].short == "DS":
        common = first[1] & second[1]
        return (first[0], common) if common or first == second else None
    narrow, wide = sorted((first, second), key=lambda item: len(_USES_OF[item[0].short]))
    return narrow if set(_USES_OF[narrow[0].short]) <= set(_USES_OF[wide[0].short]) else None


def _clinical(codes: Iterable[_Parsed]) -> bool:
    """Whether clinical care is allowed: by CC, or by nothing but NRES."""
    codes = list(codes)
    permission = _permission(codes)
    return any(code.short == "CC" for code, _ in codes) or (permission is not None and permission[0].short == "NRES")


def _text(code: Code, values: frozenset[str]) -> str:
    return f"{code.id}={','.join(sorted(values))}" if values else code.id


def _listed(values: Iterable[str]) -> str:
    return " or ".join(sorted(values)) or "a disease that is not stated"


def _day(value: str, text: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InputError(f"{text!r} holds {value!r}, expected a date such as 2027-01-31") from None
