"""Pictures of a body: a rendered image where OpenGL works, and a skeleton everywhere."""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from brainiarb.bodies.body import Body
from brainiarb.bodies.model import (
    editable_model,
    forward_column,
    legs,
    plain_model,
    without_deprecations,
)
from brainiarb.jobs import RENDERER

# Back ends of MuJoCo that draw without a display, the faster back end first.
_BACKENDS = ("egl", "osmesa")
# A software renderer first compiles its shaders (s), then draws (s per megapixel).
_START_SECONDS, _MEGAPIXEL_SECONDS = 60.0, 30.0
# Height and width of the field of view are at least these multiples of the standing body's.
_VIEW_HEIGHTS, _VIEW_WIDTHS = 1.3, 1.1
_ELEVATION_DEGREES = -6.0
_WHITE, _FLOOR_LIGHT, _FLOOR_DARK = (1.0, 1.0, 1.0), (0.96, 0.96, 0.96), (0.90, 0.90, 0.90)


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A pose from the side as capsules, each with an axis from start to end and a radius."""

    geoms: tuple[str, ...]
    starts: np.ndarray
    """(g, 2) x and z of one end of each axis (m)."""
    ends: np.ndarray
    """(g, 2) x and z of the other end (m); a sphere ends where it starts."""
    radii: np.ndarray
    """(g) radii (m)."""


def capsules(body: Body, qpos: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return starts (n, g, 3) and ends (n, g, 3) of the axes of a body's g capsules, and radii (g).

    All are in m. There is one row for each pose `qpos` (n, nq); a sphere ends where it starts.
    """
    import mujoco

    model = plain_model(body)
    data = mujoco.MjData(model)
    geoms = [model.geom(name).id for name in body.height_geoms]
    capsule = model.geom_type[geoms] == mujoco.mjtGeom.mjGEOM_CAPSULE
    half_lengths = np.where(capsule, model.geom_size[geoms, 1], 0.0)[:, None]
    starts, ends = np.empty((2, len(qpos), len(geoms), 3))
    for row, pose in enumerate(qpos):
        data.qpos[:] = pose
        mujoco.mj_kinematics(model, data)
        axes = data.geom_xmat[geoms].reshape(-1, 3, 3)[:, :, 2] * half_lengths
        centres = data.geom_xpos[geoms]
        starts[row], ends[row] = centres - axes, centres + axes
    return starts, ends, model.geom_size[geoms, 0].copy()


def skeleton(body: Body, qpos: np.ndarray) -> Skeleton:
    """Return the capsules of the body in the pose `qpos` (nq)."""
    starts, ends, radii = capsules(body, np.asarray(qpos)[None])
    return Skeleton(body.height_geoms, starts[0, :, ::2], ends[0, :, ::2], radii)


def skeleton_table(body: Body, qpos: np.ndarray, times: np.ndarray, note: str = "") -> pd.DataFrame:
    """Tabulate the skeletons of poses `qpos` (n, nq), one row for each pose and capsule.

    Columns: environment, pose, time (s), geom, leg (the name of its foot, or `trunk`), x_start,
    z_start, x_end, z_end, radius (m), note. The torso of the first pose is at x = 0.
    """
    frames = []
    for number, (pose, time) in enumerate(zip(qpos, times, strict=True)):
        drawn = skeleton(body, pose)
        table = pd.DataFrame({"geom": drawn.geoms, "leg": legs(body)})
        table[["x_start", "z_start"]], table[["x_end", "z_end"]] = drawn.starts, drawn.ends
        table["radius"] = drawn.radii
        table[["x_start", "x_end"]] -= qpos[0, forward_column(body)]
        table.insert(0, "environment", body.env_id)
        table.insert(1, "pose", number)
        table.insert(2, "time", time)
        frames.append(table)
    return pd.concat(frames, ignore_index=True).assign(note=note)


def render_frame(body: Body, qpos: np.ndarray, width: int, height: int) -> np.ndarray | None:
    """Render one pose (nq) from the side.

    Returns (height, width, 3) uint8, or None if MuJoCo finds no OpenGL.
    """
    frames = render_frames(body, np.asarray(qpos)[None], width, height)
    return None if frames is None else frames[0]


def render_frames(body: Body, qpos: np.ndarray, width: int, height: int) -> np.ndarray | None:
    """Render poses `qpos` (n, nq) from the side.

    Returns (n, height, width, 3) uint8, or None if MuJoCo finds no OpenGL. A second Python process
    draws, because MuJoCo fixes its back end on import and a missing driver can end a process.
    The environment variable MUJOCO_GL selects the back end. Without it, EGL is tried, then OSMesa.
    """
    chosen = os.environ.get(RENDERER) or os.environ.get("MUJOCO_GL")
    for backend in (chosen,) if chosen else _BACKENDS:
        if _works(backend):
            return _render(backend, _scene(body), np.asarray(qpos), width, height)
    return None


@cache
def _works(backend: str) -> bool:
    ball = "<mujoco><worldbody><geom size='1'/></worldbody></mujoco>"
    return _render(backend, ball, np.zeros((1, 0)), 16, 16) is not None


@cache
def _scene(body: Body) -> str:
    """Return the body's model as XML, with a light floor and a white background."""
    import mujoco

    spec = editable_model(body)
    for texture in spec.textures:
        sky = texture.type == mujoco.mjtTexture.mjTEXTURE_SKYBOX
        if sky or texture.builtin == mujoco.mjtBuiltin.mjBUILTIN_CHECKER:
            texture.rgb1, texture.rgb2 = (_WHITE, _WHITE) if sky else (_FLOOR_LIGHT, _FLOOR_DARK)
    skybox = mujoco.mjtTexture.mjTEXTURE_SKYBOX
    if not any(texture.type == skybox for texture in spec.textures):
        spec.add_texture(
            name="sky",
            type=skybox,
            builtin=mujoco.mjtBuiltin.mjBUILTIN_FLAT,
            rgb1=_WHITE,
            rgb2=_WHITE,
            width=8,
            height=8,
        )
    for geom in spec.geoms:
        if geom.type == mujoco.mjtGeom.mjGEOM_PLANE:
            geom.rgba = (1.0, 1.0, 1.0, 1.0)
    with without_deprecations():
        spec.compile()
        return spec.to_xml()


def _render(
    backend: str, scene: str, qpos: np.ndarray, width: int, height: int
) -> np.ndarray | None:
    """Let another Python process draw; return None if it fails or takes too long."""
    library = str(Path(__file__).resolve().parents[2])
    path = os.pathsep.join(filter(None, (library, os.environ.get("PYTHONPATH"))))
    seconds = _START_SECONDS + _MEGAPIXEL_SECONDS * len(qpos) * width * height / 1e6
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "scene.xml").write_text(scene, encoding="utf-8")
        np.save(Path(folder, "qpos.npy"), qpos)
        try:
            subprocess.run(
                [
                    sys.executable,
                    "-m",
                    "brainiarb.bodies.pictures",
                    folder,
                    str(width),
                    str(height),
                ],
                env={**os.environ, "MUJOCO_GL": backend, "PYTHONPATH": path},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=seconds,
                check=True,
            )
            return np.load(Path(folder, "frames.npy"))
        except (subprocess.SubprocessError, OSError):
            return None


def _draw(folder: Path, width: int, height: int) -> None:
    """Draw the poses that `_render` left in a folder; this runs in a process of its own."""
    import mujoco

    model = mujoco.MjModel.from_xml_path(str(folder / "scene.xml"))
    model.vis.global_.offwidth, model.vis.global_.offheight = width, height
    model.vis.quality.shadowsize = 0
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    parts = np.flatnonzero(model.geom_bodyid > 0)
    radii = model.geom_rbound[parts]
    standing = data.geom_xpos[parts, 2].max(initial=1.0) + radii.max(initial=0)
    wide = 2 * (np.abs(data.geom_xpos[parts, 0]) + radii).max(initial=0)
    camera = mujoco.MjvCamera()
    camera.azimuth, camera.elevation = 90.0, _ELEVATION_DEGREES
    seen = max(_VIEW_HEIGHTS * standing, _VIEW_WIDTHS * wide) / min(1.0, width / height)
    # Parts that are nearer to the camera than the middle look larger.
    nearest = np.abs(data.geom_xpos[parts, 1]).max(initial=0)
    camera.distance = nearest + seen / 2 / np.tan(np.deg2rad(model.vis.global_.fovy) / 2)
    frames = []
    with mujoco.Renderer(model, height, width) as renderer:
        for pose in np.load(folder / "qpos.npy"):
            data.qpos[:] = pose
            mujoco.mj_forward(model, data)
            middle = data.geom_xpos[parts, :2].mean(axis=0) if len(parts) else (0.0, 0.0)
            camera.lookat[:] = *middle, standing / 2
            renderer.update_scene(data, camera)
            renderer.scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = False
            frames.append(renderer.render())
    np.save(folder / "frames.npy", np.stack(frames))


if __name__ == "__main__":
    _draw(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
