"""Damaged files: each is refused with a `LineamentError`, or read; nothing else may happen.

The intact files of the corpus are cut at every byte, and changed at random places with a fixed seed.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineament.errors import LineamentError
from lineament.io.scans import READERS, read_scan
from lineament.types import Scan

CORPUS = Path(__file__).resolve().parents[2] / "corpus"
GOOD = sorted(path for path in (CORPUS / "good").iterdir() if path.suffix not in (".json", ".bin"))
UNCOUNTED = {".obj", ".xyz", ".txt", ".csv", ".asc"}
"""Formats that state no number of points, so that a cut between two lines cannot be seen."""
MUTATIONS = 150
SEED = 20_241
NOISE = "0123456789 .,-+efnanvVOF#\n/[]{}\"':"

counted: dict[str, int] = {"cut": 0, "changed": 0, "exchanged": 0, "renamed": 0}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("fuzz")
    shutil.copy(CORPUS / "good" / "roof data.bin", place)
    shutil.copy(CORPUS / "good" / "kinect.json", place / "case.json")
    return place


def read(folder: Path, suffix: str, data: bytes) -> Scan | None:
    """Return the scan, or None where the file is refused."""
    path = folder / f"case{suffix}"
    # some file systems flush a file that is cut and written anew, which takes milliseconds
    path.unlink(missing_ok=True)
    path.write_bytes(data)
    try:
        return read_scan(path)
    except LineamentError as error:
        message = str(error)
        assert 0 < len(message) < 500, message
        assert "\n" not in message
        return None


def mutate(data: bytes, rng: np.random.Generator) -> bytes:
    """Flip, insert, delete or repeat a few bytes."""
    out = bytearray(data)
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, len(out) + 1))
        match int(rng.integers(0, 5)):
            case 0 if at < len(out):
                out[at] ^= 1 << int(rng.integers(0, 8))
            case 1 if at < len(out):
                out[at] = int(rng.choice([0, 9, 10, 13, 32, 34, 45, 46, 48, 57, 91, 101, 123, 127, 128, 255]))
            case 2:
                out[at:at] = rng.integers(0, 256, int(rng.integers(1, 9)), dtype=np.uint8).tobytes()
            case 3:
                del out[at : at + int(rng.integers(1, 17))]
            case _:
                out[at:at] = out[at : at + int(rng.integers(1, 33))]
    return bytes(out)


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_file_cut_anywhere_is_refused_or_whole(path: Path, folder: Path) -> None:
    data = path.read_bytes()
    whole = read(folder, path.suffix, data)
    assert whole is not None
    for end in range(len(data)):
        scan = read(folder, path.suffix, data[:end])
        counted["cut"] += 1
        if scan is not None and path.suffix not in UNCOUNTED:
            assert len(scan) >= len(whole), f"cut at {end}"


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_file_with_random_damage_gives_a_scan_or_a_clear_error(path: Path, folder: Path) -> None:
    rng = np.random.default_rng([SEED, *path.name.encode()])
    data = path.read_bytes()
    for _ in range(MUTATIONS):
        read(folder, path.suffix, mutate(data, rng))
        counted["changed"] += 1


ODD = (None, True, -1, 0, 1, 2, 3, 5, 1.5, 1e300, 2**60, 10**400, "", "x", "\ud800", [], [[]], [0], {}, {"a": 1})


def exchange(value: Any, rng: np.random.Generator) -> Any:
    """Return JSON with one value, somewhere in it, exchanged for one of another kind or size."""
    if not (isinstance(value, (dict, list)) and value) or rng.random() < 0.05:
        return ODD[int(rng.integers(len(ODD)))]
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = keys[int(rng.integers(len(keys)))]
    changed = value.copy()
    changed[key] = exchange(value[key], rng)
    return changed


@pytest.mark.parametrize("name", ["sparse.gltf", "beside.gltf", "nodes.glb", "strip.glb"])
def test_a_gltf_with_values_of_other_kinds_gives_a_scan_or_a_clear_error(name: str, folder: Path) -> None:
    rng = np.random.default_rng(SEED)
    data = (CORPUS / "good" / name).read_bytes()
    document, binary = data, b""
    if name.endswith(".glb"):
        length = int.from_bytes(data[12:16], "little")
        document, binary = data[20 : 20 + length], data[20 + length :]
    for _ in range(4 * MUTATIONS):
        text = json.dumps(exchange(json.loads(document), rng)).encode()
        if binary:
            text = text.ljust(len(text) + -len(text) % 4)
            size = (20 + len(text) + len(binary)).to_bytes(4, "little")
            text = data[:8] + size + len(text).to_bytes(4, "little") + b"JSON" + text + binary
        read(folder, f".{name.rpartition('.')[2]}", text)
        counted["exchanged"] += 1


@pytest.mark.parametrize("suffix", [*READERS, "png", "npy"])
def test_a_file_with_a_wrong_suffix_gives_a_scan_or_a_clear_error(suffix: str, folder: Path) -> None:
    for path in GOOD:
        read(folder, f".{suffix}", path.read_bytes())
        counted["renamed"] += 1


@pytest.mark.parametrize("suffix", [*READERS, "png", "npy"])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None)
@given(data=st.one_of(st.binary(max_size=200), st.text(NOISE, max_size=200).map(str.encode)))
def test_noise_gives_a_scan_or_a_clear_error(suffix: str, folder: Path, data: bytes) -> None:
    read(folder, f".{suffix}", data)


def test_enough_damaged_files_were_tried(
    record_testsuite_property: Callable[[str, object], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Stands last in the file: says how many inputs the tests above have tried."""
    total = sum(counted.values())
    if counted["changed"] < MUTATIONS * len(GOOD):
        pytest.skip(f"only part of this file was run ({total} inputs)")
    record_testsuite_property("damaged_scans_tried", total)
    with capsys.disabled():
        sys.stdout.write(f" {total} damaged files tried {counted} ")
    assert total >= 5000
