"""The film `gait_cycle`: each body beside its place on the one map, through one gait cycle."""

from collections.abc import Iterator, Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from brainiarb.figures.fig1_walker import draw_pose, extent, top
from brainiarb.figures.fig3_gait_cycles import map_panel
from brainiarb.figures.film import FilmedAgent
from brainiarb.figures.style import NOISY, agent_name, head

WIDTH, HEIGHT = 6.4, 5.6  # inches
MARGIN = 0.15  # m around a skeleton
STILL = 0.2  # s that a film lasts where no agent has a cycle: one pose, repeated


def film_seconds(agents: Sequence[FilmedAgent]) -> float:
    """Return how long (s) a film of agents lasts: their longest cycle, or `STILL` without one."""
    longest = max(float(agent.cycle["time"].max()) for agent in agents)
    return longest if longest > 0 else STILL


def draw(
    agents: Sequence[FilmedAgent], seconds: float, rate: float, dpi: int
) -> Iterator[np.ndarray]:
    """Yield frames (h, w, 3) uint8, one for each sample of `seconds` of walking at `rate` Hz.

    The agents stand side by side, each above its map, and each repeats its cycle at its own pace.
    """
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=dpi)
    canvas = FigureCanvasAgg(figure)
    panels = figure.subplots(2, len(agents), height_ratios=(1.1, 1.0), squeeze=False)
    clock = panels[0, 0].text(0, 0, "0.00 s", transform=panels[0, 0].transAxes, animated=True)
    for (stage, place), agent in zip(panels.T, agents, strict=True):
        head(stage, "", agent_name(agent.level))
        map_panel(place, agent.cells, agent.cycle)
        place.plot([], [], "o", ms=8, mfc=NOISY, mec="white", mew=1.2, animated=True)
        _set_stage(stage, agent)
    # The first drawing finds the layout, and the second one uses it.
    canvas.draw()
    figure.set_layout_engine("none")
    canvas.draw()
    # What stands still is drawn once, and copied into every frame.
    background = canvas.copy_from_bbox(figure.bbox)
    for sample in range(round(seconds * rate)):
        canvas.restore_region(background)
        clock.set_text(f"{sample / rate:.2f} s")
        for (stage, place), agent in zip(panels.T, agents, strict=True):
            for artist in (*_pose(stage, agent, sample), *_move(place, agent, sample)):
                stage.draw_artist(artist)
        panels[0, 0].draw_artist(clock)
        yield np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _frames(agent: FilmedAgent) -> int:
    """Return how many frames of a cycle differ: the last frame repeats the first."""
    return max(len(agent.cycle) - 1, 1)


def _set_stage(axes: Axes, agent: FilmedAgent) -> None:
    """Prepare the panel in which the body walks."""
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    axes.set_aspect("equal")
    if agent.pictures is not None:
        axes.imshow(agent.pictures[0], animated=True)
    elif len(agent.skeletons):
        axes.axhline(0, color="black", linewidth=0.8)
        axes.set_xlim(extent(agent.skeletons) + np.array([-MARGIN, MARGIN]))
        axes.set_ylim(-0.05, top(agent.skeletons) + MARGIN)


def _pose(axes: Axes, agent: FilmedAgent, sample: int) -> list[Artist]:
    """Return the body in the pose of a sample."""
    number = sample % _frames(agent)
    if agent.pictures is not None:
        axes.images[0].set_data(agent.pictures[number])
        return [axes.images[0]]
    for patch in list(axes.patches):
        patch.remove()
    draw_pose(axes, agent.skeletons[agent.skeletons["pose"] == number])
    return list(axes.patches)


def _move(axes: Axes, agent: FilmedAgent, sample: int) -> list[Artist]:
    """Return the dot at the place of a sample on the map."""
    place = agent.cycle.iloc[sample % _frames(agent)]
    axes.lines[-1].set_data([place["x"]], [place["y"]])
    return [axes.lines[-1]]
