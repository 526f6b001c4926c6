"""The table of law, and the prompts of known protocols, as rows that the access decision and the catalogue refer to."""

from __future__ import annotations

from lineament.database.catalogue import Catalogue
from lineament.database.consent.law import JURISDICTIONS
from lineament.database.when import new_name
from lineament.face.rig import FACESCAPE20


def write_law(catalogue: Catalogue) -> None:
    """Bring the rows to what this version of the program knows."""
    with catalogue.writing():
        for known in JURISDICTIONS.values():
            catalogue.run(
                """INSERT INTO jurisdictions VALUES
                (:code, :guardian, :separate, :basis, :condition, :signature, :bordered, :headcount)
                ON CONFLICT (code) DO UPDATE SET guardian_below = excluded.guardian_below,
                separate_consent = excluded.separate_consent, needs_basis = excluded.needs_basis,
                needs_condition = excluded.needs_condition, needs_signature = excluded.needs_signature,
                bordered = excluded.bordered, headcount_limit = excluded.headcount_limit""",
                code=known.name,
                guardian=known.guardian_below,
                separate=int(known.separate),
                basis=int(bool(known.legal_bases)),
                condition=int(bool(known.special_conditions)),
                signature=int(known.signed),
                bordered=int(bool(known.area)),
                headcount=known.headcount_limit,
            )
            catalogue.run_many(
                "INSERT INTO countries VALUES (:jurisdiction, :code) ON CONFLICT DO NOTHING",
                [{"jurisdiction": known.name, "code": code} for code in known.area],
            )
        add_protocol(catalogue, "facescape20", "1", "The 20 expressions of FaceScape", tuple(FACESCAPE20))


def add_protocol(catalogue: Catalogue, name: str, version: str, description: str, prompts: tuple[str, ...]) -> None:
    """Add a list of prompts, unless there is one of this name."""
    with catalogue.writing():
        if catalogue.rows("SELECT id FROM protocols WHERE name = :name", name=name):
            return
        protocol = new_name("pro")
        catalogue.run(
            "INSERT INTO protocols VALUES (:id, :name, :version, :description)",
            id=protocol,
            name=name,
            version=version,
            description=description,
        )
        catalogue.run_many(
            "INSERT INTO prompts VALUES (:protocol, :place, :expression)",
            [{"protocol": protocol, "place": place, "expression": each} for place, each in enumerate(prompts)],
        )
