"""Export: one small ONNX file a network, which answers as torch does."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

from lineament.detect.features import face_graph  # noqa: E402
from lineament.errors import InputError  # noqa: E402
from lineament.nets.cfgat import CFGAT  # noqa: E402
from lineament.training.export import _rounded, export, write_onnx  # noqa: E402


def test_the_file_answers_as_torch_does_for_any_number_of_landmarks(tmp_path):
    import onnxruntime

    torch.manual_seed(0)
    network = _rounded(CFGAT())
    assert write_onnx(network, tmp_path / "cfgat.onnx") < 1e-4
    assert (tmp_path / "cfgat.onnx").stat().st_size < 5e6
    session = onnxruntime.InferenceSession((tmp_path / "cfgat.onnx").read_bytes())
    rng = np.random.default_rng(1)
    geometry = rng.normal(size=(1, 2048, 12)).astype(np.float32)
    edges = [indices[None] for indices in face_graph(geometry[0, :, :3].copy())]
    for landmarks in (2, 654):
        asked = rng.normal(size=(1, landmarks, 3)).astype(np.float32)
        names = [entry.name for entry in session.get_inputs()]
        found = session.run(None, dict(zip(names, [geometry, *edges, asked], strict=True)))
        with torch.no_grad():
            wanted = network(*(torch.from_numpy(values) for values in (geometry, *edges, asked)))
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other.numpy(), atol=1e-4)


def test_a_checkpoint_becomes_a_file_with_a_card_in_a_new_folder(tmp_path):
    from lineament.nets.coarse import Coarse

    torch.save({"mean": Coarse().state_dict(), "step": 3}, tmp_path / "coarse.pt")
    onnx_file, card = export(tmp_path, tmp_path / "new" / "networks")
    assert onnx_file.name == "coarse.onnx"
    written = json.loads(card.read_text())
    assert written["steps"] == 3
    assert written["sha256"] == hashlib.sha256(onnx_file.read_bytes()).hexdigest()


def test_a_folder_without_checkpoints_is_refused(tmp_path):
    with pytest.raises(InputError, match="no checkpoint"):
        export(tmp_path, tmp_path)


@pytest.mark.parametrize("name", ["coarse", "cfgat", "refine"])
def test_the_shipped_weights_match_their_cards(name):
    from lineament.detect.session import load_network

    network = load_network(name)  # raises when the sha256 differs
    assert network.card["parity"] <= 1e-4
    assert json.dumps(network.card)
