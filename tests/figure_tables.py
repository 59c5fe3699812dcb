"""Small tables for every figure."""

from itertools import product

import numpy as np
import pandas as pd

from archive_tables import ARCHIVE_BUILDERS
from brainiarb.actors.layers import LAYERS
from brainiarb.bodies.model import forward_column, plain_model
from brainiarb.bodies.observations import observation_table
from brainiarb.bodies.pictures import skeleton_table
from brainiarb.bodies.registry import get_body
from brainiarb.clones.axes import axis_intervals
from brainiarb.experts.curves import named_curve, read_curve
from brainiarb.figures import fig_functional, fig_noise_series, fig_strides
from brainiarb.figures.fig4_psd import MEASURES
from brainiarb.maps.tables import map_tables
from brainiarb.rollouts.robustness import fall_shares, robustness_measures
from brainiarb.statistics.method_effects import method_effects, of_methods
from brainiarb.statistics.tables import statistics_table
from builders import DERIVED, MAP_SETTINGS, a_walk, several
from claim_tables import published_ledger
from conftest import ROOT
from network_tables import EXPERT, decoding, rotations


def measures_of(rows):
    """Measures of the expert from rows of (measure, level, clone, value), all of them ok."""
    table = pd.DataFrame(list(rows), columns=["measure", "level", "clone", "value"])
    return table.assign(expert=EXPERT, unit="1", note="").assign(
        status=np.where(table["value"].isna(), "absent", "ok")
    )


def with_statistics(measures, experts=1, few=None):
    """Measures of so many experts, each one above the last, and what statistics say of them.

    The first expert has clones at all levels, the others only at `few` if these are given.
    """
    names = [EXPERT, "sac_0", "sac_1"][:experts]
    every = pd.concat(
        [measures.assign(expert=name, value=measures["value"] + n) for n, name in enumerate(names)],
        ignore_index=True,
    )
    if few is not None:
        every = every[(every["expert"] == EXPERT) | every["level"].isin([-1, *few])]
    return {"measures": every, "statistics": statistics_of(every)}


def statistics_of(measures):
    """What statistics say of measures, none of which is primary."""
    asked = {"seed": 0, "alpha": 0.05, "replicates": 20, "permutations": 20, "walking": 0.5}
    return statistics_table(measures, {}, **asked, primary_levels=[0], margins={})


def observations(body="walker2d"):
    return {"observations": pd.DataFrame([vars(row) for row in observation_table(get_body(body))])}


def poses(count=3, body="walker2d"):
    qpos = np.stack([plain_model(get_body(body)).qpos0] * count)
    qpos[:, forward_column(get_body(body))] = 5.0 + np.arange(count) * 0.4
    return skeleton_table(get_body(body), qpos, np.arange(count) * 0.1)


def walker(picture=(90, 90), **options):
    pixels = np.full((*picture, 3), 200, np.uint8)
    return {"skeleton": poses(**options), "picture": {"picture": pixels}}


def similarity():
    kinds = [(-1, "expert_itself", "own", -1, "expert")]
    kinds += [(-1, "expert_observation", "common", -1, "observations")]
    kinds += [(-1, "expert_seed", "common", -1, "crossq_1")]
    kinds += [(-1, "expert_untrained", "common", k, f"untrained_{k}") for k in (0, 1)]
    for level, clone in product((0, 40), (0, 1)):
        name = f"clone_{clone}"
        kinds += [(level, "expert_clone", stimuli, clone, name) for stimuli in ("own", "common")]
        kinds += [(level, "clone_itself", "own", clone, name)]
    kinds += [(level, "clone_clone", "common", 0, "clone_1") for level in (0, 40)]
    layers = [*product(LAYERS, LAYERS), *((name, name) for name in DERIVED)]
    table = pd.DataFrame(
        [(*kind, *pair) for kind in kinds for pair in layers],
        columns=[
            "level", "comparison", "stimuli", "clone", "second", "layer_first", "layer_second",
        ],
    )  # fmt: skip
    unpaired = (table["stimuli"] == "own") & (table["comparison"] == "expert_clone")
    table["pairing"] = np.where(unpaired, "unpaired", "paired")
    table["cka"] = table["cka_debiased"] = np.linspace(0, 1, len(table))
    undefined = table["layer_second"] == "log_std_linear"
    undefined &= table["comparison"] == "expert_untrained"
    table.loc[undefined, ["cka", "cka_debiased"]] = np.nan
    table["median"] = table["clone"] == 1
    return {"similarity": table.assign(first="expert", expert=EXPERT, rows=2000, episodes=4)}


def similarity_by_procedure():
    """The similarities with those of the expert and itself by splits, and the published ones."""
    pairs = pd.DataFrame([*product(LAYERS, LAYERS)], columns=["layer_first", "layer_second"])
    splits = pd.concat([pairs.assign(split=k, cka=0.1 * k, cka_debiased=0.1 * k) for k in (0, 1)])
    published = pd.read_csv(ROOT / "workflow/claims/published_cka.csv")
    return similarity() | {
        "self_similarity": splits.assign(expert=EXPERT, rows=2000, episodes=4),
        "published_cka": published,
    }


def gains():
    """CKA of four clones at two levels and of their floors; one layer has no floor."""
    layers = ("linear1_relu", "linear2_relu", "mean_linear", "log_std_linear")
    names = [f"cka_{layer}" for layer in layers]
    rows = [(*agent, 0.2 + 0.1 * agent[2]) for agent in product(names, (0, 40), range(4))]
    rows += [(f"floor_{name}", -1, k, 0.1 + 0.02 * k) for name in names[:3] for k in range(4)]
    return measures_of(rows)


def spectra():
    frequency = np.arange(1, 200) * 0.122
    agents = [(-1, -1), (0, 0), (0, 1), (40, 0), (40, 1)]
    channels = {"z position of the torso": "m", "angle of the left thigh joint": "rad"}
    table = pd.concat(
        [
            pd.DataFrame({"frequency": frequency, "density": 1 / frequency**2}).assign(
                level=level, clone=clone, channel=channel, unit=unit, segments=7, episodes=3
            )
            for level, clone in agents
            for channel, unit in channels.items()
        ],
        ignore_index=True,
    )
    return table.assign(
        median=table["clone"] == table.groupby("level")["clone"].transform("max"), expert=EXPERT
    )


def gait_measures():
    """Measures of an expert and four clones of two levels, one of which has no stable cycle."""
    feet = [f"{fig_strides.OF_FEET}_{foot}" for foot in ("right", "left")]
    names = [*dict.fromkeys([*fig_strides.PANELS, *feet, *MEASURES])]
    agents = [(-1, -1), *product((0, 40), range(4))]
    table = measures_of((name, *agent, 2.0 + agent[1]) for agent in agents for name in names)
    unstable = (table["level"] == 40) & (table["clone"] == 0)
    table.loc[unstable, "status"] = "unstable"
    absent = unstable & (table["measure"] == "fundamental")
    table.loc[absent, ["value", "status"]] = np.nan, "absent"
    return table


def margins():
    names = [*dict.fromkeys([*fig_strides.PANELS, *MEASURES])]
    return pd.DataFrame(
        {"expert": EXPERT, "measure": names, "reference": 1.0, "low": 0.9, "high": 1.2}
    )


def distances():
    table = pd.DataFrame({"comparison": "expert_expert", "other": ["sac_0", "sac_0", "sac_1"]})
    return table.assign(
        spectral_distance=[4.0, 5.0, np.nan], log_spectral_distance=6.0, expert=EXPERT
    )


def returns():
    rng = np.random.default_rng(0)
    clones = list(product((0, 40), range(3)))
    rows = [("expert", -1, -1), *(("demonstrator", *clone) for clone in clones)]
    rows += [("clone", *clone) for clone in clones]
    table = pd.DataFrame(rows, columns=["agent", "level", "clone"])
    sampled = table[table["agent"] == "clone"].assign(mode="sampled")
    table = pd.concat([table.assign(mode="mean"), sampled], ignore_index=True)
    for name in ("return", "return_forward", "return_healthy", "return_control", "return_contact"):
        table[name] = rng.uniform(0, 3000, len(table))
    table["fell"], table["episodes"] = rng.uniform(0, 1, len(table)), 20
    return table.assign(expert=EXPERT, method=np.where(table["agent"] == "clone", "bc", ""))


def series():
    """Measures that the noise series shows: of three clones, all walk at 40 % and none at 0 %."""
    names = fig_noise_series.MEASURES.values()
    rows = [(*agent, agent[1] + agent[2]) for agent in product(names, (0, 40), range(3))]
    return measures_of([("return", -1, -1, 60.0), *rows])


def axis_tables():
    """Clones of two meanings and three counts of episodes at two levels, with intervals."""
    places = [("executed", 20, False), ("label", 20, False), ("executed", 1, False)]
    places += [("executed", 5, False), ("executed", 5, True), ("executed", 20, True)]
    rows = [(*place, level, clone) for place in places for level in (0, 80) for clone in range(3)]
    table = pd.DataFrame(rows, columns=["meaning", "episodes", "held", "level", "clone"])
    table = table.assign(expert=EXPERT, survival=(table["clone"] > 0) * 1.0)
    table["return"], table["action_error"] = np.arange(len(table)) * 60.0, table["level"] / 1e3
    return {"noise_axes": table, "noise_axes_intervals": axis_intervals(table, 0, 50, 0.05, 0.5)}


def offline_tables(experts=1):
    """Three clones by each method at two levels; those by iql fall under noise, but for one."""
    names = [EXPERT, "crossq_1", "sac_0"][:experts]
    offsets = {"bc": 0.0, "iql": 0.05, "td3bc": -0.1}
    measures = {}
    for method, offset in offsets.items():
        rows = []
        for name, expert in product(("return", "cka_linear2_relu", "spectral_distance"), names):
            of_name = [(name, -1, -1, 1.0), *((f"floor_{name}", -1, k, 0.3) for k in range(3))]
            of_name += [(f"peer_{name}", -1, 0, 0.6)] * (name == "cka_linear2_relu")
            for level, k in product((0, 80), range(3)):
                falls = name == "return" and method == "iql" and level > 0 and k < 2
                of_name.append((name, level, k, 0.1 if falls else 0.7 + offset + 0.02 * k * k))
            rows.append(measures_of(of_name).assign(expert=expert))
        measures[method] = pd.concat(rows, ignore_index=True)
    table = of_methods(measures)
    return {"offline_measures": table, "offline_effects": method_effects(table, 0.95, 0.5)}


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
        for place, expert in enumerate((EXPERT, "crossq_1", "sac_0"))
    ]
    parts.append(named_curve(read_curve(None), "elsewhere", {}))
    return {"learning_curves": pd.concat(parts, ignore_index=True)}


def responses(expert=EXPERT):
    """Episodes of the expert and four clones of two levels, under two disturbances.

    Of a level, some clones fall at a dose: more at each further dose from the undisturbed one.
    """
    doses = {"push": ("N", [0.0, 100, 200]), "friction": ("1", [0.5, 1, 1.5])}
    agents = [(-1, -1, 9), *((0, clone, 1) for clone in range(4))]
    agents += [(80, clone, 4) for clone in range(4)]
    rows = [
        (level, clone, name, dose, unit, episode, 4 * abs(place - neutral) > limit + clone)
        for level, clone, limit in agents
        for (name, (unit, values)), neutral in zip(doses.items(), (0, 1), strict=True)
        for place, dose in enumerate(values)
        for episode in range(4)
    ]
    columns = ["level", "clone", "disturbance", "dose", "unit", "episode", "fell"]
    table = pd.DataFrame(rows, columns=columns).assign(expert=expert, length=1000)
    return table.assign(**{"return": 5000.0 - 1000 * table["fell"]})


def falls():
    """The falls of two cloned experts, and the measures of the first."""
    walker, both = get_body("walker2d"), [responses(), responses("sac_0")]
    shares = pd.concat([fall_shares(walker, each, 0.05) for each in both], ignore_index=True)
    return {"falls": shares, "measures": robustness_measures(walker, both[0])}


def gait_tables():
    walks = [a_walk(), a_walk(40), a_walk(80, episodes=(50,), falls=True)]
    tables = map_tables(walks, MAP_SETTINGS, 0)
    return {
        "gait_map": tables.cells,
        "gait_cycles": tables.cycles,
        "transitions": tables.transitions,
    }


def transition_tables():
    """Of an expert, clones that walk alike, and one that falls before its transient is over."""
    walks = [a_walk(), *several(3), a_walk(80, episodes=(50,), falls=True)]
    tables = map_tables(walks, MAP_SETTINGS, 0)
    return {
        "gait_map": tables.cells[tables.cells["map"] == "shared"],
        "occupancy": tables.occupancy,
        "transitions": tables.transitions,
        "map_distances": tables.distances,
    }


def acting(layers=("linear1", "linear2")):
    """Functional similarity of two levels of three clones, of untrained networks, of the expert."""
    rows = []
    panels = fig_functional.ACTING | fig_functional.walking(layers)
    for name in sorted({measure for series in panels.values() for measure in series}):
        untrained = name.startswith("floor_") and not name.endswith("_level")
        levels = (-1,) if untrained else (0, 40)
        rows += [(name, level, k, [0.5, level + 2.0, 1.0][k]) for level in levels for k in range(3)]
        if name.startswith("stitched_") or name == "return":
            rows.append((name, -1, -1, 9.0))
    return measures_of(rows)


BUILDERS = {
    **ARCHIVE_BUILDERS,
    "table1": observations,
    "fig1_walker": walker,
    "fig2_cka": similarity_by_procedure,
    "fig_cka_controls": similarity_by_procedure,
    "fig_similarity": lambda: similarity() | with_statistics(gains()),
    "fig3_gait_cycles": gait_tables,
    "fig_transitions": transition_tables,
    "fig4_psd": lambda: {
        "spectra": spectra(),
        "spectral_distances": distances(),
        "margins": margins(),
        **with_statistics(gait_measures()),
    },
    "fig_strides": lambda: {"margins": margins(), **with_statistics(gait_measures())},
    "fig_jpca": rotations,
    "fig_decoding": decoding,
    "fig_noise_series": lambda: {"agents": returns(), **with_statistics(series())},
    "fig_noise_axes": axis_tables,
    "fig_offline": offline_tables,
    "fig_functional": lambda: with_statistics(acting()),
    "fig_robustness": falls,
    "fig_claims": lambda: {"claims": published_ledger()},
    "learning_curves": curves,
}
MEASURED = {
    "fig_similarity": gains,
    "fig4_psd": gait_measures,
    "fig_strides": gait_measures,
    "fig_noise_series": series,
    "fig_functional": acting,
}
"""The measures of one expert, of each figure that shows statistics."""
