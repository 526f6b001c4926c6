"""What fixes a release: the names of its scans, people, splits and files, and their hash."""

from __future__ import annotations

import hashlib
import json

from lineament.database.catalogue import Catalogue


def manifest(catalogue: Catalogue, release: str) -> list[list[str]]:
    """Return what a release holds: scan, subject, split, and name and role of each original file, sorted."""
    sql = """
    SELECT r.scan, r.subject, r.split, a.role, a.place, a.object FROM release_scans r JOIN assets a ON a.scan = r.scan
    WHERE r.release = :release AND a.derived = 0 ORDER BY r.scan, a.role, a.place, a.object"""
    found = catalogue.rows(sql, release=release)
    return [[str(each[name]) for name in ("scan", "subject", "split", "role", "place", "object")] for each in found]


def manifest_sha256(catalogue: Catalogue, release: str) -> str:
    """Return the hash that fixes what a release holds."""
    text = json.dumps(manifest(catalogue, release), separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
