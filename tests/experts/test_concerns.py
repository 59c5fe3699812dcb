"""What is said about an expert when it is placed: what its trial walk shows, and where it lies."""

import numpy as np
import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.experts.concerns import (
    band_concerns,
    concerns,
    file_concerns,
    length_concerns,
)

BODY = get_body("walker2d")
WHOLE = np.full(5, 1000)


def told(lengths, transient=2.0, segment=512, steps=1000):
    return " ".join(length_concerns(np.array(lengths), BODY, transient, segment, steps))


def test_an_expert_that_walks_raises_no_concern():
    assert concerns(np.full(5, 4000.0), WHOLE, BODY) == []
    assert told(WHOLE) == ""
    assert file_concerns([], "mine") == []


@pytest.mark.parametrize(("name", "least"), [("walker2d", 1000), ("halfcheetah", 500)])
def test_a_return_that_standing_still_would_earn_is_told_with_the_usual_causes(name, least):
    (text,) = concerns(np.full(5, least - 1.0), WHOLE, get_body(name))
    assert f"returns more than {least}" in text
    assert "VecNormalize" in text


def test_falls_within_the_start_transient_are_told_with_its_length():
    text = told([20, 250, 251, 100, 30])
    assert text.startswith("all 5 episodes of this expert end within the start transient")
    assert "2 s, 250 steps" in text
    assert told([20, 252, 1000, 1000, 30]).startswith("2 of 5 episodes")


def test_a_walk_without_a_whole_segment_is_told_with_the_longest_walk():
    assert "a segment of 512 rows" in told([300, 761, 400, 400, 300])
    assert "the longest has 511" in told([300, 761, 400, 400, 300])
    assert told([300, 762, 400, 400, 300]) == ""


def test_an_episode_without_a_fall_goes_on_to_the_end_of_the_recording():
    assert told(WHOLE, segment=1500, steps=2000) == ""
    assert "the longest has 1750" in told(WHOLE, segment=1751, steps=2000)


def test_files_that_may_be_statistics_are_named_with_the_key_that_reads_them():
    (text,) = file_concerns(["a/obs_rms.pkl", "norm.pkl"], "mine")
    assert text.startswith("a/obs_rms.pkl, norm.pkl may be the VecNormalize")
    assert "experts.mine.normalisation" in text


def test_a_band_above_half_the_sampling_rate_is_told():
    assert band_concerns(BODY, 0.3) == band_concerns(get_body("halfcheetah"), 0.3) == []
    assert "up to 62.5 Hz" in band_concerns(BODY, 62.5)[0]
    assert "up to 10 Hz" in band_concerns(get_body("halfcheetah"), 15.0)[0]
