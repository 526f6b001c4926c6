"""The program as a whole: help, exit statuses, what is imported, how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

import lineament
from lineament.cli import main

PROGRAM = "import sys; from lineament.cli import main; main(prog_name='lineament')"
COMMANDS = (
    *("landmarks", "fit", "measure", "compare", "pose", "expressions", "register"),
    *("info", "convert", "curvature", "demo", "view", "studio", "train", "bench", "db"),
)
GOOD = Path(__file__).parents[1] / "corpus" / "good"

Run = Callable[..., Result]


def program(*words: object, code: str = PROGRAM) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code, *map(str, words)], capture_output=True, text=True, timeout=120)


def test_commands() -> None:
    assert tuple(main.commands) == COMMANDS


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS), ("train", "landmarks")])
def test_help_ends_well(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Usage: lineament")


def test_version(run: Run) -> None:
    assert run("--version").output == f"lineament {lineament.__version__}\n"


def test_help_imports_click_alone() -> None:
    code = f"{PROGRAM.replace('main(', 'main(standalone_mode=False, ')}; print(*sys.modules)"
    loaded = {name.split(".")[0] for name in program("landmarks", "--help", code=code).stdout.split()}
    assert "click" in loaded
    assert not loaded & {"numpy", "scipy", "onnxruntime", "torch", "trimesh", "PIL", "rich"}


@pytest.mark.parametrize("words", [("info", GOOD / "ascii.ply"), ("convert", GOOD / "ascii.ply", "{}/out.stl")])
def test_no_torch_outside_training(tmp_path: Path, words: tuple[object, ...]) -> None:
    code = f"{PROGRAM.replace('main(', 'main(standalone_mode=False, ')}; print('torch' in sys.modules)"
    result = program(*(str(word).format(tmp_path) for word in words), code=code)
    assert result.stdout.splitlines()[-1] == "False", result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("landmarks", "absent.ply"),
        ("info", "absent.ply"),
        ("convert", "absent.ply", "out.obj"),
        ("curvature", "absent.ply"),
        ("landmarks",),
        ("landmarks", "--set", "ibug99", "a.ply"),
        ("nothing",),
    ],
)
def test_a_mistake_gives_status_2_and_no_traceback(words: tuple[str, ...], tmp_path: Path) -> None:
    result = program(*words)
    assert result.returncode == 2
    assert "rror: " in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""


def test_an_error_is_one_line(run: Run) -> None:
    result = run("convert", "absent.ply", "out.obj")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: absent.ply does not exist; check the name and the folder\n"


def test_ctrl_c_ends_with_130(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lineament.io.scans.read_scan", interrupted)
    result = run("convert", GOOD / "ascii.ply", "out.obj")
    assert result.exit_code == 130
    assert result.stderr == "interrupted\n"


def test_a_name_that_the_system_refuses_is_an_error(run: Run) -> None:
    result = run("landmarks", "a" * 5000 + ".ply")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")


@pytest.mark.skipif(not hasattr(signal, "SIGPIPE"), reason="no broken pipes here")
def test_a_reader_that_leaves_is_no_error() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", PROGRAM, "info", str(GOOD / "ascii.ply")]
    result = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True, timeout=120)
    os.close(writer)
    assert result.stderr == ""
    assert result.returncode in (0, 1)


@pytest.mark.parametrize("missing", ["torch", "onnx"])
def test_training_without_its_packages_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    import importlib.util

    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
    result = run("train", "landmarks", "--preset", "quick")
    assert result.exit_code == 2
    assert result.stderr == f"error: training needs {missing}; install with: pip install 'lineament[train]'\n"


def test_training_trains_and_exports(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnxscript")
    from lineament.cli.train import NETWORKS, PRESETS
    from lineament.training import export, landmarks, presets

    assert set(PRESETS) == set(presets.PRESETS)
    assert set(NETWORKS) == set(landmarks.TRAINERS)
    calls: list[tuple[object, ...]] = []
    monkeypatch.setattr(landmarks, "train", lambda *values: calls.append(values))
    monkeypatch.setattr(export, "export", lambda folder, out: [out / "coarse.onnx"])
    folder = tmp_path / "runs" / "a"
    result = run("train", "landmarks", "--preset", "quick", "--folder", folder, "--network", "coarse")
    assert result.exit_code == 0, result.output
    assert calls == [(presets.PRESETS["quick"], folder, ("coarse",), "cpu", 1)]
    assert result.output == f"{folder / 'networks' / 'coarse.onnx'}\n"
    if not torch.cuda.is_available():
        result = run("train", "landmarks", "--preset", "quick", "--folder", folder, "--device", "cuda")
        assert result.exit_code == 2
        assert "no CUDA device" in result.stderr
