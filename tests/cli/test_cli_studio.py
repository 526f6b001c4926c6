"""`lineament view` and `lineament studio` as processes: an address that lets in, an end that leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx2 as httpx
import pytest
from click.testing import CliRunner

from lineament.cli import main
from lineament.demo import demo_scan
from lineament.io.scans import write_scan

COMMAND = [sys.executable, "-c", "from lineament.cli import main; main()"]


def run(*arguments: str | Path):
    return CliRunner().invoke(main, [str(each) for each in arguments])


@pytest.mark.skipif(sys.platform == "win32", reason="it has no SIGINT for one process")
def test_view_prints_its_address_and_ends_with_ctrl_c(tmp_path):
    place = write_scan(demo_scan()[0], tmp_path / "person.ply")
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    process = subprocess.Popen(
        [*COMMAND, "view", str(place), "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )
    try:
        line = process.stdout.readline()
        address = httpx.URL(line.removeprefix("Lineament Studio: ").strip())
        assert address.host == "127.0.0.1"
        assert address.params["token"]
        with httpx.Client(base_url=address.copy_with(query=None), transport=httpx.HTTPTransport(retries=5)) as client:
            assert client.get("/", params=dict(address.params)).status_code == 303
            (scan,) = client.get("/api/scans").json()
            assert scan["name"] == "person.ply"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    finally:
        process.kill()
        process.wait()
    assert process.returncode in (0, 130), err
    assert "Traceback" not in err
    assert list(temporary.glob("lineament*")) == []


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["view", "no_such.ply"], "no_such.ply is not there"),
        (["view", "."], "is a folder"),
        (["studio", "--host", "0.0.0.0"], "can be reached from other machines"),
        (["studio", "--host", "0.0.0.0", "--db", "x", "--certificate", "no.pem", "--key", "no.pem"], "no.pem is not"),
        (["studio", "--as", "anna"], "give the database too"),
        (["studio", "--certificate", __file__], "belong together"),
        (["studio", "--host", "203.0.113.7"], "can be reached"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_line(arguments, text):
    found = run(*arguments)
    assert found.exit_code == 2
    assert text in found.output
    assert "Traceback" not in found.output


def test_a_port_that_is_taken_is_told():
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        found = run("studio", "--no-browser", "--port", str(other.getsockname()[1]))
    assert found.exit_code == 2
    assert "cannot listen" in found.output
