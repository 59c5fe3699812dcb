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
        "expert", "clone, clean", "clone, 40 % noise",
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
    fundamental = panel(drawn("fig4_psd")[0], "fundamental (Hz)")
    assert [text.get_text() for text in fundamental.texts] == ["3/4"]


def test_the_harmonic_sum_is_marked_where_its_status_is_unstable_whatever_the_note_says():
    measures = tables_of("fig4_psd")["measures"]
    summed = (measures["measure"] == "fundamental_harmonic_sum") & (measures["clone"] == 2)
    measures = measures.assign(status="ok", note="the harmonic sum finds 2 times this frequency")
    measures.loc[summed & (measures["level"] == 0), ["status", "note"]] = "unstable", ""
    figure, _ = draw("fig4_psd", {"measures": measures})
    (crosses,) = points(panel(figure, "fundamental (Hz)"), "x")
    assert crosses.get_xdata().tolist() == [0]
    assert (
        crosses.get_ydata().tolist()
        == measures.loc[summed & (measures["level"] == 0), "value"].tolist()
    )


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
