"""Figure 4: spectra of expert and clones, harmonics, and distances."""

import numpy as np
import pytest

from figure_drawing import draw, drawn, points, tables_of, words
from figure_tables import spectra


def panel(figure, label):
    return next(axes for axes in figure.axes if axes.get_ylabel() == label)


def test_spectra_are_drawn_over_hertz_for_expert_clean_and_noisy_clone():
    figure, shown = drawn("fig4_psd")
    numbers = shown[(shown["kind"] == "spectrum") & (shown["median"] == True)]  # noqa: E712
    assert set(numbers["level"]) == {-1, 0, 40}
    assert numbers["frequency"].between(0.3, 20).all()
    lines = [line for line in figure.axes[0].lines if len(line.get_xdata()) > 2]
    assert [line.get_label() for line in lines] == [
        "expert (7 segments of 3 episodes)",
        "clone, clean (number 1, 7 segments of 3 episodes)",
        "clone, 40 % noise (number 1, 7 segments of 3 episodes)",
    ]  # fmt: skip
    np.testing.assert_array_equal(
        lines[0].get_xdata(),
        numbers.query("level == -1 and channel == 'z position of the torso'")["frequency"],
    )
    assert "frequency (Hz)" in words(figure)
    # A band for each level: the range of its clones.
    assert len(figure.axes[0].collections) == 2


def test_spectra_end_at_half_the_sampling_rate_where_the_band_reaches_beyond():
    table = spectra()
    figure, _ = draw("fig4_psd", {"spectra": table[table["frequency"] < 12]})
    assert figure.axes[0].get_xlim() == (
        0.3,
        pytest.approx(table["frequency"].where(lambda f: f < 12).max()),
    )


def test_the_expert_its_harmonics_and_the_other_experts_are_marked_among_the_spectra():
    figure, _ = drawn("fig4_psd")
    upright = [line for line in figure.axes[0].lines if len(set(line.get_xdata())) == 1]
    assert [line.get_xdata()[0] for line in upright] == [0.0 + k for k in range(1, 9)]
    distance = panel(figure, "Hellinger distance to the expert")
    assert [text.get_text() for text in distance.texts] == ["sac_0"]


def test_a_panel_counts_the_clones_that_have_a_value():
    fundamental = panel(drawn("fig4_psd")[0], "rate of the gait (Hz)")
    assert [text.get_text() for text in fundamental.texts] == ["3/4"]


def spans(axes):
    """The [low, high] of the lines that span the estimates of a rate, in the order of agents."""
    return [list(line.get_ydata()) for line in axes.lines if line.get_linewidth() == 1.5]


def with_rates(*agent, **values):
    """The measures of the figure, with other rates of one agent (level, clone)."""
    measures = tables_of("fig4_psd")["measures"]
    of_agent = (measures["level"] == agent[0]) & (measures["clone"] == agent[1])
    for name, value in values.items():
        measures = measures.assign(
            value=measures["value"].mask(of_agent & (measures["measure"] == name), value)
        )
    return measures


def test_the_three_estimates_of_every_agent_are_spanned_by_a_line():
    measures = with_rates(0, 2, fundamental=3.1, spectral_peak=2.9, stride_frequency=3.4)
    figure, _ = draw("fig4_psd", {"measures": measures})
    rate = panel(figure, "rate of the gait (Hz)")
    lines = spans(rate)
    assert len(lines) == 1 + 2 * 4
    assert lines[3] == [2.9, 3.4]
    assert lines[0] == [1.0, 1.0]


def test_one_estimate_alone_is_not_spanned():
    measures = with_rates(0, 2, fundamental=np.nan, spectral_peak=np.nan, stride_frequency=90.0)
    rate = panel(draw("fig4_psd", {"measures": measures})[0], "rate of the gait (Hz)")
    assert rate.get_ylim()[1] < 10


def test_the_rate_has_points_and_a_median_and_no_mean():
    figure, _ = drawn("fig4_psd")
    rate = panel(figure, "rate of the gait (Hz)")
    assert not points(rate, "_")
    assert len(rate.collections) == 2


def test_the_estimates_of_the_experts_rate_are_a_band_among_the_spectra():
    measures = with_rates(-1, -1, fundamental=1.3, spectral_peak=1.2, stride_frequency=1.5)
    figure, _ = draw("fig4_psd", {"measures": measures})
    (band,) = figure.axes[0].patches
    assert [band.get_x(), band.get_x() + band.get_width()] == pytest.approx([1.2, 1.5])
    upright = [line for line in figure.axes[0].lines if len(set(line.get_xdata())) == 1]
    assert upright[0].get_xdata()[0] == 1.3


def test_where_no_episode_holds_a_segment_every_spectrum_says_so():
    table = spectra().drop_duplicates(["level", "clone", "channel"])
    table = table.assign(frequency=0.0, density=np.nan, fundamental=np.nan)
    measures = tables_of("fig4_psd")["measures"]
    measures = measures.assign(value=np.nan, status="absent")
    figure, _ = draw("fig4_psd", {"spectra": table, "measures": measures})
    figure.draw_without_rendering()
    channels = table["channel"].nunique()
    assert words(figure).count("no episode\nholds a segment") == channels


def test_a_channel_that_stands_still_says_that_it_has_no_power():
    table = spectra()
    still = table["channel"] == "z position of the torso"
    figure, _ = draw("fig4_psd", {"spectra": table.assign(density=table["density"].mask(still, 0))})
    figure.draw_without_rendering()
    assert words(figure).count("no power\nin the band") == 1
    assert "expert" in words(figure)
