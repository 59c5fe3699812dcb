import numpy as np
import pytest

from brainiarb.bodies.model import make_env, plain_model
from brainiarb.bodies.pictures import render_frame, render_frames, skeleton
from brainiarb.bodies.registry import get_body

WALKER = get_body("walker2d")


def upright() -> np.ndarray:
    return make_env(WALKER).unwrapped.init_qpos.copy()


def test_skeleton_of_the_upright_body_is_the_model():
    body = skeleton(WALKER, upright())
    assert body.geoms == WALKER.height_geoms
    tops = np.maximum(body.starts[:, 1], body.ends[:, 1])
    bottoms = np.minimum(body.starts[:, 1], body.ends[:, 1])
    # Torso, thigh and leg hang from each other: 0.4, 0.45 and 0.5 m from 1.45 m down.
    np.testing.assert_allclose(tops[:3], [1.45, 1.05, 0.6], atol=1e-12)
    np.testing.assert_allclose(bottoms[:3], [1.05, 0.6, 0.1], atol=1e-12)
    np.testing.assert_allclose(body.radii[:4], [0.05, 0.05, 0.04, 0.06])
    # A foot is a lying capsule of 0.2 m.
    np.testing.assert_allclose(np.ptp([body.starts[3], body.ends[3]], axis=0), [0.2, 0], atol=1e-12)


def test_skeleton_moves_and_turns_with_the_body():
    pose = upright()
    pose[0] += 3.0
    moved, still = skeleton(WALKER, pose), skeleton(WALKER, upright())
    np.testing.assert_allclose(moved.starts - still.starts, np.tile([3.0, 0.0], (7, 1)), atol=1e-12)
    pose[2] = 0.7
    turned = skeleton(WALKER, pose)
    np.testing.assert_allclose(
        np.linalg.norm(turned.starts - turned.ends, axis=1),
        np.linalg.norm(still.starts - still.ends, axis=1),
    )


def test_without_opengl_there_is_no_frame(monkeypatch):
    monkeypatch.setenv("MUJOCO_GL", "disable")
    assert render_frame(WALKER, upright(), 32, 24) is None


@pytest.mark.parametrize("name", ["ant", "halfcheetah"])
def test_frame_shows_a_long_body_wherever_it_went(name):
    body = get_body(name)
    pose = plain_model(body).qpos0.copy()
    # A body free in space also drifts sideways.
    far = pose + np.eye(len(pose))[0] * 50 + (np.eye(len(pose))[1] * 20 if name == "ant" else 0)
    frames = render_frames(body, np.array([pose, far]), 80, 60)
    if frames is None:
        pytest.skip("MuJoCo finds no OpenGL here")
    for frame in frames:
        seen = np.argwhere(frame.min(axis=2) < 150)
        assert np.ptp(seen[:, 1]) > 40
        assert seen.min() > 0
        assert (seen.max(axis=0) < [59, 79]).all()


def test_frame_shows_the_whole_body_on_a_light_background():
    pose = upright()
    far = pose.copy()
    far[0] += 50.0
    frames = render_frames(WALKER, np.array([pose, far]), 80, 60)
    if frames is None:
        pytest.skip("MuJoCo finds no OpenGL here")
    assert frames.shape == (2, 60, 80, 3)
    assert frames.dtype == np.uint8
    for frame in frames:
        assert frame[0].min() > 230
        body = np.argwhere(frame.min(axis=2) < 150)
        assert np.ptp(body[:, 0]) > 25
        assert body.min() > 0
        assert (body.max(axis=0) < [59, 79]).all()
