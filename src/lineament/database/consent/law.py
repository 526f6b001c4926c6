"""What four bodies of law ask of a consent, as a table with the source of each value, and the questions put to it.

This is no legal advice and the table is no list of all duties: it holds what the database can check. No law was read in
full: values are from excerpts, quotations and translations, those marked `unread` from general knowledge. Counsel
decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING

from lineament.errors import InputError

if TYPE_CHECKING:
    from lineament.database.consent.terms import Consent

_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
EEA = tuple(_EEA.split())
"""The 27 member states and Iceland, Liechtenstein and Norway: ISO 3166-1."""


ADULT = 18
"""Years from which nobody is a minor under any law here; an index of the access decision holds younger people only."""


@dataclass(frozen=True)
class Jurisdiction:
    """A row of the table; `..._source` says where the value before it is from.

    Attributes
    ----------
    name, title : str
    guardian_below : int, years
        A younger person needs the consent of a guardian.
    legal_bases : tuple of str
        One of which a consent must name.
    special_conditions : tuple of str
        One of which a consent must name besides, since the shape of a face is a special category; empty where the law
        asks for none.
    separate : bool
        Whether the consent must be asked for apart from everything else.
    signed : bool
        Whether a signed release must be kept.
    area : tuple of str
        Countries among which the data may move freely; empty where the law sets no border.
    retention_years : int or None
        From the last interaction with the person.
    headcount_limit : int or None
        Distinct people from which on a filing is due.
    filing : str
        What is due then.
    """

    name: str
    title: str
    guardian_below: int
    guardian_source: str
    legal_bases: tuple[str, ...]
    legal_bases_source: str
    special_conditions: tuple[str, ...]
    special_conditions_source: str
    separate: bool
    separate_source: str
    signed: bool
    signed_source: str
    area: tuple[str, ...]
    area_source: str
    retention_years: int | None
    retention_source: str
    headcount_limit: int | None
    headcount_source: str
    filing: str

    def __post_init__(self) -> None:
        if self.guardian_below > ADULT:  # such a minor would not be seen
            raise InputError(f"{self.name} has minors of {ADULT} and more, of whom the access decision knows nothing")


_NONE = "no such rule known"

JURISDICTIONS: Mapping[str, Jurisdiction] = MappingProxyType(
    {
        row.name: row
        for row in (
            Jurisdiction(
                name="GDPR",
                title="General Data Protection Regulation (EU) 2016/679",
                guardian_below=16,
                guardian_source="Art. 8(1), online services; member states may set 13 to 16, and decide elsewhere",
                legal_bases=("6(1)(a)", "6(1)(e)", "6(1)(f)"),
                legal_bases_source="Art. 6(1): consent, public task, legitimate interest",
                special_conditions=("9(2)(a)", "9(2)(j)"),
                special_conditions_source="Art. 4(14), Art. 9(2): explicit consent, research under law",
                separate=True,
                separate_source="Art. 7(2): distinguishable from other matters",
                signed=False,
                signed_source="Art. 7(1) asks for proof, in any form",
                area=EEA,
                area_source="Art. 44 to 49, consent: 49(1)(a); adequacy and contracts are not in this table",  # unread
                retention_years=None,
                retention_source="Art. 5(1)(e): as long as needed; no number of years",  # unread
                headcount_limit=None,
                headcount_source=_NONE,
                filing="",
            ),
            Jurisdiction(
                name="PIPL",
                title="Personal Information Protection Law of China, and the Measures on face recognition of 2025",
                guardian_below=14,
                guardian_source="Art. 28 and 31; the Measures ask the same",
                legal_bases=("13(1)",),
                legal_bases_source="Art. 13(1): consent",
                special_conditions=(),
                special_conditions_source="sensitive personal information, Art. 28: covered by the separate consent",
                separate=True,
                separate_source="Art. 29: separate consent for sensitive personal information",
                signed=False,
                signed_source="Art. 29: in writing only where another law says so",  # unread
                area=("CN",),
                area_source="Art. 39: separate consent to transfer abroad ; Art. 38 and 40 ask for more",
                retention_years=None,
                retention_source="Art. 19: the shortest time that is needed; no number of years",  # unread
                headcount_limit=100_000,
                headcount_source="Measures, in force since 2025-06-01: 100,000 people, each counted once",
                filing=(
                    "file with the provincial cyberspace administration within 30 working days; research and the "
                    "training of algorithms are outside the Measures, the PIPL applies all the same"
                ),
            ),
            Jurisdiction(
                name="BIPA",
                title="Illinois Biometric Information Privacy Act, 740 ILCS 14",
                guardian_below=18,
                guardian_source="14/15(b)(3): legally authorized representative; a minor is below 18, 755 ILCS 5/11-1",
                legal_bases=("14/15(b)",),
                legal_bases_source="14/15(b): written release",
                special_conditions=(),
                special_conditions_source=_NONE,
                separate=False,
                separate_source=_NONE,
                signed=True,
                signed_source="14/15(b)(3): written release; an electronic signature counts, PA 103-0769",
                area=(),
                area_source=_NONE,
                retention_years=3,
                retention_source="14/15(a): purpose met, or 3 years after the last interaction, whichever is first",
                headcount_limit=None,
                headcount_source=_NONE,
                filing="",
            ),
            Jurisdiction(
                name="OTHER",
                title="Any other law: cautious values, none of them from a statute",
                guardian_below=18,
                guardian_source="UN Convention on the Rights of the Child, Art. 1: a child is below 18",  # unread
                legal_bases=("consent", "law"),
                legal_bases_source="our choice",
                special_conditions=(),
                special_conditions_source=_NONE,
                separate=True,
                separate_source="our choice",
                signed=False,
                signed_source=_NONE,
                area=(),
                area_source=_NONE,
                retention_years=None,
                retention_source=_NONE,
                headcount_limit=None,
                headcount_source=_NONE,
                filing="",
            ),
        )
    }
)
ALARM = 0.8
"""Share of the limit of people from which on there is an alarm."""


def find(jurisdiction: str) -> Jurisdiction:
    """The row of this name. Raises `InputError` when there is none."""
    row = JURISDICTIONS.get(jurisdiction)
    if row is None:
        raise InputError(f"jurisdiction {jurisdiction!r} is not known, expected one of {', '.join(JURISDICTIONS)}")
    return row


def guardian_needed(jurisdiction: str, age: float) -> bool:
    """Whether a guardian must consent for a person of this age in years."""
    if not 0 <= age < 150:
        raise InputError(f"age is {age}, expected 0 to 150 years")
    return age < find(jurisdiction).guardian_below


def retention_end(jurisdiction: str, last_interaction: date) -> date | None:
    """The last day on which data may be kept; None where the law names no number of years.

    After 29 February, the day is 28 February where the year has no 29th.
    """
    years = find(jurisdiction).retention_years
    if years is None:
        return None
    try:
        return last_interaction.replace(year=last_interaction.year + years)
    except ValueError:
        return last_interaction.replace(year=last_interaction.year + years, day=28)


def headcount_alarm(jurisdiction: str, count: int) -> str | None:
    """What to know of the number of distinct people under this law; None below 80 % of the limit."""
    row = find(jurisdiction)
    limit = row.headcount_limit
    if limit is None or count < ALARM * limit:
        return None
    if count < limit:
        return f"{count:,} people under {row.name}, {100 * count // limit} % of {limit:,}. At {limit:,}: {row.filing}"
    return f"{count:,} people under {row.name}, the limit is {limit:,}. Due now: {row.filing}"


def transfer(jurisdiction: str, consent: Consent, country: str) -> str | None:
    """None when data under this consent may go to a country (ISO 3166-1, two letters), else what the consent lacks."""
    row = find(jurisdiction)
    if not row.area or country.upper() in row.area or consent.transfer_abroad:
        return None
    return f"consent to the transfer to {country.upper()} ({row.name}: {row.area_source})"


def demands(jurisdiction: str, consent: Consent, age: float | None) -> tuple[str, ...]:
    """What a consent lacks under a law; empty when nothing that the table knows.

    Parameters
    ----------
    jurisdiction : str
    consent : Consent
    age : float or None, years
        When the consent was given; None when unknown, which is a lack unless a guardian consented.

    Returns
    -------
    tuple of str
        Each ends the sentence "The consent lacks ...".
    """
    row = find(jurisdiction)
    lacks: list[str] = []
    if consent.legal_basis not in row.legal_bases:
        lacks.append(f"a legal basis, one of {', '.join(row.legal_bases)} ({row.legal_bases_source})")
    if row.special_conditions and consent.art9_condition not in row.special_conditions:
        lacks.append(f"a condition, one of {', '.join(row.special_conditions)} ({row.special_conditions_source})")
    if row.separate and not consent.separate:
        lacks.append(f"to be asked for separately ({row.separate_source})")
    if row.signed and consent.signed_sha256 is None:
        lacks.append(f"a signed release and its hash ({row.signed_source})")
    if not consent.guardian:
        if age is None:
            lacks.append(f"the age; below {row.guardian_below} a guardian must consent ({row.guardian_source})")
        elif guardian_needed(jurisdiction, age):
            lacks.append(f"the consent of a guardian, the person is below {row.guardian_below} ({row.guardian_source})")
    abroad = transfer(jurisdiction, consent, consent.controller.country)
    if abroad is not None:
        lacks.append(abroad)
    return tuple(lacks)
