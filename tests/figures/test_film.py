"""The film: who plays shows the frames of its tracked cycle, and films are the same each time."""

import imageio_ffmpeg
import numpy as np
import pytest
from PIL import Image

from brainiarb.bodies.registry import get_body
from brainiarb.figures import film
from brainiarb.figures.gait_cycle import draw
from brainiarb.gait.walk import walks_of_levels
from builders import MAP_SETTINGS, RATE, SECONDS, gait_recording, one_map

BODY = get_body("walker2d")


@pytest.fixture(scope="module")
def cast():
    """Recordings of an expert and of a clone that falls at once, by level, and their maps."""
    recordings = {-1: gait_recording(), 40: gait_recording(episodes=(50,), falls=True)}
    walks = walks_of_levels(BODY, recordings, "crossq_0", 1.0)
    return recordings, one_map(walks, MAP_SETTINGS, 0)


@pytest.fixture(params=[None, (12, 10)], ids=["skeleton", "pictures"])
def agents(cast, request, monkeypatch):
    """Both agents, without OpenGL and with pictures that are numbered by their brightness."""

    def pictures(body, qpos, width, height):
        if request.param is None:
            return None
        return np.full((len(qpos), *request.param, 3), np.arange(len(qpos))[:, None, None, None])

    monkeypatch.setattr(film, "render_frames", pictures)
    recordings, tables = cast
    return [film.filmed_agent(BODY, recordings[level], level, *tables) for level in recordings]


def test_an_agent_walks_its_cycle_of_the_recording(cast, agents):
    recordings, (_, cycles) = cast
    expert = agents[0]
    track = cycles[cycles["level"] == -1]
    assert len(track) == round(SECONDS * RATE) + 1
    first = recordings[-1]["qpos"][int(track["step"].iloc[0])]
    skeletons = film.skeleton_table(BODY, np.append(0.0, first[1:])[None], np.zeros(1))
    drawn = expert.skeletons[expert.skeletons["pose"] == 0]
    np.testing.assert_allclose(drawn["z_end"], skeletons["z_end"])
    assert expert.skeletons["pose"].nunique() == len(track)


def test_each_frame_shows_the_next_sample_and_a_cycle_ends_where_it_began(agents):
    frames = list(draw(agents, 2 * SECONDS, RATE, 50))
    assert len(frames) == round(2 * SECONDS * RATE)
    assert frames[0].shape == (280, 320, 3)
    # The left half is the expert, but for the clock of the first panel.
    expert = [frame[:, :160].astype(int) for frame in frames]
    changed = [np.abs(frame - expert[0]).mean() for frame in expert]
    period = round(SECONDS * RATE)
    assert min(changed[20 : period - 20]) > 4 * changed[period]


def test_an_agent_without_a_cycle_stands_still(agents):
    frames = list(draw(agents, 0.2, RATE, 50))
    assert (frames[0][:, 170:] == frames[-1][:, 170:]).all()


def test_films_hold_every_frame_and_the_same_bytes_each_time(tmp_path):
    rng = np.random.default_rng(0)
    frames = [np.kron(rng.integers(0, 255, (7, 8, 3)), np.ones((4, 4, 1))) for _ in range(6)]
    frames = [frame.astype(np.uint8) for frame in frames]
    for name in ("a", "b"):
        film.write_mp4(tmp_path / f"{name}.mp4", frames, 25)
        film.write_gif(tmp_path / f"{name}.gif", frames, 10)
    for kind in ("mp4", "gif"):
        assert (tmp_path / f"a.{kind}").read_bytes() == (tmp_path / f"b.{kind}").read_bytes()
    assert imageio_ffmpeg.count_frames_and_secs(str(tmp_path / "a.mp4"))[0] == 6
    with Image.open(tmp_path / "a.gif") as gif:
        assert gif.n_frames == 6
        assert gif.info["duration"] == 100


def test_frames_of_odd_size_are_cut_to_what_the_codec_takes(tmp_path):
    film.write_mp4(tmp_path / "a.mp4", [np.zeros((33, 35, 3), np.uint8)], 25)
    reader = imageio_ffmpeg.read_frames(str(tmp_path / "a.mp4"))
    assert next(reader)["size"] == (34, 32)
    reader.close()
