"""`lineament db review` and `lineament db run`: what people and programs do with scans that are in."""

from __future__ import annotations

import click


@click.group()
def review() -> None:
    """Look at scans in quarantine, and accept or reject them."""


@click.command()
def run() -> None:
    """Compute landmarks, fits, pictures or measures of all scans that have none yet."""
