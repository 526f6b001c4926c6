"""The documentation describes what the program has, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from lineament.cli import main
from lineament.io import landmarks, scans
from lineament.io.depth import SUFFIXES as DEPTH_SUFFIXES

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("**/*.md")])


def commands(group: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below `group` with the words that call it."""
    if isinstance(group, click.Group):
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None
            yield (*path, name), command
            yield from commands(command, (*path, name))


COMMANDS = dict(commands(main))


def calls(page: Path) -> set[tuple[str, ...]]:
    """The words after `lineament` wherever a page shows a command line."""
    text = page.read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.startswith("    ")]
    lines += re.findall(r"`(lineament [^`]+)`", text)
    return {tuple(line.split()[1:]) for line in lines if line.startswith("lineament ")}


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_command_has_a_page_that_names_each_option(words: tuple[str, ...]) -> None:
    page = (ROOT / "docs" / f"{words[0]}.md").read_text(encoding="utf-8")
    assert f"lineament {' '.join(words)}" in page
    options = [p for p in COMMANDS[words].params if isinstance(p, click.Option) and not p.hidden]
    names = [max(option.opts, key=len) for option in options if option.name != "help"]
    assert [name for name in names if name not in page] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_shown_command_lines_exist(page: Path) -> None:
    for words in calls(page):
        path = (words[0],)
        assert path in COMMANDS, f"lineament {words[0]}"
        while isinstance(COMMANDS[path], click.Group) and len(words) > len(path):
            path = words[: len(path) + 1]
            assert path in COMMANDS, f"lineament {' '.join(path)}"
        known = {name for param in COMMANDS[path].params for name in (*param.opts, *param.secondary_opts)} | {"--help"}
        shown = {word.strip("[]").split("=")[0] for word in words if re.match(r"\[?--?[a-z]", word)}
        assert shown <= known


def test_each_command_is_in_the_table_of_the_readme_and_in_the_index() -> None:
    for page in ("README.md", "docs/index.md"):
        text = (ROOT / page).read_text(encoding="utf-8")
        assert [words[0] for words in COMMANDS if f"{words[0]}.md)" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", text) + re.findall(r'src="([^"]+)"', text)
    assert [target for target in targets if "://" not in target and not (page.parent / target).exists()] == []


def test_make_targets_of_the_readme_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = re.findall(r"\bmake ([a-z-]+) ", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert {"demo", "test"} <= set(named)
    assert [target for target in named if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []


def rows(heading: str) -> list[list[str]]:
    """The rows of the first table under a heading of the page on formats."""
    section = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").split(f"\n## {heading}\n")[1]
    lines = next(block for block in section.split("\n\n") if block.strip().startswith("|")).strip().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def listed(heading: str, column: str) -> set[str]:
    """The suffixes, without their dots, that the table marks with yes in a column."""
    header, _, *body = rows(heading)
    at = header.index(column)
    return {name for row in body if row[at] == "yes" for name in re.findall(r"`\.([a-z0-9.]+)`", row[0])}


def test_tables_of_formats_are_those_of_the_code() -> None:
    assert listed("Scans", "read") == {*scans.READERS, *DEPTH_SUFFIXES}
    assert listed("Scans", "written") == {*scans.WRITERS}
    assert listed("Landmarks", "read") == {suffix.removeprefix(".") for suffix in landmarks.READERS}
    assert listed("Landmarks", "written") == {suffix.removeprefix(".") for suffix in landmarks.WRITERS}


def test_the_readme_names_the_same_formats() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    line = {name: re.search(rf"^\| {name} \| (.*) \| (.*) \|$", text, re.MULTILINE) for name in ("scans", "landmarks")}
    for name, registry in (("scans", scans), ("landmarks", landmarks)):
        found = line[name]
        assert found is not None
        for cell, formats in zip(found.groups(), (registry.READERS, registry.WRITERS), strict=True):
            assert set(cell.split(", ")) == {suffix.removeprefix(".") for suffix in formats}
