"""Devices and calibrations: a session relies on the newest calibration before it, and says when that had expired."""

from __future__ import annotations

from datetime import date

import pytest

from lineament.database.capture import add_calibration, add_protocol, describe_device
from lineament.errors import InputError


def test_a_session_relies_on_the_newest_calibration_before_it(lab) -> None:
    lab.person("P1")
    describe_device(lab.database, "rig", {"serial": "7"})
    describe_device(lab.database, "rig", {"wavelength_nm": 450})
    add_calibration(lab.database, "rig", "2026-01-01", expires_at="2026-02-01")
    newest = add_calibration(lab.database, "rig", "2026-03-01", expires_at="2026-04-01", reprojection_rms=0.2)
    days = {"early": date(2025, 12, 1), "good": date(2026, 3, 2), "late": date(2026, 5, 1)}
    records = [lab.record("P1", seed, session=name, captured_at=day) for seed, (name, day) in enumerate(days.items())]
    lab.ingest(*records)
    sql = """SELECT v.started_at AS at, v.calibration, (SELECT f.said FROM findings f WHERE f.scan = c.id
    AND f.kind = 'calibration') AS said FROM sessions v JOIN scans c ON c.session = v.id ORDER BY v.started_at"""
    early, good, late = lab.database.catalogue.rows(sql)
    assert early["calibration"] is None
    assert (good["calibration"], good["said"]) == (newest, None)
    assert late["calibration"] == newest
    assert "expired" in late["said"]
    (device,) = lab.database.catalogue.rows("SELECT details FROM devices")
    assert "serial" in device["details"]
    assert "wavelength_nm" in device["details"]


def test_what_cannot_be_is_refused(lab) -> None:
    with pytest.raises(InputError, match="no device"):
        add_calibration(lab.database, "rig", "2026-01-01")
    describe_device(lab.database, "rig", {})
    with pytest.raises(InputError, match="before it was done"):
        add_calibration(lab.database, "rig", "2026-01-02", expires_at="2026-01-01")
    add_protocol(lab.database, "two", ["a", "b"])
    for name, prompts in (("two", ["c"]), ("facescape20", ["a"]), ("twice", ["a", "a"]), ("none", [])):
        with pytest.raises(InputError):
            add_protocol(lab.database, name, prompts)
