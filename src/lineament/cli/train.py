"""`lineament train`: networks from virtual people."""

from __future__ import annotations

from pathlib import Path

import click

from lineament.cli.options import FILE

PRESETS = ("release", "quick")
NETWORKS = ("coarse", "cfgat", "refine")


@click.group()
def train() -> None:
    """Train the networks on virtual people."""


@train.command()
@click.option("--preset", type=click.Choice(PRESETS), required=True, help="quick shows in minutes that all parts work.")
@click.option(
    "--folder", type=FILE, default=Path("runs/landmarks"), show_default=True, help="Shards, checkpoints, logs."
)
@click.option("--network", type=click.Choice(["all", *NETWORKS]), default="all", show_default=True)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option(
    "--workers", type=click.IntRange(min=0), default=1, show_default=True, help="Processes that draw virtual scans."
)
def landmarks(preset: str, folder: Path, network: str, device: str, workers: int) -> None:
    """Train the landmark networks and export them to ONNX.

    The same command goes on where an interrupted run stopped.
    """
    from importlib.util import find_spec

    from lineament.errors import InputError

    missing = [name for name in ("torch", "onnx", "onnxscript") if find_spec(name) is None]
    if missing:
        raise InputError(f"training needs {' and '.join(missing)}; install with: pip install 'lineament[train]'")

    import torch

    from lineament.io.folder import make_folder
    from lineament.training.calibrate import calibrate
    from lineament.training.export import export
    from lineament.training.landmarks import train as train_networks
    from lineament.training.presets import PRESETS as SIZES

    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("PyTorch finds no CUDA device on this machine; leave out --device cuda to train on the CPU")
    train_networks(SIZES[preset], make_folder(folder), NETWORKS if network == "all" else (network,), device, workers)
    written = export(folder, folder / "networks")
    if len(written) == 2 * len(NETWORKS):
        calibrate(folder / "networks", SIZES[preset].calibration)
    for path in written:
        click.echo(str(path))
