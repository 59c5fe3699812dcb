"""What networks hold: a panel per target and per measure, a point per network."""

import numpy as np

from brainiarb.figures import fig_decoding
from figure_drawing import draw, drawn, tables_of, words

KINDS = {"expert": 1, "clone": 6, "untrained": 2, "other": 2}


def points_of(axes, kind):
    """Heights of the points of one kind of networks, from left to right."""
    lines = [line for line in axes.lines if line.get_label() == kind]
    return np.concatenate([line.get_ydata() for line in lines])


def test_every_network_is_a_point_of_each_target_beside_the_observation():
    figure, numbers = drawn("fig_decoding")
    for axes, target in zip(figure.axes[:2], fig_decoding.DECODED, strict=True):
        scores = numbers[numbers["target"] == target]
        for kind, count in KINDS.items():
            values = points_of(axes, kind)
            assert len(values) == count
            if kind != "other":
                np.testing.assert_array_equal(values, scores[scores["network"] == kind]["value"])
        observed = scores[scores["network"] == "observations"]["value"].item()
        dotted = [line for line in axes.lines if line.get_linestyle() == ":"]
        assert [line.get_ydata()[0] for line in dotted] == [observed]
        assert axes.get_ylabel() == fig_decoding.SCORES["AUC" if target == "contact" else "R2"]


def test_every_network_is_a_point_of_what_it_shows_by_itself():
    figure, numbers = drawn("fig_decoding")
    for axes, measure in zip(figure.axes[2:], fig_decoding.SINGLE, strict=True):
        of_layer = numbers["measure"] == f"{measure}_linear2"
        values = numbers[of_layer].set_index("network")["value"]
        np.testing.assert_array_equal(points_of(axes, "clone"), values["clone"])
        np.testing.assert_array_equal(points_of(axes, "other"), values[["crossq_1", "sac_0"]])
        ticks = [tick.get_text() for tick in axes.get_xticklabels()]
        assert ticks == ["exp.", "0", "20", "40", "untr.", "others"]
    assert "silent_units_linear1" not in set(numbers["measure"].dropna())


def test_each_network_is_drawn_by_the_layer_that_is_decoded_of_it():
    tables = tables_of("fig_decoding")
    shallow = {name: table["network"] == "expert" for name, table in tables.items()}
    decoding = tables["decoding"].assign(
        layer=tables["decoding"]["layer"].mask(shallow["decoding"], "linear1")
    )
    figure, numbers = draw("fig_decoding", {"decoding": decoding})
    assert "silent units of linear 1 or linear 2" in figure.axes[2].get_title(loc="left")
    shown = numbers[numbers["measure"].notna()].groupby("network")["measure"].agg(set)
    assert shown["expert"] == {"silent_units_linear1"}
    assert shown["clone"] == {"silent_units_linear2", "self_cka_log_std_linear2"}


def test_networks_without_a_value_are_counted_and_their_reason_is_told():
    single = tables_of("fig_decoding")["single_networks"]
    lost = single["measure"].eq("self_cka_log_std_linear2") & single["network"].eq("expert")
    lost |= single["measure"].eq("silent_units_linear2")
    single = single.assign(
        value=single["value"].mask(lost), note=np.where(lost, "only units of a ReLU", "")
    )
    figure, _ = draw("fig_decoding", {"single_networks": single})
    silent, own_head = figure.axes[2:4]
    said = [text.get_text() for text in silent.texts]
    assert "no value\nonly units of a ReLU" in said
    assert [text.get_text() for text in own_head.texts] == ["0/1"]


def test_a_panel_without_any_value_says_so():
    decoding = tables_of("fig_decoding")["decoding"]
    lost = decoding["target"] == "phase"
    decoding = decoding.assign(value=decoding["value"].mask(lost))
    figure, _ = draw("fig_decoding", {"decoding": decoding})
    assert words(figure).count("no value") == 1
