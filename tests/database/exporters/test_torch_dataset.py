"""Exports read back as arrays, with and without torch."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lineament.database.exporters import export
from lineament.database.exporters.torch_dataset import ScanDataset, stream_scans
from lineament.errors import FormatError, InputError
from lineament.io.scans.ply import read_ply

LAYOUTS = ("bids", "webdataset")


def first_points(item: dict[str, Any]) -> dict[str, Any]:
    return {"points": item["points"][:3], "subject": item["subject"]}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_arrays_are_those_of_the_files(layout: str, people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, layout)
    items = {item["scan"]: item for item in ScanDataset(tmp_path)}
    assert len(items) == len(people.scans)
    for scan, item in items.items():
        if scan.startswith("a"):
            truth = read_ply(people.content[scan, "geometry", 0], Path("x.ply"))
            np.testing.assert_array_equal(item["points"], truth["points"])
            np.testing.assert_array_equal(item["triangles"], truth["triangles"])
    assert len(items["b1"]["frames"]) == 30
    assert "points" not in items["b1"]
    assert "points" not in items["b2"]
    assert items["c1"]["points"].dtype == np.float32
    assert items["c1"]["triangles"].tolist() == [[0, 1, 2]]
    assert items["a0"]["quality"] == {"noise_mm": 0.1}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_split_holds_its_people_only(layout: str, people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, layout)
    test = ScanDataset(tmp_path, "test")
    assert [test.describe(index)["subject"] for index in range(len(test))] == ["P4", "P5"]
    assert test.describe(-1)["scan"] == "e1"
    with pytest.raises(IndexError):
        test[2]
    with pytest.raises(InputError, match="no scans of the split 'holdout'"):
        ScanDataset(tmp_path, "holdout")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_other_files_are_read_as_bytes(layout: str, people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, layout)
    dataset = ScanDataset(tmp_path)
    [multiview] = [index for index in range(len(dataset)) if dataset.describe(index)["scan"] == "b2"]
    assert dataset.read(multiview, "view", 4) == people.content["b2", "view", 4]
    with pytest.raises(InputError, match="has 6 files of the role 'view'"):
        dataset.read(multiview, "view", 6)


def test_streamed_items_are_those_of_the_dataset(people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, "webdataset")
    streamed = {item["scan"]: item for item in stream_scans(sorted(tmp_path.glob("*.tar")))}
    for item in ScanDataset(tmp_path):
        other = streamed.pop(item["scan"])
        assert {key: item[key] for key in ("subject", "age", "split")} == {
            key: other[key] for key in ("subject", "age", "split")
        }
        for one, two in zip(item.get("frames", [item]), other.get("frames", [other]), strict=True):
            np.testing.assert_array_equal(one.get("points", 0), two.get("points", 0))
    assert streamed == {}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_flipped_bit_is_noticed(layout: str, people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, layout)
    dataset = ScanDataset(tmp_path, "test")
    file = dataset.describe(1)["files"][0]
    path = tmp_path / file["path"]
    data = bytearray(path.read_bytes())
    data[file["offset"] + file["size"] - 1] ^= 1
    path.write_bytes(data)
    with pytest.raises(FormatError, match="not what was exported"):
        dataset[1]
    if layout == "webdataset":
        with pytest.raises(FormatError, match="not what was exported"):
            list(stream_scans([path]))


@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_a_shard_that_is_cut_off_is_noticed(kept: float, people: Any, tmp_path: Path) -> None:
    export(people.release(), tmp_path, "webdataset")
    shard = tmp_path / "train-000000.tar"
    data = shard.read_bytes().rstrip(b"\0")
    shard.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(FormatError):
        list(stream_scans([shard]))


def test_another_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"holds no scans\.jsonl"):
        ScanDataset(tmp_path)


def test_torch_is_not_imported() -> None:
    code = "import sys, lineament.database.exporters.torch_dataset; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_data_loader_makes_batches_of_it(layout: str, people: Any, tmp_path: Path) -> None:
    data = pytest.importorskip("torch.utils.data")
    people.scans = [scan for scan in people.scans if scan.files[0].role == "geometry" and scan.modality != "sequence"]
    export(people.release(), tmp_path, layout)
    batches = list(data.DataLoader(ScanDataset(tmp_path, transform=first_points), batch_size=4))
    assert [len(batch["subject"]) for batch in batches] == [4, 3]
    assert tuple(batches[0]["points"].shape) == (4, 3, 3)
