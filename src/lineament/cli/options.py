"""Options that several commands share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import click

UNITS = ("mm", "cm", "m", "in")
FILE = click.Path(path_type=Path)


Camera = tuple[float, float, float, float]
"""fx, fy, cx, cy in pixels."""


def _parse_camera(ctx: click.Context, param: click.Parameter, value: str | None) -> Camera | None:
    if value is None:
        return None
    try:
        fx, fy, cx, cy = (float(part) for part in value.split(","))
    except ValueError:
        raise click.BadParameter(f"{value!r} is not four numbers with commas, such as 580,580,319.5,239.5") from None
    return fx, fy, cx, cy


intrinsics = click.option(
    "--intrinsics",
    metavar="FX,FY,CX,CY",
    callback=_parse_camera,
    help="Camera of depth images, in pixels; else NAME.json beside each.",
)
unit = click.option(
    "--unit",
    type=click.Choice(["auto", *UNITS]),
    default="auto",
    show_default=True,
    help="Unit of the scan's numbers; auto takes the file's word, or the size of the face.",
)


def landmark_folder(command: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return the option `--landmarks`: a folder of files as `command` writes them."""
    return click.option(
        "--landmarks",
        type=FILE,
        help=f"Folder of files that {command} has written, corrected by hand perhaps; none are looked for then.",
    )


def demanded(unit: str) -> str | None:
    """Return the unit that the user demands; None for `auto`."""
    return None if unit == "auto" else unit


def cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
