"""The public API: complete, lazy, documented, and cheap to import."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import lineament

ROOT = Path(__file__).parents[1]
PUBLIC = [name for name in lineament.__all__ if not name.startswith("__")]
HEAVY = ("numpy", "scipy", "onnxruntime", "torch", "trimesh", "PIL", "rich", "click")


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("name", PUBLIC)
def test_name_resolves_to_the_object_of_its_module(name: str) -> None:
    value = getattr(lineament, name)
    module = importlib.import_module(lineament._MODULE_OF[name])
    assert value is getattr(module, name)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_object_has_a_docstring(name: str) -> None:
    assert inspect.getdoc(getattr(lineament, name))


def test_type_checkers_see_the_same_names_from_the_same_modules() -> None:
    tree = ast.parse(Path(lineament.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.name: line.module for line in block.body if isinstance(line, ast.ImportFrom) for alias in line.names}
    assert seen == lineament._MODULE_OF


def test_all_and_dir_list_every_public_name() -> None:
    assert set(PUBLIC) == set(lineament._MODULE_OF)
    assert set(lineament.__all__) <= set(dir(lineament))
    assert lineament.__all__ == sorted(lineament.__all__)


def test_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'landmark'"):
        lineament.landmark  # noqa: B018


def test_import_loads_nothing_heavy() -> None:
    loaded = run_python("import sys, lineament; print(*sorted({name.split('.')[0] for name in sys.modules}))").split()
    assert not set(loaded) & set(HEAVY)


def test_whole_public_api_loads_without_torch() -> None:
    code = "import sys, lineament; [getattr(lineament, n) for n in lineament.__all__]; print('torch' in sys.modules)"
    assert run_python(code).strip() == "False"


def test_python_page_lists_every_public_name() -> None:
    page = (ROOT / "docs" / "python.md").read_text(encoding="utf-8")
    assert [name for name in PUBLIC if f"`{name}" not in page] == []
