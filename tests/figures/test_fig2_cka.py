"""Figure 2: heat maps of CKA with their numbers, beside those that the study published."""

import re

import pytest

from figure_drawing import drawn, words


def test_heat_maps_show_medians_and_say_what_is_undefined():
    figure, numbers = drawn("fig2_cka")
    assert sorted(numbers["panel"].unique()) == list("ABCDEFGHIJK")
    full = numbers[~numbers["panel"].isin(["J"])]
    assert (full.groupby("panel").size() == 16).all()
    assert words(figure).count("undef.") == 4
    shown = [float(word) for word in words(figure) if re.fullmatch(r"\d\.\d\d", word)]
    assert set(numbers["cka"].dropna().round(2)) <= set(shown)


def test_the_floor_is_the_median_of_all_untrained_networks():
    numbers = drawn("fig2_cka")[1]
    floor = numbers[(numbers["panel"] == "G") & numbers["cka"].notna()]
    assert set(floor["n"]) == {2}
    assert (floor["low"] < floor["cka"]).all()
    assert (floor["cka"] < floor["high"]).all()


def test_one_network_on_other_episodes_is_the_median_of_its_splits():
    numbers = drawn("fig2_cka")[1]
    assert numbers.loc[numbers["panel"] == "H", "cka"].to_numpy() == pytest.approx(0.05)


def test_published_values_stand_below_and_unknown_ones_are_blank():
    numbers = drawn("fig2_cka")[1].set_index(["panel", "layer_first", "layer_second"])["cka"]
    assert numbers["K", "linear2", "linear2"] == 0.055544
    assert numbers["I", "linear1", "linear2"] == 0.564075
    assert numbers["J", "linear2", "log_std_linear"] == 0.86
    assert ("J", "linear1", "linear2") not in numbers


def test_what_is_unpaired_is_called_so():
    titles = [word for word in words(drawn("fig2_cka")[0]) if word.endswith("unpaired")]
    assert len(titles) == 4
