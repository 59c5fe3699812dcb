"""From a recording and its activations to the tables of dynamics, decoding and measures."""

from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest

from brainiarb.activity.activations import record_own
from brainiarb.activity.stimuli import own
from brainiarb.activity.tables import (
    LEAST_ROWS,
    MEASURED,
    TARGETS,
    Settings,
    dynamics_measures,
    dynamics_tables,
)
from brainiarb.actors.actors import untrained
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.bodies.registry import get_body
from brainiarb.gait.walk import walks_of
from builders import observed_gait

BODY = get_body("walker2d")
TRANSIENT = 0.2
SETTINGS = Settings(components=4, surrogates=9)


@pytest.fixture
def analyse(tmp_path):
    """Record activations of untrained networks on their own walks and make the tables."""

    def run(rollouts, level=40, rows=10_000, alpha=0.05):
        clones = np.unique(rollouts["clone_ids"])
        actors = untrained((17, 6), clones.tolist())
        with h5py.File(tmp_path / "a.h5", "w") as file:
            record_own(file, "own", actors, [own(rollouts, k, rows) for k in clones])
            walks = walks_of(BODY, rollouts, "e", level, TRANSIENT)
            return dynamics_tables(walks, file, replace(SETTINGS, alpha=alpha), seed=1)

    return run


def test_every_agent_has_its_rotations_and_scores(analyse):
    rotations, tracks, decoded = analyse(observed_gait())
    layers = {OBSERVATIONS, "linear1", "linear2", "mean_linear", "log_std_linear"}
    agents = rotations.groupby(["clone", "layer"])
    assert set(agents.groups) == {(k, layer) for k in (0, 1) for layer in layers}
    assert (agents.size() == 2).all()
    assert (rotations["note"] == "").all()
    # 25 rows of each episode are its transient.
    assert rotations.groupby("clone")["rows"].first().tolist() == [1250, 1050]
    assert (rotations["r2"] > 0).all()
    assert (rotations["r2"] <= rotations["r2_unconstrained"] + 1e-12).all()
    kinds = ["time_shuffled_p", "phase_randomised_p", "covariance_matched_p"]
    assert (rotations.loc[rotations["median"], kinds] >= 0.1).all(axis=None)
    assert rotations.loc[~rotations["median"], kinds].isna().all(axis=None)
    assert set(tracks["layer"]) == {OBSERVATIONS, "linear2"}
    assert len(tracks) == 2 * 375
    scores = decoded.set_index(["clone", "layer", "target"])["value"]
    for clone in (0, 1):
        assert scores[clone, OBSERVATIONS, "joints"] > 0.999
        assert scores[clone, OBSERVATIONS, "speed"] > 0.999
        assert scores[clone, OBSERVATIONS, "phase"] > 0.9
        assert scores[clone, "linear2", "speed"] < scores[clone, OBSERVATIONS, "speed"]
        assert scores[clone, "linear2", "contact"] > 0.8


def test_the_interval_of_the_surrogates_follows_alpha(analyse):
    wide, narrow = (analyse(observed_gait(), alpha=alpha)[0].dropna() for alpha in (0.05, 0.5))
    assert len(wide) > 0
    for kind in ("time_shuffled", "phase_randomised", "covariance_matched"):
        assert (wide[f"{kind}_low"] < narrow[f"{kind}_low"]).all()
        assert (narrow[f"{kind}_high"] < wide[f"{kind}_high"]).all()


def test_the_same_recording_gives_the_same_tables(analyse):
    for first, second in zip(analyse(observed_gait()), analyse(observed_gait()), strict=True):
        pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_measures_hold_one_number_for_each_agent(analyse):
    rotations, _, decoded = analyse(observed_gait())
    table = dynamics_measures(rotations, decoded)
    assert list(table) == ["expert", "level", "clone", "measure", "unit", "value", "status", "note"]
    assert not table.duplicated(["level", "clone", "measure"]).any()
    expected = {f"{name}_{layer}" for layer in MEASURED
                for name in ("jpca_r2", "jpca_r2_ratio", "participation_ratio",
                             *(f"decode_{target}" for target in TARGETS))}  # fmt: skip
    expected |= {"jpca_r2_gain_linear1", "jpca_r2_gain_linear2"}
    assert set(table["measure"]) == expected
    values = table.set_index(["clone", "measure"])["value"]
    assert values.notna().all()
    for clone in (0, 1):
        difference = values[clone, "jpca_r2_linear2"] - values[clone, "jpca_r2_observations"]
        assert values[clone, "jpca_r2_gain_linear2"] == pytest.approx(difference)


def test_the_expert_has_level_and_clone_minus_one(analyse):
    tables = analyse(observed_gait((700, 600), (0, 0)), level=-1)
    for table in (*tables, dynamics_measures(tables[0], tables[2])):
        assert set(table["level"]) == set(table["clone"]) == {-1}


def test_agents_that_fall_at_once_leave_a_note_in_every_table(analyse):
    rotations, _, decoded = analyse(observed_gait((10, 30, 600, 500)))
    fallen = rotations[rotations["clone"] == 0]
    assert set(fallen["note"]) == {f"fewer than {LEAST_ROWS} steady rows"}
    assert set(fallen["rows"]) == {5}
    of_decoding = decoded[decoded["clone"] == 0]
    assert of_decoding["value"].isna().all()
    assert of_decoding["note"].str.contains("fewer than").all()
    table = dynamics_measures(rotations, decoded)
    fallen = table[table["clone"] == 0]
    assert fallen["value"].isna().all()
    assert (fallen["note"] != "").all()
    assert table.loc[table["clone"] == 1, "value"].notna().all()
    assert len(fallen) == (table["clone"] == 1).sum()


def test_where_nobody_walks_the_tables_still_have_their_columns(analyse):
    full, nothing = (
        analyse(observed_gait(lengths)) for lengths in ((700, 600, 600, 500), (9,) * 4)
    )
    assert list(nothing[1]) == list(full[1])
    assert len(nothing[1]) == 0
    assert len(dynamics_measures(nothing[0], nothing[2])) > 0


def test_where_one_episode_has_a_phase_the_rest_is_read_in_all(analyse):
    _, _, decoded = analyse(observed_gait((700, 600, 600, 110)))
    scores = decoded[decoded["clone"] == 1]
    assert set(scores["episodes"]) == {2}
    phase = scores["target"] == "phase"
    assert set(scores.loc[phase, "note"]) == {"one episode has a phase"}
    assert scores.loc[~phase, "value"].notna().all()


def test_without_a_cycle_there_is_no_phase_but_the_rest(analyse):
    walked = observed_gait()
    noise = np.random.default_rng(0).normal(size=walked["qpos"].shape)
    walked["qpos"][:, 1:] = noise[:, 1:]
    _, _, decoded = analyse(walked)
    phase = decoded["target"] == "phase"
    assert set(decoded.loc[phase, "note"]) == {"no stable cycle"}
    assert decoded.loc[phase, "value"].isna().all()
    assert decoded.loc[~phase, "value"].notna().all()


def test_a_second_episode_of_one_decoded_row_leaves_a_note(analyse):
    _, _, decoded = analyse(observed_gait((700, 600, 600, 28)))
    scores = decoded[decoded["clone"] == 1]
    assert scores["value"].isna().all()
    assert scores["note"].str.contains("one of a single row").all()
