"""The routes of the database do what their description says, whatever is sent."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance, unsupported_method

load_all_checks()
_PLACE = Path(__file__).parents[1] / "test_openapi.py"
_SPEC = importlib.util.spec_from_file_location("studio_described", _PLACE)
assert _SPEC is not None
assert _SPEC.loader is not None
_OTHERS = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _OTHERS
_SPEC.loader.exec_module(_OTHERS)

described = _OTHERS.described.include(path_regex=r"^/api/(db|session$)")
# Signing out and long work have tests of their own.
schema = described.exclude(method="DELETE").exclude(method="POST", path_regex=r"/(jobs|open)$")


@pytest.fixture(scope="module")
def house_of_all(template, run_studio, tmp_path_factory):
    """A studio that anna, who may do everything, has started over a copy of the laboratory."""
    root, known = template
    place = tmp_path_factory.mktemp("described")
    shutil.copytree(root / "db", place / "db")
    shutil.copy2(root / "master.key", place / "master.key")
    said = json.loads((place / "db" / "database.json").read_text())
    (place / "db" / "database.json").write_text(json.dumps({**said, "key": str(place / "master.key")}))
    with run_studio(database=place / "db", actor="anna") as running:
        browser = running.browser()
        yield SimpleNamespace(
            address=running.address,
            cookies=dict(browser.client.cookies),
            headers={"X-Lineament-CSRF": browser.client.headers["X-Lineament-CSRF"]},
            scan=known["scans"]["P1"][0],
            doubtful=known["doubtful"],
            subject=known["people"]["P1"],
        )


@schema.parametrize()
@settings(
    max_examples=15,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_is_answered_as_described(case, house_of_all) -> None:
    # What no route takes by GET is a page of the front end, or is not there.
    excluded = [positive_data_acceptance, unsupported_method]
    if "id" in (case.path_parameters or {}) and len(str(case.path_parameters["id"])) % 3:
        kinds = {"subjects": house_of_all.subject, "review": house_of_all.doubtful}
        case.path_parameters["id"] = kinds.get(case.path.split("/")[3], house_of_all.scan)
        excluded.append(negative_data_rejection)  # what was wrong about it may have been its name
    reply = case.call(
        base_url=house_of_all.address, headers=house_of_all.headers, cookies=house_of_all.cookies, timeout=30
    )
    case.validate_response(reply, excluded_checks=excluded)
    if reply.status_code >= 400:
        assert set(reply.json()) == {"error"}
        assert set(reply.json()["error"]) == {"kind", "message"}
    assert b"Traceback" not in reply.content[:10_000]
