"""Trained networks to ONNX files with their model cards.

Symbols: N points, M nodes, K neighbours, L landmarks.
"""

from __future__ import annotations

import hashlib
import json
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from lineament.detect.features import FACE_LEVELS, FACE_NEIGHBOURS, WHOLE_LEVELS, WHOLE_NEIGHBOURS
from lineament.detect.patches import NEAREST
from lineament.errors import InputError, ModelError
from lineament.io.atomic import atomic_write
from lineament.nets.cfgat import CFGAT
from lineament.nets.coarse import Coarse
from lineament.nets.refine import Refine
from lineament.training.shards import GRAPH

LICENCE = (
    "Apache-2.0; learned from virtual people made of face_model.npz (ICT-FaceKit, MIT) "
    "and people.npz (MakeHuman, CC0); see NOTICE"
)
LARGE = 256
"""Weights with as many numbers are stored in half precision."""
PER_LANDMARK = ("queries", "patches", "log_sigma", "context")
"""Inputs whose second axis is as long as the user asks."""
PARITY = 1e-4
"""Largest difference between torch and ONNX Runtime, network units."""


def _graphs(levels: tuple[int, ...], neighbours: tuple[int, ...], queries: int) -> tuple[Tensor, ...]:
    """Random neighbours of the right shape: local, pool_1, graph_1, pool_2, graph_2, up."""
    first, second, third = levels
    shapes = (
        (first, neighbours[0], first),
        (second, neighbours[1], first),
        (second, neighbours[2], second),
        (third, neighbours[3], second),
        (third, neighbours[4], third),
        (queries, 1, second if queries == first else third),
    )
    return tuple(torch.randint(size, (1, rows, k)) for rows, k, size in shapes)


def _inputs(network: nn.Module) -> tuple[tuple[Tensor, ...], list[str], list[str]]:
    """Example inputs of a network, and the names of its inputs and outputs."""
    if isinstance(network, CFGAT):
        geometry = torch.randn(1, FACE_LEVELS[0], 6 + network.config.curvatures) * 0.5
        graphs = _graphs(FACE_LEVELS, FACE_NEIGHBOURS, FACE_LEVELS[0])
        return (
            (geometry, *graphs, torch.randn(1, 70, 3) * 0.5),
            ["geometry", *GRAPH, "queries"],
            ["xyz", "log_scale", "visible", "first", "context"],
        )
    if isinstance(network, Refine):
        patches, context = torch.randn(1, 70, 2 * NEAREST, 3) * 0.5, network.config.context
        return (
            (patches, torch.randn(1, 70, 3) * 0.5, torch.randn(1, 70) * 0.5 - 2, torch.randn(1, 70, context)),
            ["patches", "queries", "log_sigma", "context"],
            ["step", "log_scale"],
        )
    points = torch.randn(1, WHOLE_LEVELS[0], 3)
    normals = nn.functional.normalize(torch.randn(1, WHOLE_LEVELS[0], 3), dim=-1)
    graphs = _graphs(WHOLE_LEVELS, WHOLE_NEIGHBOURS, WHOLE_LEVELS[1])
    return (points, normals, *graphs), ["points", "normals", *GRAPH], ["places", "log_scale", "on_face", "found"]


def _rounded(network: nn.Module) -> nn.Module:
    """Round the weights to the half precision that they are stored in."""
    return network.half().float().eval()


def _packed(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large weights in half precision, cast back at load, and drop the exporter's remarks."""
    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.float32 and values.size >= LARGE:
            name = tensor.name
            tensor.CopyFrom(onnx.numpy_helper.from_array(values.astype(np.float16), f"{name}_half"))
            casts.append(onnx.helper.make_node("Cast", [f"{name}_half"], [name], to=onnx.TensorProto.FLOAT))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def write_onnx(network: nn.Module, path: Path) -> float:
    """Write `network`, whose weights are rounded, to one ONNX file; return its largest difference from torch.

    Raises
    ------
    ModelError
        The file's answers differ by more than `PARITY`.
    """
    torch.manual_seed(0)
    inputs, names, outputs = _inputs(network)
    free = torch.export.Dim("landmarks", min=2, max=4096)
    with warnings.catch_warnings():
        # The exporter warns of its own use of torch, and of packages that are not needed here.
        warnings.simplefilter("ignore")
        logging.getLogger("torch.onnx").setLevel(logging.ERROR)
        program = torch.onnx.export(
            network,
            inputs,
            input_names=names,
            output_names=outputs,
            dynamo=True,
            optimize=True,
            verbose=False,
            dynamic_shapes=tuple({1: free} if name in PER_LANDMARK else None for name in names),
        )
    if program is None:
        raise ModelError(f"torch could not export {path.stem}")
    with atomic_write(path) as file:
        file.write(_packed(program.model_proto).SerializeToString())
    session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = network(*inputs)
    found = session.run(None, {name: value.numpy() for name, value in zip(names, inputs, strict=True)})
    difference = max(float(np.abs(a.numpy() - b).max()) for a, b in zip(wanted, found, strict=True))
    if not difference <= PARITY:
        raise ModelError(f"{path.name} differs from torch by {difference:.2g}, more than {PARITY}")
    return difference


def export(folder: Path, out: Path) -> list[Path]:
    """Write the ONNX file and the card of each network that has a checkpoint in `folder`.

    Parameters
    ----------
    folder : Path
        Where `train` left its checkpoints.
    out : Path
        Receives `NAME.onnx` and `NAME.json`.

    Raises
    ------
    InputError
        There is no checkpoint in `folder`.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = []
    for untrained in (Coarse(), CFGAT(), Refine()):
        network: nn.Module = untrained
        name = type(network).__name__.lower()
        checkpoint = folder / f"{name}.pt"
        if not checkpoint.exists():
            continue
        state = torch.load(checkpoint, map_location="cpu")
        network.load_state_dict(state["mean"])
        network = _rounded(network)
        # Both new files stand ready before either takes its place: a running command sees a matching pair.
        path = out / f".{name}.onnx.new"
        card: dict[str, Any] = {
            "network": name,
            "sha256": "",
            "parameters": sum(p.numel() for p in network.parameters()),
            "steps": state["step"],
            "parity": write_onnx(network, path),
            "licence": LICENCE,
            "sigma_factor": 1.0,
        }
        card["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
        path.replace(out / f"{name}.onnx")
        write_card(out / f"{name}.json", card)
        names.append(name)
    if not names:
        raise InputError(f"{folder} holds no checkpoint; run `lineament train landmarks` first")
    return [out / f"{name}.{suffix}" for name in names for suffix in ("onnx", "json")]


def write_card(path: Path, card: dict[str, Any]) -> None:
    """Write a network's card."""
    with atomic_write(path) as file:
        file.write((json.dumps(card, indent=2) + "\n").encode())
