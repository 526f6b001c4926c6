"""Files from outside are parsed in a process that can do nothing else, and whose end costs one file."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from lineament.database.intake import sandbox as module
from lineament.database.intake.confine import confine_kernel
from lineament.database.intake.inspection import Inspection
from lineament.database.intake.sandbox import Limits, Refusal, Sandbox, inspect_files
from lineament.errors import LineamentError
from lineament.io.scans import write_scan
from lineament.types import Scan

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's filter is Linux's")
READY = 'import sys, os, time; print(\'{"ready": ["nothing"]}\', flush=True); sys.stdin.readline(); '


def dome(side: int = 30) -> Scan:
    u, v = (grid.reshape(-1) for grid in np.meshgrid(np.linspace(-90, 90, side), np.linspace(-110, 110, side)))
    return Scan(np.stack([u, v, 80 - 0.004 * (u * u + v * v)], axis=1).astype(np.float32))


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as found:
        yield found


@pytest.fixture
def ply(tmp_path):
    return write_scan(dome(), tmp_path / "dome.ply")


def test_what_is_found_is_what_the_file_holds(sandbox, ply):
    found = sandbox.inspect(ply)
    assert isinstance(found, Inspection)
    assert (found.kind, found.format, found.points) == ("cloud", "ply", 900)
    assert found.extent == pytest.approx(220)
    assert found.sha256 == hashlib.sha256(ply.read_bytes()).hexdigest()


def test_one_process_takes_file_after_file(ply):
    with Sandbox(Limits(files=3)) as own:
        own.inspect(ply)
        first = own._process.pid
        own.inspect(ply)
        assert own._process.pid == first
        own.inspect(ply)
        own.inspect(ply)
        assert own._process.pid != first


def test_a_damaged_file_is_refused_and_the_next_one_taken(sandbox, ply, tmp_path):
    short = tmp_path / "short.ply"
    short.write_bytes(ply.read_bytes()[:-5])
    refusal = sandbox.inspect(short)
    assert isinstance(refusal, Refusal)
    assert refusal.kind == "malformed"
    assert "cut off" in refusal.reason
    assert isinstance(sandbox.inspect(ply), Inspection)


def test_the_name_of_a_file_is_not_told(sandbox, tmp_path):
    for name in ("Erika_Musterfrau.ply", "Erika_Musterfrau.gltf", "Erika_Musterfrau.json", "Erika_Musterfrau.npz"):
        (tmp_path / name).write_bytes(b"nothing")
        for role in ("geometry", "landmarks", "other", "depth"):
            result = sandbox.inspect(tmp_path / name, role)
            assert "Muster" not in repr(result)
    assert "Muster" not in sandbox.inspect(tmp_path / "Muster").reason


def test_what_is_no_ordinary_file_is_refused_without_a_process(tmp_path):
    with Sandbox(Limits(size=10)) as own:
        assert own.inspect(tmp_path / "none.ply").kind == "malformed"
        assert own.inspect(tmp_path).kind == "malformed"
        (tmp_path / "empty.ply").touch()
        assert "empty" in own.inspect(tmp_path / "empty.ply").reason
        (tmp_path / "large.ply").write_bytes(bytes(11))
        assert own.inspect(tmp_path / "large.ply").kind == "too large"
        assert own._process is None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_pipe_that_would_hang_is_refused(sandbox, tmp_path):
    os.mkfifo(tmp_path / "pipe.ply")
    assert "ordinary" in sandbox.inspect(tmp_path / "pipe.ply").reason


@LINUX
def test_too_much_memory_ends_the_file_not_the_parent(tmp_path):
    np.save(tmp_path / "large.npy", np.zeros((2000, 10_000)))
    with Sandbox(Limits(memory=64 << 20)) as own:
        assert own.inspect(tmp_path / "large.npy", "parameters").kind == "memory"
        assert isinstance(own.inspect(write_scan(dome(), tmp_path / "a.ply")), Inspection)


@LINUX
def test_a_file_for_which_others_left_no_memory_is_tried_again(monkeypatch, ply):
    code = (
        READY
        + """print('{"refused": "-", "kind": "malformed"}', flush=True); sys.stdin.readline()
print('{"refused": "-", "kind": "memory"}', flush=True)"""
    )
    monkeypatch.setattr(module, "BEGIN", code)
    with Sandbox() as own:
        assert [own.inspect(ply).kind for _ in range(2)] == ["malformed", "malformed"]


def test_other_files_are_not_opened(sandbox, tmp_path):
    (tmp_path / "points.bin").write_bytes(bytes(36))
    scene = {
        "asset": {"version": "2.0"},
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "mode": 0}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36, "uri": "points.bin"}],
    }
    (tmp_path / "a.gltf").write_text(json.dumps(scene))
    refusal = sandbox.inspect(tmp_path / "a.gltf")
    assert isinstance(refusal, Refusal)
    assert sandbox.denied == ("open",)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("os._exit(3)", "crash"),
        ("time.sleep(600)", "time"),
        ("print('no json', flush=True); time.sleep(600)", "crash"),
        ("print('x' * 3000000, flush=True); time.sleep(600)", "crash"),
        ('print(\'{"found": {"kind": "mesh"}}\', flush=True)', "crash"),
        ('print(\'{"refused": 1, "kind": "nonsense"}\', flush=True)', "crash"),
        ("print('[' * 100000, flush=True)", "crash"),
        ("print('1' * 5000, flush=True)", "crash"),
        ("print('{}\\n{}', flush=True)", "crash"),
    ],
)
def test_whatever_the_process_does_the_parent_gets_an_answer(monkeypatch, ply, code, kind):
    monkeypatch.setattr(module, "BEGIN", READY + code)
    with Sandbox(Limits(seconds=1.0)) as own:
        assert own.inspect(ply).kind == kind


FOUND = asdict(Inspection("mesh", "ply", 1, "0" * 64))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": 1},
        {"kind": "m" * 1000},
        {"kind": "\ud800"},
        {"format": "a\x1b[2J"},
        {"points": -1},
        {"points": True},
        {"points": 10**400},
        {"extent": 10**400},
        {"extent": float("nan")},
        {"extent": "1"},
        {"low": [1, 2]},
        {"low": {"x": 1}},
        {"notes": None},
        {"notes": "text"},
        {"notes": ["a"] * 1000},
        {"notes": [["a"]]},
        {"more": 1},
    ],
)
def test_an_answer_that_cannot_be_is_not_believed(monkeypatch, ply, changes):
    for values, denied, kind in ((FOUND, [], None), (FOUND | changes, 5, "crash")):
        line = json.dumps({"found": values, "denied": denied})
        monkeypatch.setattr(module, "BEGIN", READY + f"print({line!r}, flush=True)")
        with Sandbox() as own:
            assert getattr(own.inspect(ply), "kind", None) == (kind or "mesh")


def test_a_reason_cannot_move_the_cursor(monkeypatch, ply):
    line = json.dumps({"refused": "a\x1b[2J\nb\ud800", "kind": "malformed"})
    monkeypatch.setattr(module, "BEGIN", READY + f"print({line!r}, flush=True)")
    with Sandbox() as own:
        assert own.inspect(ply).reason == "a?[2J?b?"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there are no such signals")
@pytest.mark.parametrize(("name", "kind"), [("SIGKILL", "memory"), ("SIGSEGV", "crash"), ("SIGXCPU", "time")])
def test_signals_that_end_the_process_are_told_apart(monkeypatch, ply, name, kind):
    monkeypatch.setattr(module, "BEGIN", READY + f"import signal; os.kill(os.getpid(), signal.{name}); time.sleep(60)")
    with Sandbox(Limits(seconds=20.0)) as own:
        assert own.inspect(ply).kind == kind


def test_a_process_that_cannot_start_is_an_error(monkeypatch, ply):
    monkeypatch.setattr(module, "BEGIN", "raise SystemExit(1)")
    with Sandbox() as own, pytest.raises(LineamentError, match="does not start"):
        own.inspect(ply)


def test_passwords_in_the_environment_do_not_reach_the_process(monkeypatch, ply):
    monkeypatch.setenv("LINEAMENT_PASSWORD", "secret")
    code = "import json; print(json.dumps({'refused': repr(dict(os.environ)), 'kind': 'malformed'}), flush=True)"
    monkeypatch.setattr(module, "BEGIN", READY + code)
    with Sandbox() as own:
        assert "secret" not in own.inspect(ply).reason


def test_many_files_come_back_each_with_its_own_result(tmp_path):
    items = []
    for number in range(24):
        path = write_scan(dome(10 + number), tmp_path / f"{number}.ply")
        if number % 3 == 0:
            path.write_bytes(path.read_bytes()[:-1])
        items.append((path, "geometry"))
    found = dict(inspect_files(items, workers=2))
    assert sorted(found) == list(range(24))
    for number, result in found.items():
        assert isinstance(result, Refusal) if number % 3 == 0 else result.points == (10 + number) ** 2


def test_taking_no_more_results_ends_the_processes(tmp_path):
    items = [(write_scan(dome(), tmp_path / "a.ply"), "geometry")] * 50
    results = inspect_files(items, workers=2)
    next(results)
    results.close()
    assert list(inspect_files([], 2)) == []


def confined(code: str) -> str:
    """Run Python in a process that the kernel keeps in, and return what it prints."""
    program = f"""
import ctypes, os, signal, socket, subprocess, sys
from lineament.database.intake.confine import confine_kernel
assert "system calls" in confine_kernel()
try:
    {code}
except OSError as error:
    print(type(error).__name__, error.errno)
else:
    print("done")
"""
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=120).stdout.strip()


@LINUX
@pytest.mark.parametrize(
    "code",
    [
        "socket.socket()",
        "socket.socketpair()",
        "os.fork()",
        "os.execv(sys.executable, [sys.executable, '-c', ''])",
        "subprocess.run(['true'])",
        "open('{folder}/new', 'w')",
        "open('{folder}/kept', 'r+')",
        "os.unlink('{folder}/kept')",
        "os.rename('{folder}/kept', '{folder}/other')",
        "os.mkdir('{folder}/made')",
        "os.truncate('{folder}/kept', 0)",
        "os.chmod('{folder}/kept', 0o777)",
        "os.symlink('{folder}/kept', '{folder}/link')",
        "os.kill(os.getppid(), 0)",
    ],
)
def test_the_kernel_refuses_network_processes_writing_and_signals(tmp_path, code):
    (tmp_path / "kept").write_text("here")
    assert confined(code.format(folder=tmp_path)) == "PermissionError 1"
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert (tmp_path / "kept").read_text() == "here"


@LINUX
def test_the_kernel_lets_reading_and_threads_pass(tmp_path):
    (tmp_path / "kept").write_text("here")
    assert confined(f"open('{tmp_path}/kept').read()") == "done"
    code = "import threading; thread = threading.Thread(target=int); thread.start(); thread.join()"
    assert confined(code) == "done"


def test_other_systems_say_that_the_kernel_does_nothing(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert confine_kernel() == ()


WATCHED = """
import os, pickle, socket, subprocess, sys
from pathlib import Path
from lineament.database.intake.confine import Watch
watch = Watch([])
watch.allowed = {sys.argv[1]}
class Canary:
    def __reduce__(self):
        return (print, ("fired",))
assert Path(sys.argv[1]).read_text() == "here"
def tried(work):
    try:
        work()
    except PermissionError:
        return
    print("not refused")
tried(lambda: open(sys.argv[2]))
tried(lambda: open(sys.argv[1], "w"))
tried(lambda: os.remove(sys.argv[1]))
tried(lambda: os.system("true"))
tried(lambda: socket.getaddrinfo("localhost", 1))
tried(lambda: subprocess.Popen(["true"]))
tried(lambda: pickle.loads(pickle.dumps(Canary())))
print(len(watch.denied))
"""


def test_the_audit_hook_refuses_the_same_in_python_on_every_system(tmp_path):
    allowed, other = tmp_path / "allowed", tmp_path / "other"
    allowed.write_text("here")
    other.write_text("there")
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, str(allowed), str(other)], capture_output=True, text=True, timeout=120
    )
    assert done.stdout.split() == ["7"], done.stderr
    assert Path(allowed).read_text() == "here"
