"""Virtual sensors: noise as large as they say, and nothing seen through a surface."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from lineament.errors import InputError  # noqa: E402
from lineament.synth.condition import Condition  # noqa: E402
from lineament.synth.measure import see  # noqa: E402
from lineament.synth.sensors import NAMES, SENSORS, Capture, draw_capture  # noqa: E402
from lineament.synth.stream import Stream  # noqa: E402
from lineament.synth.surface import Surface  # noqa: E402


def scene(points, normals):
    no, one = torch.zeros(len(points), dtype=torch.bool), torch.ones(len(points))
    return Surface(points, normals, no, no, one, one, no)


def plane(count, height=0.0, half=100.0):
    points = (2 * Stream(1).rand(count, 3) - 1) * half
    points[:, 2] = height
    return scene(points, torch.tensor([0.0, 0.0, 1.0]).expand(count, 3))


def facing(**errors):
    return Capture("test", torch.eye(3)[None], 0.0, **errors)


def test_a_sensor_sees_the_near_side_of_a_sphere_and_not_the_far_one():
    normals = torch.nn.functional.normalize(Stream(0).randn(20_000, 3), dim=-1)
    measured, seen = see(facing(), scene(60 * normals, normals), Stream(0))
    assert not seen[normals[:, 2] < 0].any()
    assert seen[normals[:, 2] > 0.5].float().mean() > 0.99
    torch.testing.assert_close(measured[seen], 60 * normals[seen], atol=0.01, rtol=0)


@pytest.mark.parametrize("count", [25_000, 90_000])
def test_a_view_hides_what_is_behind_at_any_density(count):
    near, far = plane(count, 30.0, 60.0), plane(count, -30.0, 60.0)
    _, seen = see(facing(), near + far, Stream(0))
    assert seen[:count].float().mean() > 0.999
    assert seen[count:].float().mean() < 0.03


def test_what_lies_inside_is_hidden_by_the_skin_just_before_it():
    skin, eye = plane(40_000, 0.0, 60.0), plane(40_000, -0.8, 60.0)
    eye = Surface(eye.points, eye.normals, ~eye.inside, eye.bare, eye.area, eye.bend, eye.vertex)
    _, seen = see(facing(), skin + eye, Stream(0))
    assert seen[40_000:].float().mean() < 0.03


@pytest.mark.parametrize("error", ["noise", "ripple", "grain"])
def test_an_error_is_as_large_as_the_sensor_says(error):
    flat = plane(20_000)
    spread = [
        see(facing(**{error: 0.5}), flat, Stream(seed))[0][:, 2].square().mean().sqrt().item() for seed in range(12)
    ]
    assert sum(spread) / len(spread) == pytest.approx(0.5, rel=0.05 if error == "noise" else 0.12)


def test_a_fringe_repeats_with_its_period():
    measured, _ = see(facing(fringe=0.2), plane(20_000), Stream(3))
    assert measured[:, 2].std() == pytest.approx(0.2 / 2**0.5, rel=0.05)
    assert measured[:, 2].abs().max() <= 0.2001


def test_readings_stand_on_the_steps_of_the_depth():
    measured, _ = see(facing(quantum=0.25, noise=0.5), plane(2_000), Stream(3))
    steps = measured[:, 2] / 0.25
    torch.testing.assert_close(steps, steps.round(), atol=1e-3, rtol=0)


def test_every_sensor_is_drawn_and_stays_in_its_ranges():
    stream = Stream(0)
    captures = [draw_capture(stream) for _ in range(400)]
    assert {capture.sensor for capture in captures} == set(NAMES)
    for capture in captures:
        sensor = SENSORS[NAMES.index(capture.sensor)]
        assert sensor.noise[0] * 0.999 <= capture.noise <= sensor.noise[1] * 1.001
        assert len(capture.views) <= sensor.views[1]
        torch.testing.assert_close(capture.views @ capture.views.mT, torch.eye(3).expand_as(capture.views))


def test_half_faces_are_common():
    stream = Stream(1)
    captures = [draw_capture(stream) for _ in range(600)]
    turned = [abs(capture.yaw) > 45 and len(capture.views) == 1 for capture in captures]
    assert 0.11 < sum(turned) / len(turned) < 0.22


def test_a_condition_fixes_the_sensor_its_view_and_its_noise():
    capture = draw_capture(Stream(0), Condition(sensor="truedepth", yaw=30.0, noise=0.7))
    assert (capture.sensor, capture.yaw, capture.noise, len(capture.views)) == ("truedepth", 30.0, 0.7, 1)
    assert capture.blur == capture.voxel == 0


def test_a_sensor_that_does_not_exist_is_named():
    with pytest.raises(InputError, match="sonar"):
        draw_capture(Stream(0), Condition(sensor="sonar"))
