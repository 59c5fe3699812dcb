"""The film `gait_cycle`: each body beside its place on the one map, through one gait cycle."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from brainiarb.figures.fig1_walker import draw_pose, extent, top
from brainiarb.figures.fig3_gait_cycles import map_panel
from brainiarb.figures.film import Actor
from brainiarb.figures.style import NOISY, agent_name, head

WIDTH, HEIGHT = 6.4, 5.6  # inches
MARGIN = 0.15  # m around a skeleton


def draw(actors: Sequence[Actor], seconds: float, rate: float, dpi: int) -> Iterator[np.ndarray]:
    """Yield frames (h, w, 3) uint8, one for each sample of `seconds` of walking at `rate` Hz.

    Agents stand side by side, each above its map, and repeat their cycles at their own pace. Only
    what moves is drawn anew in each frame.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(2, len(actors), height_ratios=(1.1, 1.0), squeeze=False)
    clock = panels[0, 0].text(0, 0, "0.00 s", transform=panels[0, 0].transAxes, animated=True)
    for (body, place), actor in zip(panels.T, actors, strict=True):
        head(body, "", agent_name(actor.level))
        map_panel(place, actor.cells, actor.cycle)
        place.plot([], [], "o", ms=8, mfc=NOISY, mec="white", mew=1.2, animated=True)
        _stage(body, actor)
    # A second drawing takes the layout that the first one found.
    canvas.draw()
    figure.set_layout_engine("none")
    canvas.draw()
    empty = canvas.copy_from_bbox(figure.bbox)
    for sample in range(round(seconds * rate)):
        canvas.restore_region(empty)
        clock.set_text(f"{sample / rate:.2f} s")
        for (body, place), actor in zip(panels.T, actors, strict=True):
            for artist in (*_posed(body, actor, sample), *_placed(place, actor, sample)):
                body.draw_artist(artist)
        panels[0, 0].draw_artist(clock)
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _frames(actor: Actor) -> int:
    """Return the frames of a cycle; its last repeats the first."""
    return max(len(actor.cycle) - 1, 1)


def _stage(axes: Axes, actor: Actor) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_aspect("equal")
    if actor.pictures is not None:
        axes.imshow(actor.pictures[0], animated=True)
    elif len(actor.skeletons):
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xlim(extent(actor.skeletons) + np.array([-MARGIN, MARGIN]))
        axes.set_ylim(-0.05, top(actor.skeletons) + MARGIN)


def _posed(axes: Axes, actor: Actor, sample: int) -> list[Artist]:
    number = sample % _frames(actor)
    if actor.pictures is not None:
        axes.images[0].set_data(actor.pictures[number])
        return [axes.images[0]]
    for patch in list(axes.patches):
        patch.remove()
    draw_pose(axes, actor.skeletons[actor.skeletons["pose"] == number])
    return list(axes.patches)


def _placed(axes: Axes, actor: Actor, sample: int) -> list[Artist]:
    spot = actor.cycle.iloc[sample % _frames(actor)]
    axes.lines[-1].set_data([spot["x"]], [spot["y"]])
    return [axes.lines[-1]]
