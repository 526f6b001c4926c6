"""A scan's face held against its prompt: what the model's own expressions show."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from lineament.database.intake.face import DOUBTS, assess_face, measure_face
from lineament.database.records import FileRecord, ScanRecord
from lineament.detect.detector import Detection
from lineament.errors import NoFaceError
from lineament.face.model import load_face_model
from lineament.face.rig import FACESCAPE20, _parts
from lineament.geometry.alignment import Similarity
from lineament.types import Landmarks, Scan

SCAN = Scan(np.eye(3, dtype=np.float32))
RECORD = ScanRecord("1", (FileRecord(Path("a.ply")),), unit="cm")


class Fake:
    """Answers with the true landmarks of a virtual person who is asked for an expression."""

    def __init__(self, expression: str, seed: int = 0, **changes) -> None:
        model = load_face_model()
        rng = np.random.default_rng(seed)
        weights = np.zeros(len(model.expression_names))
        for name, weight in FACESCAPE20[expression].items():
            for part in _parts(name):
                weights[model.expression_names.index(part)] = weight
        person = model.shape(0.8 * rng.standard_normal(len(model.identity)), weights)
        pose = Similarity(10.0, Rotation.random(random_state=rng).as_matrix(), rng.uniform(-50, 50, 3))
        names = model.landmark_sets["ibug68"].names
        marks = Landmarks(names, pose.inverse().apply(model.landmarks(person, "ibug68")), unit="cm")
        self.detection = replace(Detection({"ibug68": marks}, pose, "cm", 10.0, 0.9), **changes)

    def detect(self, scan: Scan) -> Detection:
        return self.detection


def warned(fake: Fake, prompt: str) -> list[str]:
    findings = assess_face(SCAN, replace(RECORD, expression=prompt), fake)
    return [finding.text for finding in findings if finding.kind == "expression"]


@pytest.mark.parametrize("prompt", DOUBTS)
def test_who_does_what_was_asked_is_not_doubted(prompt):
    for seed in range(5):
        assert warned(Fake(prompt, seed), prompt) == []


@pytest.mark.parametrize("prompt", ["smile", "mouth_stretch", "jaw_left", "jaw_right", "mouth_left", "lip_funneler"])
def test_a_face_at_rest_is_doubted(prompt):
    for seed in range(5):
        assert warned(Fake("neutral", seed), prompt)


@pytest.mark.parametrize(
    ("done", "told"), [("mouth_stretch", "open"), ("jaw_left", "jaw"), ("mouth_right", "right"), ("smile", "lifted")]
)
def test_a_face_that_should_be_at_rest_and_is_not_is_doubted(done, told):
    assert any(told in text for text in warned(Fake(done), "neutral"))


def test_left_is_the_persons_left():
    assert measure_face(Fake("jaw_left").detection).jaw_aside > 2
    assert measure_face(Fake("mouth_right").detection).mouth_aside < -2


def test_prompts_that_cannot_be_checked_are_left_alone():
    assert warned(Fake("mouth_stretch"), "sadness") == []
    assert warned(Fake("mouth_stretch"), "") == []


def test_a_wrong_unit_and_a_hidden_face_are_told():
    assert [f.severity for f in assess_face(SCAN, RECORD, Fake("neutral")) if f.kind == "unit"] == []
    wrong = assess_face(SCAN, replace(RECORD, unit="m"), Fake("neutral"))
    assert [f.severity for f in wrong if f.kind == "unit"] == ["refuse"]
    half = Fake("neutral")
    marks = half.detection.landmarks["ibug68"]
    hidden = replace(marks, visible=marks.xyz[:, 0] > np.median(marks.xyz[:, 0]))
    half.detection = replace(half.detection, landmarks={"ibug68": hidden})
    assert "coverage" in {finding.kind for finding in assess_face(SCAN, RECORD, half)}


def test_no_face_is_a_refusal():
    class Blind:
        def detect(self, scan):
            raise NoFaceError("no face found")

    (finding,) = assess_face(SCAN, RECORD, Blind())
    assert (finding.kind, finding.severity) == ("face", "refuse")


def test_the_pose_is_that_of_the_head_in_the_scan():
    fake = Fake("neutral")
    turned = Similarity(10.0, Rotation.from_euler("Y", -30, degrees=True).as_matrix(), np.zeros(3))
    fake.detection = replace(fake.detection, pose=turned)
    pose = next(finding for finding in assess_face(SCAN, RECORD, fake) if finding.kind == "pose")
    assert pose.value == pytest.approx(30)
    assert "turned by 30, 0, 0 degrees" in pose.text.replace("-0", "0")
