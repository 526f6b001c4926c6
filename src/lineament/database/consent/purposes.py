"""The purposes that a person may allow one by one; none of them includes another.

Terms are of the Data Privacy Vocabulary, DPV 2 (W3C Community Group report, https://w3id.org/dpv). Where DPV has no
exact term, an IRI of `urn:lineament:` extends it and names the broader DPV term (`skos:broader`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

DPV = "https://w3id.org/dpv#"
LINEAMENT = "urn:lineament:"


class Purpose(StrEnum):
    """What the scans of a person may be used for."""

    RESEARCH = "research"
    TRAINING = "training"
    PORTRAIT = "portrait"
    COMMERCIAL = "commercial"
    SHARING = "sharing"
    RECONTACT = "recontact"
    EMBEDDING = "embedding"


@dataclass(frozen=True)
class Term:
    """A purpose in words and in the vocabulary.

    Attributes
    ----------
    label : str
    definition : str
        Plain language, spoken to the person.
    iri, broader : str
        The term, and the DPV term above it; equal where DPV has the exact term.
    """

    label: str
    definition: str
    iri: str
    broader: str


TERMS: Mapping[Purpose, Term] = MappingProxyType(
    {
        Purpose.RESEARCH: Term(
            "Research",
            "Researchers may measure and compare your scans to answer scientific questions. They do not use them to "
            "find out where your family comes from.",
            DPV + "ScientificResearch",
            DPV + "ScientificResearch",
        ),
        Purpose.TRAINING: Term(
            "Training a model",
            "Your scans may be among the examples from which a computer program learns. What it has learnt cannot be "
            "taken out of a program that was already handed on.",
            LINEAMENT + "ModelTraining",
            DPV + "ResearchAndDevelopment",
        ),
        Purpose.PORTRAIT: Term(
            "Publishing a portrait",
            "Pictures of your face or body may be shown in papers, talks and on web pages. People who know you may "
            "recognise you.",
            LINEAMENT + "PortraitPublication",
            DPV + "CommunicationManagement",
        ),
        Purpose.COMMERCIAL: Term(
            "Commercial use",
            "A company may use your scans, or they may be used for something that is sold.",
            DPV + "CommercialPurpose",
            DPV + "CommercialPurpose",
        ),
        Purpose.SHARING: Term(
            "Handing on to others",
            "Your scans, without your name, may be given to other institutions that sign the terms of use. The "
            "laboratory keeps a list of them.",
            LINEAMENT + "Sharing",
            DPV + "Purpose",
        ),
        Purpose.RECONTACT: Term(
            "Contacting you again",
            "The laboratory may write to you or call you about further scans or questions.",
            LINEAMENT + "Recontact",
            DPV + "CommunicationManagement",
        ),
        Purpose.EMBEDDING: Term(
            "Computing an identity template",
            "A row of numbers may be computed from your face by which a computer can tell you from other people.",
            LINEAMENT + "IdentityTemplate",
            DPV + "Verification",
        ),
    }
)
