"""Recordings, walks and policies that need no training, for the tests of several packages."""

import numpy as np
import pytest
from scipy.stats import binom

from brainiarb.bodies.model import environment_facts, forward_column, path_columns, task_of
from brainiarb.bodies.registry import body_names, get_body
from brainiarb.experts.training import Training
from brainiarb.gait.walk import walks_of
from brainiarb.maps.shared import MapSettings, fit_map
from brainiarb.maps.tracks import shared_tracks
from brainiarb.rollouts.arrays import EPISODE_DTYPES, dtypes, row_widths

# One body differs from another in the order of its observation only, which a test of its own shows.
BODIES = [get_body(name) for name in body_names() if not name.endswith("_height_first")]
every_body = pytest.mark.parametrize("body", BODIES, ids=lambda body: body.name)
every_gymnasium_body = pytest.mark.parametrize(
    "body", [body for body in BODIES if task_of(body).environment], ids=lambda body: body.name
)

# The layers of a network that follow from its others (see `Architecture.derived`).
DERIVED = ("linear1_relu", "linear2_relu", "log_std_clamped", "actions")

ANGLES = slice(2, 8)
VELOCITIES = slice(11, 17)
RATE = 125.0


SECONDS = 0.8  # of a gait cycle


MAP_SETTINGS = MapSettings(
    points=250, perplexity=20, bandwidth=0.03, grid=32, prominence=0.05, published_frames=300
)


SIZES = (17, 6)


TRANSIENT = 0.08  # s: ten rows


TRAINING = Training(
    algorithm="crossq",
    seed=0,
    steps=320,
    learning_rate=1e-3,
    temperature=None,
    batch_size=16,
    critic_width=16,
    learning_starts=100,
    environments=2,
    evaluate_every=160,
    evaluation_episodes=2,
)


def synthetic_gait(
    seconds, frequency=1.1, rate=RATE, seed=0, noise=0.0, weights=(1.0, 0.6, 0.3), joints=7
):
    """Joint angles of a periodic gait: the same harmonics in every joint, at random phases."""
    shape = np.random.default_rng(99)
    phases = shape.uniform(0, 2 * np.pi, (joints, len(weights)))
    amplitudes = shape.uniform(0.5, 1.5, (joints, len(weights))) * weights
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * rate)) / rate
    angle = 2 * np.pi * frequency * t
    signal = sum(
        amplitudes[:, k] * np.cos((k + 1) * angle[:, None] + phases[:, k])
        for k in range(len(weights))
    )
    return signal + noise * rng.standard_normal(signal.shape)


def recording(lengths=(3, 2, 4), clones=(0, 0, 1)):
    """A recording that needs no walking: every array has its shape and type, mostly zeros."""
    rows, body = sum(lengths), get_body("walker2d")
    arrays = {
        name: np.zeros((rows, *row_widths(body)[name]), dtype)
        for name, dtype in dtypes(body).items()
    }
    arrays["episode_ids"] = np.repeat(np.arange(len(lengths)), lengths).astype(np.int32)
    arrays["clone_ids"] = np.repeat(clones, lengths).astype(np.int16)
    arrays["rewards_forward"] = np.arange(1.0, rows + 1)
    arrays["rewards_healthy"] = np.ones(rows)
    arrays["rewards_control"] = np.full(rows, -0.5)
    arrays["rewards_contact"] = np.full(rows, -0.25)
    arrays["rewards"] = np.arange(1.0, rows + 1) + 0.25
    arrays["terminals"][lengths[0] - 1] = True
    return arrays | ends(body, len(lengths)) | metadata(body)


def ends(body, episodes):
    """The arrays of a recording that have one row for each episode, all 0."""
    widths = row_widths(body)
    return {n: np.zeros((episodes, *widths[n]), dtype) for n, dtype in EPISODE_DTYPES.items()}


def metadata(body):
    """The names and the sampling rate (Hz) of a recording."""
    texts = {"body": body.name, "environment": body.env_id, "mode": "mean", "versions": "{}"}
    rate = environment_facts(body).sampling_rate
    return {name: np.array(value) for name, value in (texts | {"sampling_rate": rate}).items()}


def gait_recording(episodes=(1000, 600), scale=1.0, falls=False):
    """A recording of one agent with a periodic gait."""
    arrays = recording(episodes, [0] * len(episodes))
    body = get_body("walker2d")
    whole = synthetic_gait(max(episodes) / RATE, 1 / SECONDS, noise=0.02)
    gait = scale * np.concatenate([whole[:length] for length in episodes])
    arrays["heights"] = (0.7 + 0.1 * gait[:, : len(body.height_geoms)]).astype(np.float32)
    arrays["qpos"][:, 3:] = gait[:, :6]
    phase = np.concatenate([np.arange(length) / RATE / SECONDS % 1 for length in episodes])
    arrays["contacts"] = np.column_stack([phase < 0.5, phase >= 0.5])
    arrays["terminals"][:] = False
    if falls:
        arrays["terminals"][episodes[0] - 1] = True
    return arrays


def planted_recording(
    body="walker2d", frequency=1.25, speed=2.0, duty=0.4, lag=0.5, noise=0.02, episodes=4, clones=1,
    harmonics=(1.0, 0.4), every=1, shuffled=False, rows=2000, seed=0,
):  # fmt: skip
    """A recording (body, arrays) of a walk whose cycle, feet and speed are known.

    `every` is how often the first foot strikes in a cycle, the others once, each `lag` later.
    """
    body = get_body(body)
    rate = environment_facts(body).sampling_rate
    rng = np.random.default_rng(seed)
    n = rows * episodes * clones
    arrays = {
        name: np.zeros((n, *row_widths(body)[name]), dtype) for name, dtype in dtypes(body).items()
    }
    t = np.tile(np.arange(rows) / rate, episodes * clones)
    arrays["episode_ids"][:] = np.repeat(np.arange(episodes * clones), rows)
    arrays["clone_ids"][:] = np.repeat(np.arange(clones), rows * episodes)
    phase = t * frequency
    for i in range(arrays["qpos"].shape[1]):
        waves = [a * np.sin(2 * np.pi * k * (phase + 0.1 * i)) for k, a in enumerate(harmonics, 1)]
        arrays["qpos"][:, i] = sum(waves) + noise * rng.standard_normal(n)
    if shuffled:
        arrays["qpos"] = arrays["qpos"][rng.permutation(n)]
    arrays["qpos"][:, path_columns(body)] = 0.0
    arrays["qpos"][:, forward_column(body)] = speed * t
    arrays["qvel"][:] = rng.standard_normal(arrays["qvel"].shape)
    for foot in range(arrays["contacts"].shape[1]):
        turns = every if foot == 0 else 1
        arrays["contacts"][:, foot] = (turns * (phase - lag * foot)) % 1 < duty
    return body, arrays | ends(body, episodes * clones) | metadata(body)


def planted_walks(level=-1, transient=1.0, **planted):
    """The walks of all agents of a planted recording."""
    body, arrays = planted_recording(**planted)
    return walks_of(body, arrays, "crossq_0", level, transient)


def one_map(walks, settings, seed):
    """Fit one map to all agents and tabulate what is drawn of it."""
    return shared_tracks(walks, fit_map(walks, settings, seed))


def a_walk(level=-1, transient=1.0, **options):
    """The walk of an expert, or of the one clone of a level."""
    (walk,) = walks_of(
        get_body("walker2d"), gait_recording(**options), "crossq_0", level, transient
    )
    return walk


def several(clones, level=40):
    """The walks of clones of one level, each of one episode of 600 frames."""
    arrays = gait_recording(episodes=(600,) * clones)
    arrays["clone_ids"] = np.repeat(np.arange(clones), 600).astype(np.int16)
    arrays["rewards"] = np.repeat(np.arange(clones, dtype=float), 600)
    return walks_of(get_body("walker2d"), arrays, "crossq_0", level, 1.0)


def random_recording(episodes, clones):
    """A recording whose states are drawn anew in every row."""
    arrays = recording(episodes, clones)
    shape = arrays["observations"].shape
    arrays["observations"] = np.random.default_rng(len(episodes)).normal(size=shape)
    arrays["observations"] = arrays["observations"].astype(np.float32)
    return arrays


def stand(observations: np.ndarray) -> np.ndarray:
    """Hold the legs straight by springs and dampers; computed row by row."""
    return np.clip(-observations[:, ANGLES] - 0.05 * observations[:, VELOCITIES], -1, 1)


def bend(observations: np.ndarray) -> np.ndarray:
    """Fall soon."""
    return np.clip(stand(observations) - np.array([0.6, 0.6, 0, 0, 0, 0]), -1, 1)


def assert_same(one, two):
    assert one.keys() == two.keys()
    for name in one:
        np.testing.assert_array_equal(one[name], two[name], err_msg=name, strict=True)


def assert_rate(hits, rate):
    """Assert that the share of hits lies where it does for 99 of 100 calibrated methods."""
    assert len(hits) >= 200
    low, high = binom.interval(0.99, len(hits), rate)
    assert low <= sum(hits) <= high, f"{sum(hits)} of {len(hits)} outside {low:.0f} to {high:.0f}"


SHOWN_ROWS = 60  # states that networks are shown


SIMILARITY_MEASURES = (
    "cka", "cka_debiased", "cka_null", "procrustes", "cka_deconfounded", "cka_whitened",
)  # fmt: skip


def equal_layers(table, comparison, stimuli, clone):
    """The pairs of equal layers of one comparison, from a table of similarities."""
    return table[
        (table["comparison"] == comparison)
        & (table["stimuli"] == stimuli)
        & (table["clone"] == clone)
        & (table["layer_first"] == table["layer_second"])
    ]


def related(n=60, p=9, q=5, seed=0):
    """Two arrays of the same rows, the second a noisy linear map of the first."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(n, p)) * np.geomspace(1, 0.05, p)
    return x, x @ rng.normal(size=(p, q)) + 0.3 * rng.normal(size=(n, q))


def with_outliers(values, size, count):
    """The same values with the first rows multiplied."""
    values = values.copy()
    values[:count] *= size
    return values


def gait_heights(rows, seed=0, period=111.3):
    """Seven heights that repeat with the gait, in m, with a little noise."""
    rng = np.random.default_rng(seed)
    phase = 2 * np.pi * np.arange(rows) / period
    shifts = np.linspace(0, 5, 7)
    x = 0.6 + 0.2 * np.cos(phase[:, None] + shifts) + 0.1 * np.cos(2 * phase[:, None] - shifts)
    return x + 0.01 * rng.standard_normal(x.shape)


def blobs(*specifications, seed=0):
    """Points in the plane around several centres: (number, x, y, standard deviation) of each."""
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [np.array([x, y]) + sd * rng.standard_normal((n, 2)) for n, x, y, sd in specifications]
    )


def observed_gait(lengths=(700, 600, 600, 500), clones=(0, 0, 1, 1)):
    """A recording of clones that observe their periodic gait, at a speed that drifts."""
    arrays = recording(lengths, clones)
    gaits = [synthetic_gait(n / RATE, 1.25, seed=i, noise=0.01, joints=8)
             for i, n in enumerate(lengths)]  # fmt: skip
    gait = np.concatenate([np.roll(g, i * 30, axis=0) for i, g in enumerate(gaits)])
    arrays["qpos"][:, 1:] = 0.3 * gait
    arrays["qvel"][:] = np.gradient(arrays["qpos"], 1 / RATE, axis=0)
    arrays["qvel"][:, 0] = 2 + 0.1 * gait[:, 0] + np.sin(np.arange(len(gait)) / 77)
    arrays["contacts"][:] = gait[:, :2] > 0.2
    observed = np.column_stack([arrays["qpos"][:, 1:], arrays["qvel"]])
    arrays["observations"] = observed.astype(np.float32)
    return arrays


def learner(algorithm, **options):
    """An untrained learner on Walker2d whose replay buffer holds 200 random transitions."""
    model = algorithm(
        "MlpPolicy",
        "Walker2d-v5",
        learning_rate=1e-3,
        batch_size=32,
        buffer_size=500,
        seed=0,
        device="cpu",
        **options,
    )
    model._setup_learn(100)
    rng = np.random.default_rng(1)
    for _ in range(200):
        model.replay_buffer.add(
            rng.normal(size=(1, 17)),
            rng.normal(size=(1, 17)),
            rng.uniform(-1, 1, (1, 6)),
            rng.normal(size=1),
            rng.random(1) < 0.1,
            [{}],
        )
    return model
