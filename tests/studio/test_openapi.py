"""The API does what its description says, whatever is sent; the description that the page is built on is current."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import load_all_checks
from schemathesis.specs.openapi.checks import positive_data_acceptance

load_all_checks()
ROOT = Path(__file__).parents[2]
DESCRIPTION = ROOT / "web" / "openapi.json"
ENDLESS = r"/events$"
SESSIONS = r"^/api/session"
DATABASE = r"^/api/db"
"""Whose own tests ask it: here there is none, and each of its routes says so."""
JOBS = ("/open", "/fit", "/curvature")
EXAMPLES = 10
TOLD = "run: python tools/studio_openapi.py"


def without_tuples(value: Any) -> Any:
    """Return the description with arrays of three alike in place of tuples, which Schemathesis cannot check."""
    if isinstance(value, list):
        return [without_tuples(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {name: without_tuples(each) for name, each in value.items() if name != "prefixItems"}
    return kept | {"items": without_tuples(value["prefixItems"][0])} if "prefixItems" in value else kept


described = schemathesis.openapi.from_dict(without_tuples(json.loads(DESCRIPTION.read_bytes())))
schema = described.exclude(path_regex=f"{ENDLESS}|{SESSIONS}|{DATABASE}")


def test_the_written_description_is_current():
    spec = importlib.util.spec_from_file_location("studio_openapi", ROOT / "tools" / "studio_openapi.py")
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    assert tool.PLACE == DESCRIPTION
    assert json.loads(DESCRIPTION.read_bytes()) == json.loads(tool.openapi_text()), TOLD


def test_every_route_says_what_it_does_and_how_it_fails():
    for path, methods in json.loads(DESCRIPTION.read_bytes())["paths"].items():
        for method, route in methods.items():
            assert route["description"], (method, path)
            assert len(route["responses"]) > 1, (method, path)


@dataclass
class Target:
    """A studio of its own, an open scan in it, and a place without files."""

    address: str
    cookies: dict[str, str]
    headers: dict[str, str]
    scan: str
    empty: str


@pytest.fixture(scope="module")
def target(run_studio, person):
    with run_studio() as running:
        browser = running.browser()
        scan = browser.open(person__ply=person.ply)
        empty = browser.drop()
        headers = {"X-Lineament-CSRF": browser.client.headers["X-Lineament-CSRF"]}
        yield Target(running.address, dict(browser.client.cookies), headers, scan, empty)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_whatever_is_sent_is_answered_as_described(case, target):
    if "id" in (case.path_parameters or {}) and case.path.startswith("/api/scans"):
        long_work = case.method == "POST" and case.path.endswith(JOBS)
        if case.method != "DELETE" and len(str(case.path_parameters["id"])) % 4:
            case.path_parameters["id"] = target.empty if long_work or case.method == "PUT" else target.scan
    reply = case.call(base_url=target.address, headers=target.headers, cookies=target.cookies, timeout=30)
    case.validate_response(reply, excluded_checks=[positive_data_acceptance])
    if reply.status_code >= 400:
        assert set(reply.json()) == {"error"}
        assert set(reply.json()["error"]) == {"kind", "message"}
    assert b"Traceback" not in reply.content[:10_000]
