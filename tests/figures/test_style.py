"""The look: letters of panels, grids of panels, colours, confidence, resolution."""

from itertools import islice, pairwise

import pytest
from matplotlib.figure import Figure
from matplotlib.image import imread

from brainiarb.figures import style


def test_panels_have_letters_beyond_z():
    names = list(islice(style.letters(), 30))
    assert names[:2] == ["A", "B"]
    assert names[25:28] == ["Z", "AA", "AB"]
    assert len(set(names)) == 30


@pytest.mark.parametrize("panels", [1, 3, 4, 5, 12, 13])
def test_panels_fill_rows_and_places_without_a_panel_stay_empty(panels):
    figure = Figure()
    grid = style.panel_grid(figure, panels, 4)
    assert len(grid) == panels
    assert len(figure.axes) == 4 * -(-panels // 4)
    assert [axes for axes in figure.axes if axes.axison] == grid


def test_a_panel_above_an_empty_place_has_the_labels_of_the_x_axis():
    figure = Figure()
    grid = style.panel_grid(figure, 5, 4)
    figure.draw_without_rendering()
    labelled = [any(tick.label1.get_visible() for tick in a.xaxis.get_major_ticks()) for a in grid]
    assert labelled == [False, True, True, True, True]


def test_neighbouring_series_differ_in_colour_however_many_there_are():
    colours = [style.series_colour(number) for number in range(20)]
    assert all(first != second for first, second in pairwise(colours))
    assert colours[:2] == [style.CLEAN, style.NOISY]


@pytest.mark.parametrize("dpi", [50, 100])
def test_dpi_sets_the_pixels(dpi, tmp_path):
    style.save(Figure(figsize=(style.PAGE_WIDTH, 1)), tmp_path / "a.png", dpi)
    assert imread(tmp_path / "a.png").shape[:2] == (dpi, style.PAGE_WIDTH * dpi)
