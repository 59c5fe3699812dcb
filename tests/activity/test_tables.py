"""From the walk of an expert and activations to the tables of dynamics, decoding and measures."""

from dataclasses import replace

import h5py
import numpy as np
import pandas as pd
import pytest

from brainiarb.activity.activations import record_shared
from brainiarb.activity.networks import clones, references
from brainiarb.activity.stimuli import own
from brainiarb.activity.tables import LEAST_ROWS, Settings, dynamics_measures, dynamics_tables
from brainiarb.activity.walk_activity import shown_walk
from brainiarb.actors.actors import untrained
from brainiarb.actors.architecture import Architecture
from brainiarb.actors.layers import OBSERVATIONS
from brainiarb.bodies.registry import get_body
from brainiarb.gait.walk import walks_of
from builders import observed_gait

BODY = get_body("walker2d")
TRANSIENT = 0.2
SETTINGS = Settings(components=4, surrogates=9)
MEASURES = (
    "jpca_r2_gain_linear2", "participation_ratio_linear2", "decode_phase_linear2",
    "decode_contact_linear2",
)  # fmt: skip


def walked(lengths=(700, 600, 600, 500)):
    return observed_gait(lengths, (0,) * len(lengths))


@pytest.fixture
def analyse(tmp_path):
    """Show a walk to an expert, two untrained networks and a peer, or to two clones."""

    def run(rollouts, level=-1, alpha=0.05, hidden=(None, None), body=BODY):
        shown = own(rollouts, 0, 30)
        (walk,) = walks_of(body, rollouts, "e", -1, TRANSIENT)
        groups = {"expert": [1], "untrained": [2, 3], "peers/sac_1": [4]}
        with h5py.File(tmp_path / "a.h5", "w") as file:
            for group, seeds in groups.items() if level < 0 else [("common", [1, 5])]:
                of_group = hidden[group == "untrained"]
                architecture = Architecture(of_group) if of_group else Architecture()
                actors = untrained((17, 6), seeds, architecture=architecture)
                record_shared(file, group, actors, shown)
            networks = references(file) if level < 0 else clones(file, level, median=1)
            settings = replace(SETTINGS, alpha=alpha)
            return dynamics_tables(shown_walk(walk, 10_000), networks, settings, seed=1)

    return run


def test_every_network_has_its_rotations_and_scores_beside_the_observations(analyse):
    rotations, tracks, decoded = analyse(walked())
    agents = rotations.groupby(["network", "clone"], sort=False)
    networks = [
        (OBSERVATIONS, -1), ("expert", -1), ("untrained", 0), ("untrained", 1), ("sac_1", -1),
    ]  # fmt: skip
    assert list(agents.groups) == networks
    assert (agents.size() == 2).all()
    assert (rotations["note"] == "").all()
    # 25 rows of each episode are its transient.
    assert set(rotations["rows"]) == {2300}
    assert (rotations["r2"] <= rotations["r2_unconstrained"] + 1e-12).all()
    kinds = ["time_shuffled_p", "phase_randomised_p", "covariance_matched_p"]
    assert (rotations.loc[rotations["drawn"], kinds] >= 0.1).all(axis=None)
    assert rotations.loc[~rotations["drawn"], kinds].isna().all(axis=None)
    drawn = [network for network in networks if network != ("untrained", 1)]
    assert list(tracks.groupby(["network", "clone"], sort=False).groups) == drawn
    assert len(tracks) == 4 * 375
    scores = decoded.set_index(["network", "clone", "target"])["value"]
    assert set(decoded["target"]) == {"phase", "contact"}
    assert scores[OBSERVATIONS, -1, "phase"] > 0.9
    assert scores["expert", -1, "contact"] > 0.8


def test_the_gain_of_a_network_is_over_the_same_observations(analyse):
    (rotations, _, _), (of_clones, _, _) = analyse(walked()), analyse(walked(), level=40)
    reference = rotations.loc[rotations["network"] == OBSERVATIONS, "r2"].iloc[0]
    for table in (rotations[rotations["network"] != OBSERVATIONS], of_clones):
        np.testing.assert_allclose(table["r2_gain"], table["r2"] - reference)
    # The first clone is the expert itself.
    expert = rotations[rotations["network"] == "expert"]
    same = of_clones[of_clones["clone"] == 0]
    np.testing.assert_array_equal(expert["r2_gain"], same["r2_gain"])
    assert OBSERVATIONS not in set(of_clones["network"])
    assert of_clones.groupby("clone")["drawn"].first().tolist() == [False, True]


def test_the_interval_of_the_surrogates_follows_alpha(analyse):
    wide, narrow = (
        analyse(walked(), alpha=alpha)[0].query("network == 'expert'") for alpha in (0.05, 0.5)
    )
    for kind in ("time_shuffled", "phase_randomised", "covariance_matched"):
        assert (wide[f"{kind}_low"] < narrow[f"{kind}_low"]).all()
        assert (narrow[f"{kind}_high"] < wide[f"{kind}_high"]).all()


def test_the_same_recording_gives_the_same_tables(analyse):
    for first, second in zip(analyse(walked()), analyse(walked()), strict=True):
        pd.testing.assert_frame_equal(first, second, check_exact=True)


def test_measures_hold_one_number_for_each_agent_and_floor(analyse):
    for level, names in ((-1, ("", "floor_")), (40, ("",))):
        rotations, _, decoded = analyse(walked(), level)
        table = dynamics_measures(rotations, decoded)
        columns = ["expert", "level", "clone", "measure", "unit", "value", "status", "note"]
        assert list(table) == columns
        assert not table.duplicated(["level", "clone", "measure"]).any()
        expected = {f"{prefix}{measure}" for prefix in names for measure in MEASURES}
        assert set(table["measure"]) == expected
        assert set(table["level"]) == {level}
        assert table["value"].notna().all()


def test_each_network_is_analysed_and_named_by_the_second_layer_that_it_has(analyse):
    rotations, _, decoded = analyse(walked(), hidden=((9,), (9, 8, 7)))
    layers = decoded.drop_duplicates("network").set_index("network")["layer"].to_dict()
    assert layers == {
        OBSERVATIONS: OBSERVATIONS, "expert": "linear1", "untrained": "linear2", "sac_1": "linear1",
    }  # fmt: skip
    assert set(rotations["layer"]) == {OBSERVATIONS, "linear1", "linear2"}
    named = set(dynamics_measures(rotations, decoded)["measure"])
    assert {"jpca_r2_gain_linear1", "floor_jpca_r2_gain_linear2"} <= named
    assert not {"jpca_r2_gain_linear2", "floor_jpca_r2_gain_linear1"} & named


def test_a_walk_that_ends_at_once_leaves_a_note_in_every_table(analyse):
    rotations, tracks, decoded = analyse(walked((10, 30)))
    assert set(rotations["note"]) == {f"fewer than {LEAST_ROWS} steady rows"}
    assert set(rotations["rows"]) == {5}
    assert decoded["value"].isna().all()
    assert decoded["note"].str.contains("fewer than").all()
    table = dynamics_measures(rotations, decoded)
    assert table["value"].isna().all()
    assert (table["note"] != "").all()
    assert list(tracks) == list(analyse(walked())[1])
    assert len(tracks) == 0


def test_where_one_episode_has_a_phase_the_rest_is_read_in_all(analyse):
    _, _, decoded = analyse(walked((600, 110)))
    assert set(decoded["episodes"]) == {2}
    phase = decoded["target"] == "phase"
    assert set(decoded.loc[phase, "note"]) == {"one episode has a phase"}
    assert decoded.loc[~phase, "value"].notna().all()


def test_without_a_cycle_there_is_no_phase_but_the_rest(analyse):
    rollouts = walked()
    noise = np.random.default_rng(0).normal(size=rollouts["qpos"].shape)
    rollouts["qpos"][:, 1:] = noise[:, 1:]
    _, _, decoded = analyse(rollouts)
    phase = decoded["target"] == "phase"
    assert set(decoded.loc[phase, "note"]) == {"no stable cycle"}
    assert decoded.loc[phase, "value"].isna().all()
    assert decoded.loc[~phase, "value"].notna().all()


def test_a_body_without_feet_has_no_contact_and_no_phase(analyse):
    rollouts = walked()
    rollouts["contacts"] = rollouts["contacts"][:, :0]
    rotations, _, decoded = analyse(rollouts, body=replace(BODY, feet=()))
    assert set(decoded["target"]) == {"phase", "contact"}
    assert set(decoded["note"]) == {"the body has no feet"}
    assert decoded["value"].isna().all()
    assert np.isfinite(rotations["r2"]).all()


def test_a_second_episode_of_one_decoded_row_leaves_a_note(analyse):
    _, _, decoded = analyse(walked((600, 28)))
    assert decoded["value"].isna().all()
    assert decoded["note"].str.contains("one of a single row").all()


def test_a_gain_over_observations_that_do_not_rotate_says_so(analyse):
    rotations, _, decoded = analyse(walked())
    rotations = rotations.assign(r2_gain=np.nan)
    table = dynamics_measures(rotations, decoded).set_index("measure")
    gains = table.loc["jpca_r2_gain_linear2"]
    assert gains["note"] == "undefined: the observations have no rotation"
    assert table.loc["participation_ratio_linear2", "note"] == ""
