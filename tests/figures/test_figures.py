"""Figures: each draws its table, shows no other number, and is the same file each time."""

import re
from collections import Counter
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.image import imread
from matplotlib.text import Text
from matplotlib.transforms import Bbox

from brainiarb.actors.layers import LAYERS
from brainiarb.bodies.model import legs, plain_model
from brainiarb.bodies.observations import observation_table
from brainiarb.bodies.pictures import skeleton_table
from brainiarb.bodies.registry import body_names, get_body
from brainiarb.clones.axes import axis_intervals
from brainiarb.experts.curves import named_curve, read_curve
from brainiarb.figures import (
    fig1_walker,
    fig2_cka,
    fig3_gait_cycles,
    fig4_psd,
    fig_cka_controls,
    fig_decoding,
    fig_functional,
    fig_jpca,
    fig_noise_axes,
    fig_noise_series,
    fig_robustness,
    fig_similarity,
    fig_strides,
    fig_transitions,
    learning_curves,
    style,
    table1,
)
from brainiarb.maps.published import published_maps
from brainiarb.maps.shared import fit_map, shared_map
from brainiarb.maps.tables import distance_table, occupancy_table, place_agents, transition_table
from brainiarb.rollouts.returns import agent_returns
from brainiarb.statistics.measures import measure_rows
from brainiarb.statistics.questions import statistics_table
from builders import MAP_SETTINGS, a_walk, several
from conftest import ROOT

LEVELS = {"noisy_level": 40, "study_level": 80}


def observations(body="walker2d"):
    rows = observation_table(get_body(body))
    return pd.DataFrame([vars(row) for row in rows])


def similarity():
    kinds = [(-1, kind, "own", -1, "again") for kind in ("expert_itself", "expert_two_rollouts")]
    kinds += [(-1, "expert_observation", "expert", -1, "observations")]
    for level, clone in product((0, 40), (0, 1)):
        name = f"clone_{clone}"
        kinds += [(level, "expert_clone", stimuli, clone, name) for stimuli in ("own", "half")]
        kinds += [(level, "clone_itself", "own", clone, name)]
        kinds += [(level, "expert_untrained", "half", clone, f"untrained_{clone}")]
    kinds += [(level, "expert_seed", "half", -1, "crossq_1") for level in (0, 40)]
    table = pd.DataFrame(
        [(*kind, a, b) for kind in kinds for a in LAYERS for b in LAYERS],
        columns=[
            "level", "comparison", "stimuli", "clone", "second", "layer_first", "layer_second",
        ],
    )  # fmt: skip
    unpaired = (table["stimuli"] == "own") & table["comparison"].isin(
        ["expert_clone", "expert_two_rollouts"]
    )
    table["pairing"] = np.where(unpaired, "unpaired", "paired")
    table["cka"] = table["cka_debiased"] = np.linspace(0, 1, len(table))
    undefined = table["layer_second"] == "log_std_linear"
    undefined &= table["comparison"] == "expert_untrained"
    table.loc[undefined, ["cka", "cka_debiased"]] = np.nan
    table["median"] = table["clone"] == 1
    return table.assign(first="expert")


def placed():
    """Measures and statistics of clones: of one layer no position, of one level no interval."""
    names = [f"{name}_{layer}" for name in ("cka", "position") for layer in LAYERS]
    measures = pd.DataFrame(
        list(product(names, (0, 40), (0, 1))), columns=["measure", "level", "clone"]
    )
    measures["value"] = np.linspace(0.2, 0.8, len(measures))
    measures.loc[measures["measure"] == "position_log_std_linear", "value"] = np.nan
    statistics = measures.groupby(["measure", "level"])["value"].mean().reset_index()
    statistics = statistics.assign(kind="level", low=statistics["value"], high=0.9)
    statistics.loc[statistics["level"] == 40, ["low", "high"]] = np.nan
    return {"measures": measures, "statistics": statistics}


def spectra():
    frequency = np.arange(1, 200) * 0.122
    frames = []
    for level, clones in ((-1, [0]), (0, [0, 1]), (40, [0, 1])):
        for clone in clones:
            for channel, unit in (
                ("z position of the torso", "m"),
                ("angle of the left thigh joint", "rad"),
            ):
                frame = pd.DataFrame({"frequency": frequency, "density": 1 / frequency**2})
                frames.append(
                    frame.assign(
                        level=level, clone=clone, channel=channel, unit=unit, fundamental=1.2
                    )
                )
    table = pd.concat(frames, ignore_index=True)
    return table.assign(median=table["clone"] == table.groupby("level")["clone"].transform("max"))


def gait_measures():
    """Measures of an expert and eight clones of two levels, one of which has no stable cycle."""
    harmonics = [f"harmonic_{k}" for k in range(1, 9)]
    names = [*fig_strides.PANELS, "fundamental", "fundamental_harmonic_sum", *harmonics]
    names += list(fig4_psd.DISTANCES)
    agents = [(-1, -1), *((level, clone) for level in (0, 40) for clone in range(4))]
    rows = [(level, clone, name, "1", 2.0 + clone, "") for level, clone in agents for name in names]
    columns = ["level", "clone", "measure", "unit", "value", "note"]
    table = pd.DataFrame(rows, columns=columns)
    unstable = (table["level"] == 40) & (table["clone"] == 0)
    table.loc[unstable, "note"] = "no stable cycle: autocorrelation 0.22"
    table.loc[unstable & (table["measure"] == "fundamental"), "value"] = np.nan
    margins = pd.DataFrame({"measure": names, "reference": 1.0, "low": 0.9, "high": 1.2})
    means = pd.DataFrame({"measure": names, "kind": "level", "level": 40, "estimate": 2.0})
    statistics = means.assign(low=1.5, high=2.5, n_clones=8)
    return {"measures": table, "margins": margins, "statistics": statistics}


def distances():
    table = pd.DataFrame({"comparison": "expert_expert", "other": ["sac_0", "sac_0", "sac_1"]})
    return table.assign(spectral_distance=[4.0, 5.0, np.nan], log_spectral_distance=6.0)


def agents_of_dynamics():
    """Expert, clean and noisy clones; the median clone is the second."""
    rows = [(-1, -1), *((level, clone) for level in (0, 20, 40) for clone in (0, 1))]
    table = pd.DataFrame(rows, columns=["level", "clone"])
    return table.assign(expert="e", median=table["clone"].isin([-1, 1]), note="")


def rotations():
    """Fits and tracks of three agents; that of the noisy clone says why it has none."""
    layers = pd.DataFrame({"layer": ["observations", "linear1", "linear2"]})
    fits = agents_of_dynamics().merge(layers, how="cross")
    fits = fits.merge(pd.DataFrame({"plane": [1.0, 2.0]}), how="cross")
    fits["r2"] = 0.3 + 0.2 * (fits["layer"] == "linear2") + 0.01 * fits["clone"]
    fits = fits.assign(frequency=1.6, plane_variance=0.5)
    for kind in fig_jpca.NULLS:
        fits[f"{kind}_low"], fits[f"{kind}_high"] = 0.01, 0.02
    fallen = (fits["level"] == 40) & fits["median"]
    fits.loc[fallen, ["plane", "r2", "frequency", "plane_variance"]] = np.nan
    fits.loc[fallen, "note"] = "fewer than 100 steady rows"
    fits = fits.drop_duplicates()
    angle = np.linspace(0, 9, 50)
    drawn = agents_of_dynamics().query("median and level in (-1, 0)")
    frames = [
        pd.DataFrame({"time": angle, "x": np.cos(angle), "y": np.sin(angle)}).assign(
            **agent, layer=layer
        )
        for agent in drawn.to_dict("records")
        for layer in fig_jpca.LAYERS
    ]
    return {"jpca": fits, "trajectories": pd.concat(frames, ignore_index=True)}


def decoding():
    rng = np.random.default_rng(0)
    layers = pd.DataFrame({"layer": list(fig_decoding.COLUMNS)})
    scores = {target: "R2" for target in fig_decoding.TITLES} | {"contact": "AUC"}
    targets = pd.DataFrame({"target": scores.keys(), "score": scores.values()})
    table = agents_of_dynamics().merge(layers, how="cross").merge(targets, how="cross")
    return table.assign(value=rng.uniform(0.6, 1, len(table)))


def agents():
    rng = np.random.default_rng(0)
    rows = [("expert", -1, 0), *(("demonstrator", n, k) for n in (0, 40) for k in range(3))]
    rows += [("clone", n, k) for n in (0, 40) for k in range(3)]
    table = pd.DataFrame(rows, columns=["agent", "level", "clone"])
    sampled = table[table["agent"] == "clone"].assign(mode="sampled")
    table = pd.concat([table.assign(mode="mean"), sampled], ignore_index=True)
    for name in [*fig_noise_series.PANELS][:-1]:
        table[name] = rng.uniform(0, 3000, len(table))
    return table


def noise_tables(errors=True):
    """The tables of the noise series: measures of every clone and what they give together."""
    rows = [("clone", n, k, "action_mse_expert", n + k) for n in (0, 40) for k in range(3)]
    measures = pd.DataFrame(rows, columns=["agent", "level", "clone", "measure", "value"])
    statistics = pd.DataFrame({"measure": "return", "kind": ["iqm", "level"] * 2})
    statistics = statistics.assign(level=[0, 0, 40, 40], estimate=9.0, low=8.0, high=[11, 1, 12, 1])
    measures = measures.drop(columns="agent") if errors else measures.iloc[:0]
    return {"agents": agents(), "measures": measures, "statistics": statistics}


def axis_tables():
    """Clones of two meanings and three counts of episodes at two levels, with intervals."""
    places = [("executed", 20, False), ("label", 20, False), ("executed", 1, False)]
    places += [("executed", 5, False), ("executed", 5, True), ("executed", 20, True)]
    rows = [(*place, level, clone) for place in places for level in (0, 80) for clone in range(3)]
    table = pd.DataFrame(rows, columns=["meaning", "episodes", "held", "level", "clone"])
    table = table.assign(expert="crossq_0", survival=0.5)
    table["return"], table["action_error"] = np.arange(len(table)) * 60.0, table["level"] / 1e3
    return {"noise_axes": table, "intervals": axis_intervals(table, 0, 50, 0.05)}


def curves():
    """Three experts by two algorithms, and one from elsewhere without a curve."""
    step = np.arange(1, 5) * 5000
    measured = pd.DataFrame({"step": step, "update": step, "wall_time_s": step / 50.0})
    measured = measured.assign(return_mean=[100.0, 900, 700, 400], return_sd=9.0, length_mean=500)
    parts = [
        named_curve(
            measured.assign(return_mean=measured["return_mean"] + place),
            expert,
            {"algorithm": expert.split("_")[0], "selected_step": 10000},
        )
        for place, expert in enumerate(("crossq_0", "crossq_1", "sac_0"))
    ]
    return pd.concat([*parts, named_curve(read_curve(None), "mine", {})], ignore_index=True)


def robustness():
    """An expert and two clones of two levels, of which one falls anyway, under two disturbances."""
    series = [("push", [0, 100, 200]), ("friction", [0.5, 1, 1.5])]
    rows = [
        (level, clone, name, dose, 5000.0 - 10 * max(level, 0) - clone - dose, 1000 - dose)
        for level, clones in ((-1, [-1]), (0, [0, 1]), (40, [0, 1]))
        for clone in clones
        for name, doses in series
        for dose in doses
    ]
    columns = ["level", "clone", "disturbance", "dose", "return", "length"]
    table = pd.DataFrame(rows, columns=columns)
    measures = table[["level", "clone", "disturbance"]].drop_duplicates().assign(value=0.9)
    measures["measure"] = "robust_" + measures["disturbance"]
    measures.loc[measures.eval("level == 40 and clone == 1"), "value"] = np.nan
    statistics = pd.DataFrame(
        {"measure": "robust_push", "kind": "level", "level": [0, 40], "estimate": 0.9}
    ).assign(low=0.8, high=1.0)
    return {"robustness": table, "measures": measures, "statistics": statistics}


def gait_tables():
    walks = [a_walk(), a_walk(40), a_walk(80, episodes=(50,), falls=True)]
    made = [
        shared_map(walks, fit_map(walks, MAP_SETTINGS, 0)),
        published_maps(walks, MAP_SETTINGS, 0),
    ]
    cells, cycles = (pd.concat(parts, ignore_index=True) for parts in zip(*made, strict=True))
    return {"gait_map": cells, "gait_cycles": cycles}


def transition_tables():
    """Of an expert, clones that walk alike, and one that falls before its transient is over."""
    walks = [a_walk(), *several(3), a_walk(80, episodes=(50,), falls=True)]
    shared = fit_map(walks, MAP_SETTINGS, 0)
    placed, count = place_agents(walks, shared, 300), int(shared.regions.max())
    rng = np.random.default_rng(0)
    return {
        "gait_map": shared_map(walks, shared)[0],
        "occupancy": occupancy_table(placed, shared),
        "transitions": transition_table(placed, count, rng),
        "map_distances": distance_table(placed, count, rng),
    }


def functional():
    """Measures of two levels of two clones, of untrained networks and of the expert itself."""
    frames = []
    for series in (fig_functional.ACTING | fig_functional.WALKING).values():
        for name in series:
            floor = name.startswith("floor_")
            of_clones = not floor or name.endswith("_level")
            levels = (0, 40) if of_clones else (-1,)
            frames += [measure_rows("sac_0", n, name, "1", {0: 0.5, 1: n + 2.0}) for n in levels]
            if name.startswith("stitched_") or name == "return":
                frames.append(measure_rows("sac_0", -1, name, "1", {-1: 9.0}))
    measures = pd.concat(frames, ignore_index=True).drop_duplicates()
    return {
        "measures": measures,
        "statistics": statistics_table(measures, 0, 0.05, 20, 20, 0.5, {}),
    }


def poses(count=3, body="walker2d"):
    qpos = np.stack([plain_model(get_body(body)).qpos0] * count)
    qpos[:, 0] = 5.0 + np.arange(count) * 0.4
    return skeleton_table(get_body(body), qpos, np.arange(count) * 0.1)


@pytest.fixture(scope="module")
def given():
    """What each figure is drawn from."""
    return {
        table1: ({"observations": observations()}, {}),
        fig1_walker: ({"skeleton": poses()}, {"picture": np.full((90, 90, 3), 200, np.uint8)}),
        fig2_cka: ({"similarity": similarity()}, LEVELS),
        fig_cka_controls: ({"similarity": similarity()}, LEVELS),
        fig_similarity: ({"similarity": similarity(), **placed()}, {}),
        fig3_gait_cycles: (gait_tables(), LEVELS),
        fig_transitions: (transition_tables(), LEVELS),
        fig4_psd: (
            {"spectra": spectra(), "spectral_distances": distances(), **gait_measures()},
            {**LEVELS, "lowest": 0.3, "highest": 20.0},
        ),
        fig_strides: (gait_measures(), {}),
        fig_jpca: (rotations(), LEVELS),
        fig_decoding: ({"decoding": decoding()}, LEVELS),
        fig_noise_series: (noise_tables(), {}),
        fig_noise_axes: (axis_tables(), {"meaning": "executed"}),
        fig_functional: (functional(), {}),
        fig_robustness: (robustness(), LEVELS),
        learning_curves: ({"learning_curves": curves()}, {}),
    }


def draw_all(given):
    """Return every figure with its numbers, by name."""
    with style.journal():
        return {
            module.__name__.rpartition(".")[2]: module.draw(*arguments)
            for module, arguments in given.items()
        }


@pytest.fixture(scope="module")
def drawn(given):
    """Every figure with its numbers, by name."""
    return draw_all(given)


def words(figure):
    """All text on a figure."""
    return [text.get_text() for text in figure.findobj(Text)]


def test_every_figure_of_the_workflow_is_drawn_here(drawn):
    rules = (ROOT / "workflow/rules/figures.smk").read_text(encoding="utf-8")
    assert set(re.findall(r'^    "(\w+)": \{$', rules, re.M)) == set(drawn)
    captions = {path.stem for path in (ROOT / "workflow/report").glob("*.rst")}
    assert captions - {"workflow", "gait_cycle"} == set(drawn)


def test_text_is_legible_at_journal_width(drawn):
    for name, (figure, _) in drawn.items():
        assert figure.get_figwidth() <= style.PAGE_WIDTH, name
        sizes = [text.get_fontsize() for text in figure.findobj(Text) if text.get_text()]
        assert min(sizes) >= 5.5, name


def test_the_same_tables_give_the_same_bytes(given, tmp_path):
    for run in ("first", "second"):
        (tmp_path / run).mkdir()
        for name, (figure, _) in draw_all(given).items():
            with style.journal():
                for kind in ("png", "pdf"):
                    style.save(figure, tmp_path / run / f"{name}.{kind}", dpi=60)
    for path in (tmp_path / "first").iterdir():
        assert path.read_bytes() == (tmp_path / "second" / path.name).read_bytes(), path.name


def test_dpi_sets_the_pixels(drawn, tmp_path):
    figure, _ = drawn["fig4_psd"]
    for dpi in (50, 100):
        style.save(figure, tmp_path / "a.png", dpi)
        assert imread(tmp_path / "a.png").shape[1] == pytest.approx(style.PAGE_WIDTH * dpi, abs=1)


def test_table1_lists_17_observations_with_units(drawn):
    figure, numbers = drawn["table1"]
    assert len(numbers) == 17
    assert set(numbers["unit"]) == {"m", "rad", "m/s", "rad/s"}
    assert set(numbers["description"]) <= set(words(figure))


def test_table1_gathers_blocks_of_numbers_in_one_line():
    with style.journal():
        figure, numbers = table1.draw({"observations": observations("humanoid")}, {})
    assert numbers["number"].tolist()[:45] == [str(index) for index in range(45)]
    assert numbers["number"].tolist()[45:] == [
        "45\N{EN DASH}174",
        "175\N{EN DASH}252",
        "253\N{EN DASH}269",
        "270\N{EN DASH}347",
    ]
    assert set(numbers["number"]) <= set(words(figure))


@pytest.mark.parametrize("body", list(map(get_body, body_names())), ids=lambda body: body.name)
def test_each_leg_has_its_colour_each_segment_its_name_and_each_pose_its_place(body):
    with style.journal():
        figure, _ = fig1_walker.draw(
            {"skeleton": poses(body=body.name)}, {"picture": np.zeros((0, 0, 3), np.uint8)}
        )
        figure.draw_without_rendering()
    _, right, below = figure.axes
    colours = Counter(to_hex(patch.get_facecolor()).upper() for patch in right.patches)
    owners = Counter(legs(body))
    assert colours.pop(style.MUTED) == owners.pop("trunk")
    assert list(colours.items()) == list(zip(style.LEGS, owners.values(), strict=False))
    assert figure.axes[0].get_title(loc="left").endswith(body.env_id)
    names = [text for text in right.texts if text.get_text()]
    assert len(names) == len(body.height_geoms)
    boxes = [Text.get_window_extent(text) for text in names]  # without its arrow
    for box in boxes:
        assert right.get_window_extent().x0 < box.x0 < box.x1 < figure.bbox.x1
    assert not any(Bbox.intersection(a, b) for a, b in combinations(boxes, 2))
    starts = [patch.get_path().get_extents().x0 for patch in below.patches]
    assert np.diff(np.reshape(starts, (3, -1)).min(axis=1)).min() > np.ptp(
        fig1_walker.extent(poses(1, body.name))
    )


def test_parts_of_the_return_that_a_body_has_not_are_left_out():
    with style.journal():
        figure, numbers = fig_noise_series.draw(
            {
                **noise_tables(errors=False),
                "agents": agents().assign(return_healthy=0.0, return_contact=0.0),
            },
            {},
        )
    shown = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert shown == [
        "return (first 1,000 steps)",
        "forward reward",
        "control cost",
        "episode length (steps)",
    ]
    assert "return_contact" in numbers


def test_the_walker_is_drawn_as_a_skeleton_where_there_is_no_picture():
    with style.journal():
        figure, numbers = fig1_walker.draw(
            {"skeleton": poses()}, {"picture": np.zeros((0, 0, 3), np.uint8)}
        )
    left, right, below = figure.axes
    assert len(left.patches) == len(right.patches) == 7
    assert not left.images
    assert len(below.patches) == 21
    assert len(numbers) == 21
    assert {"torso", "thigh left", "foot"} <= set(words(figure))


def test_heat_maps_show_the_median_clone_and_say_what_is_undefined(drawn):
    figure, numbers = drawn["fig2_cka"]
    assert sorted(numbers["panel"].unique()) == list("ABCDEFGH")
    assert (numbers.groupby("panel").size() == 16).all()
    assert set(numbers["clone"]) == {-1, 1}
    assert words(figure).count("undef.") == 4
    shown = [float(word) for word in words(figure) if re.fullmatch(r"\d\.\d\d", word)]
    assert set(numbers["cka"].dropna().round(2)) <= set(shown)


def test_what_is_unpaired_is_called_so_wherever_it_is_drawn(drawn):
    for name, of_itself in (("fig2_cka", 3), ("fig_cka_controls", 4)):
        figure, numbers = drawn[name]
        assert set(numbers["pairing"]) == {"paired", "unpaired"}
        named = {word for word in words(figure) if word.endswith(", unpaired")}
        assert len({word for word in named if "published procedure" not in word}) == of_itself
    _, numbers = drawn["fig_similarity"]
    assert "unpaired" not in set(numbers["pairing"])


def test_every_control_is_a_line_with_its_pairs_or_says_none(drawn):
    figure, numbers = drawn["fig_cka_controls"]
    of_layer = numbers[numbers["layer"] == "linear2"]
    published = of_layer[of_layer["row"].str.startswith("published")]
    assert published["cka"].tolist() == [0.055544]
    for row, pairs in (("expert, clean clone", 2), ("floor: expert, untrained", 2)):
        assert len(of_layer[of_layer["row"] == row]) == pairs
    assert len(of_layer[of_layer["row"] == "ceiling: expert, another seed"]) == 1
    assert len(of_layer[of_layer["row"] == "expert, observation"]) == 4
    # Random heads, another algorithm, clone with clone; one layer's floor is undefined.
    assert words(figure).count("none") == 4 * 3 + 1


def test_clones_stand_beside_floor_and_ceiling_with_the_intervals_that_there_are(drawn):
    figure, numbers = drawn["fig_similarity"]
    assert len(numbers.dropna(subset=["value"])) == 4 * 4 + 3 * 4
    assert (numbers["comparison"] == "expert_seed").sum() == 4 * 2
    for axes in figure.axes[:4]:
        (bars,) = [
            c for c in axes.collections if len(c.get_paths()) and not c.get_facecolor().any()
        ]
        assert len(bars.get_segments()) == 1
    assert words(figure).count("none: no ceiling\nabove the floor") == 1


def test_gait_cycles_are_drawn_and_falls_are_marked(drawn):
    figure, numbers = drawn["fig3_gait_cycles"]
    assert set(numbers["kind"]) == {"cell", "cycle"}
    said = words(figure)
    assert sum("cycle 0.80 s" in word for word in said) == 4
    assert sum("falls after 0.4 s" in word for word in said) == 2


def test_transitions_are_drawn_beside_their_nulls_and_every_clone_is_a_dot(drawn):
    figure, numbers = drawn["fig_transitions"]
    assert set(numbers["kind"]) == {"transition", "occupancy", "distance"}
    *graphs, flux, distance = figure.axes
    said = words(figure)
    assert {"clone, 40 % noise (n = 3)", "no transition between regions"} <= {
        word.rpartition("  ")[2] for word in said
    }
    regions = numbers.query("kind == 'occupancy' and region > 0")["region"].nunique()
    circles = [graph.collections[-1].get_offsets() for graph in graphs if graph.collections]
    assert len(circles[0]) == regions
    for axes, column in ((flux, "net_flux"), (distance, "distance")):
        clones = numbers.query("agent == 'clone' and level == 40").dropna(subset=[column])
        dots = [line for line in axes.lines if line.get_marker() == "o" and len(line.get_xdata())]
        shown = np.concatenate([line.get_ydata() for line in dots])
        expected = clones.drop_duplicates("clone")[column].to_numpy()
        np.testing.assert_array_equal(shown[np.isfinite(shown)], expected)
        assert len(expected) == 3


def test_spectra_are_drawn_over_hertz_for_expert_clean_and_noisy_clone(drawn):
    figure, shown = drawn["fig4_psd"]
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


def test_the_expert_its_harmonics_and_the_other_experts_are_marked_among_the_spectra(drawn):
    figure, _ = drawn["fig4_psd"]
    upright = [line for line in figure.axes[0].lines if len(set(line.get_xdata())) == 1]
    assert [line.get_xdata()[0] for line in upright] == [0.0 + k for k in range(1, 9)]
    distance = next(a for a in figure.axes if a.get_ylabel() == "Hellinger distance to the expert")
    assert [text.get_text() for text in distance.texts] == ["sac_0"]


def test_every_clone_is_a_point_of_the_strides_and_hollow_without_a_stable_cycle(drawn):
    figure, numbers = drawn["fig_strides"]
    labels = [axes.get_ylabel() for axes in figure.axes]
    assert labels == list(fig_strides.PANELS.values())
    for axes in figure.axes:
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        assert sum(len(line.get_xdata()) for line in dots) == 8
        hollow = [line for line in dots if line.get_markerfacecolor() == "white"]
        assert sum(len(line.get_xdata()) for line in hollow) == 1
        # No two clones of equal value lie upon each other.
        assert len({x for line in dots for x in line.get_xdata()}) == 8
    assert len(numbers.query("kind == 'agent'")) == 9 * len(fig_strides.PANELS)


def test_a_panel_counts_the_clones_that_have_a_value(drawn):
    figure, _ = drawn["fig4_psd"]
    axes = next(axes for axes in figure.axes if axes.get_ylabel() == "fundamental (Hz)")
    assert [text.get_text() for text in axes.texts] == ["3/4"]


def test_rotations_are_drawn_beside_those_of_the_observation_or_it_is_said_why_not(drawn):
    figure, numbers = drawn["fig_jpca"]
    *planes, compared, gained = figure.axes
    assert len(planes) == 6
    assert [len(axes.lines) for axes in planes] == [2, 2, 0] * 2
    assert words(figure).count("fewer than 100\nsteady rows") == 2
    assert words(figure).count("1.6 Hz, 50 % var.") == 4
    heights = {line.get_label(): line.get_ydata() for line in compared.lines}
    np.testing.assert_allclose(heights["linear 2"], [0.49, 0.51, np.nan])
    np.testing.assert_allclose(heights["observation"], [0.29, 0.31, np.nan])
    points = next(line for line in gained.lines if line.get_label() == "clone")
    np.testing.assert_allclose(points.get_ydata(), [0.2] * 5 + [np.nan])
    assert set(numbers["kind"]) == {"trajectory", "fit", "gain"}


def test_every_clone_is_a_point_of_the_decoding_of_each_target(drawn):
    figure, numbers = drawn["fig_decoding"]
    assert set(numbers["level"]) == {-1, 0, 40}
    for axes, target in zip(figure.axes, fig_decoding.TITLES, strict=True):
        points = [line for line in axes.lines if line.get_linestyle() == "None"]
        assert [len(line.get_ydata()) for line in points] == [5, 10, 10]
        mine = numbers.query("target == @target and level == 40")
        np.testing.assert_array_equal(points[2].get_ydata(), mine["value"])
        assert axes.get_ylabel() == fig_decoding.SCORES["AUC" if target == "contact" else "R2"]


def test_every_clone_is_a_point_of_functional_similarity_between_expert_and_floor(drawn):
    figure, numbers = drawn["fig_functional"]
    rows = numbers[numbers["value"].notna()]
    acting, walking = figure.axes[0], figure.axes[4]
    for axes, measures in ((acting, 4), (walking, 3)):
        dots = [line for line in axes.lines if line.get_linestyle() == "None"]
        labels = [line.get_label() for line in dots if not line.get_label().startswith("_")]
        assert len(labels) == measures
        drawn_measures = [*(fig_functional.ACTING | fig_functional.WALKING).values()][
            figure.axes.index(axes)
        ]
        shown = rows[rows["measure"].isin(drawn_measures)]
        assert sum(len(line.get_xdata()) for line in dots) == len(shown) > 8
        for line, measure in zip(
            [line for line in dots if line.get_label() in labels], drawn_measures, strict=True
        ):
            expected = shown[(shown["measure"] == measure) & (shown["clone"] >= 0)]["value"]
            np.testing.assert_array_equal(line.get_ydata(), expected)
    assert set(numbers["estimate"].dropna()) >= {1.25, 21.25}
    ticks = [[tick.get_text() for tick in axes.get_xticklabels()] for axes in (acting, walking)]
    assert ticks == [["0", "40", "untr."], ["exp.", "0", "40", "untr."]]


def test_without_statistics_functional_similarity_is_drawn_without_means():
    tables = functional()
    with style.journal():
        _, numbers = fig_functional.draw(tables | {"statistics": tables["statistics"][:0]}, {})
    assert len(numbers) == len(tables["measures"])


def test_every_clone_is_a_point_of_the_noise_series(drawn):
    figure, numbers = drawn["fig_noise_series"]
    points = [line for line in figure.axes[0].lines if line.get_linestyle() == "None"]
    assert [line.get_label().split(" (")[0] for line in points] == [
        "demonstrator under the noise", "clone, sampled actions", "clone",
    ]  # fmt: skip
    assert [len(line.get_xdata()) for line in points] == [6, 6, 6]
    clones = numbers[(numbers["agent"] == "clone") & (numbers["mode"] == "mean")]
    np.testing.assert_array_equal(points[2].get_ydata(), clones["return"])
    (middle,) = (
        line.get_ydata()
        for line in figure.axes[0].lines
        if line.get_linestyle() == "-" and line.get_color() == style.CLEAN
    )
    np.testing.assert_array_equal(middle, clones.groupby("level")["return"].median())
    assert set(clones["return_high"]) == {11, 12}
    assert clones["action_error"].tolist() == [0, 1, 2, 40, 41, 42]
    assert figure.axes[6].get_ylabel().startswith("squared action error")


def test_every_expert_has_a_line_in_the_colour_of_its_algorithm_and_its_choice_marked(drawn):
    figure, numbers = drawn["learning_curves"]
    for axes, column in zip(figure.axes, ("step", "minutes"), strict=True):
        lines = {line.get_label(): line for line in axes.lines if line.get_marker() == "None"}
        assert list(lines) == ["crossq_0 (crossq)", "crossq_1 (crossq)", "sac_0 (sac)"]
        first, second, third = lines.values()
        assert first.get_color() == second.get_color() != third.get_color()
        assert first.get_linestyle() != second.get_linestyle()
        dots = [line for line in axes.lines if line.get_marker() == "o"]
        assert [line.get_ydata().tolist() for line in dots] == [[900], [901], [902]]
        unit = {"step": 1000, "minutes": 1}[column]
        mine = numbers.query("expert == 'sac_0'")
        np.testing.assert_allclose(third.get_xdata(), mine[column] / unit)
    assert numbers["selected"].sum() == 3


def test_dose_responses_are_drawn_for_every_agent_and_who_has_no_value_is_counted(drawn):
    figure, numbers = drawn["fig_robustness"]
    assert len(figure.axes) == 6
    assert len(numbers) == 5 * 6
    pushes = figure.axes[0]
    assert pushes.get_xlabel() == "push (N, for 50 ms)"
    assert len(pushes.lines) == 1 + 2 * 3
    expert, *_, noisy = [line for line in pushes.lines if line.get_marker() == "o"]
    assert expert.get_ydata().tolist() == [5001, 4901, 4801]
    assert noisy.get_ydata().tolist() == [4599.5, 4499.5, 4399.5]
    assert [label.get_text() for label in figure.axes[2].get_xticklabels()] == [
        "expert\nn = 1 of 1", "0 %\nn = 2 of 2", "40 %\nn = 1 of 2",
    ]  # fmt: skip
    intervals = [line.get_ydata() for line in figure.axes[2].lines if len(line.get_ydata()) == 2]
    assert [0.8, 1.0] in [list(interval) for interval in intervals]


def test_robustness_is_drawn_without_statistics_too():
    tables = robustness()
    del tables["statistics"]
    with style.journal():
        figure, _ = fig_robustness.draw(tables, LEVELS)
    assert len(figure.axes) == 6


def test_the_walker_without_a_cycle_is_said_to_have_none(drawn):
    titles = [drawn["fig1_walker"][0].axes[2].get_title(loc="left")]
    skeleton = poses().assign(note="no full cycle was found")
    with style.journal():
        figure, _ = fig1_walker.draw(
            {"skeleton": skeleton}, {"picture": np.zeros((0, 0, 3), np.uint8)}
        )
    titles.append(figure.axes[2].get_title(loc="left"))
    assert ["one full gait cycle" in title for title in titles] == [True, False]
    assert "no full cycle was found" in titles[1]


def test_without_a_curve_the_figure_of_learning_says_so():
    with style.journal():
        table = named_curve(read_curve(None), "mine", {})
        figure, numbers = learning_curves.draw({"learning_curves": table}, {})
    assert "no learning curve" in words(figure)
    assert len(numbers) == 0


def test_agents_are_averaged_over_their_episodes():
    episodes = pd.DataFrame(
        {"agent": "clone", "level": 0, "clone": [0, 0, 1], "episode": [0, 1, 0]}
    )
    parts = [f"return_{part}" for part in ("forward", "healthy", "control", "contact")]
    for name in ("return", *parts, "length"):
        episodes[name] = [1.0, 3.0, 5.0]
    episodes["fell"] = [True, False, False]
    table = agent_returns(episodes)
    assert table["return"].tolist() == [2, 5]
    assert table["fell"].tolist() == [0.5, 0]
    assert table["episodes"].tolist() == [2, 1]
