"""A study of experts that do not walk ends with every figure, and says what is missing.

They are archives of SAC, PPO and TD3 with two, three and one hidden layers.
"""

import pandas as pd
import pytest
import torch
import yaml

from archive_builders import spring_actor
from brainiarb.actors.archives import write_archive
from brainiarb.bodies.registry import get_body
from brainiarb.figures.film import filmed_agent, write_gif
from brainiarb.figures.gait_cycle import draw as draw_film
from brainiarb.figures.gait_cycle import film_seconds
from brainiarb.figures.inputs import of_expert, read_inputs, read_table
from brainiarb.figures.style import journal, save
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.statistics.claim_rows import Asked
from brainiarb.statistics.claims import claims_table
from brainiarb.statistics.ledger import read_claims
from brainiarb.statistics.tables import read_classes, statistics_table
from claim_tables import LEDGER
from conftest import ROOT, made_once, snakemake
from figure_drawing import default_figures, draw, module

RESULTS = "results/tiny/walker2d"
MAPPED = ("gait_map", "gait_cycles")


def sac_that_falls(path):
    write_archive(path, spring_actor(0.5, 0.1), 0, get_body("walker2d"))


def ppo_that_falls(path):
    """Write an untrained PPO with three hidden layers of tanh."""
    from stable_baselines3 import PPO

    widths = {"net_arch": {"pi": [20, 16, 12], "vf": [8]}, "log_std_init": -2.0}
    PPO("MlpPolicy", "Walker2d-v5", policy_kwargs=widths, seed=0, device="cpu").save(path)


def td3_that_stands(path):
    """Write a TD3 of one hidden layer, which holds its joints by springs."""
    from stable_baselines3 import TD3

    widths = {"net_arch": {"pi": [24], "qf": [8]}}
    model = TD3("MlpPolicy", "Walker2d-v5", policy_kwargs=widths, buffer_size=1, device="cpu")
    springs, (hidden, _, head, _) = spring_actor(2.0, 0.1), model.actor.mu
    with torch.no_grad():
        for layer, name in ((hidden, "linear1"), (head, "mean_linear")):
            layer.weight.copy_(springs.get_parameter(f"{name}.weight")[0])
            layer.bias.zero_()
    model.save(path)


EXPERTS = {
    "falls_after_300_steps": sac_that_falls,
    "falls_in_the_transient": ppo_that_falls,
    "stands_still": td3_that_stands,
}
CHANGE = {
    "study": {"clone": [*EXPERTS], "compare": [*EXPERTS]},
    "noise": {"levels": [0], "clones": 2},
    "analysis": {"transient": 1.0},
    "spectra": {"segment": 512, "lowest": 0.3, "highest": 20.0, "levels": [0]},
    "statistics": {"primary_levels": [0]},
    "figures": {"noisy_level": 0, "study_level": 0},
    "experts": {name: {"checkpoint": f"{name}.zip"} for name in EXPERTS},
}


def end(folder):
    """Run the study of all experts to its end, and pose those that its figures do not draw."""
    for name, write in EXPERTS.items():
        write(folder / f"{name}.zip")
    (folder / "change.yaml").write_text(yaml.safe_dump(CHANGE), "utf-8")
    posed = [f"{RESULTS}/{name}/walker.npz" for name in EXPERTS]
    snakemake(folder, folder / "change.yaml", "--cores", "2", "--", "all", *posed)


@pytest.fixture(scope="session")
def ended(tmp_path_factory):
    """The folder of the study of all experts."""
    return made_once(tmp_path_factory, "degenerate", end)


def test_the_study_ends_with_every_figure(ended):
    for name in default_figures():
        assert (ended / RESULTS / f"figures/{name}.png").read_bytes().startswith(b"\x89PNG"), name
        pd.read_csv(ended / RESULTS / f"figures/{name}.csv")


def test_the_study_ends_with_its_pages(ended):
    explorer = (ended / RESULTS / "explorer.html").read_text("utf-8")
    assert {name for name in EXPERTS if f'"{name}"' not in explorer} == set()
    findings = (ended / RESULTS / "findings.html").read_text("utf-8")
    assert {name for name in default_figures() if f'id="{name}"' not in findings} == set()


def test_tables_hold_the_layers_that_each_expert_has(ended):
    measures = pd.read_csv(ended / RESULTS / "tables/measures.csv", low_memory=False)
    stitched = measures[measures["measure"].str.match(r"stitched_return_linear\d$")]
    layers = stitched.groupby("expert")["measure"].agg(lambda names: sorted({n[-1] for n in names}))
    assert layers.to_dict() == {
        "falls_after_300_steps": ["1", "2"],
        "falls_in_the_transient": ["1", "2", "3"],
        "stands_still": ["1"],
    }
    analysed = pd.read_csv(ended / RESULTS / "tables/decoding.csv").query("network == 'expert'")
    assert set(analysed.loc[analysed["expert"] == "stands_still", "layer"]) == {"linear1"}


def test_every_measure_without_a_value_says_why(ended):
    measures = pd.read_csv(ended / RESULTS / "tables/measures.csv", low_memory=False)
    assert set(measures["expert"]) == {*EXPERTS}
    unsaid = measures[measures["value"].isna() & measures["note"].isna()]
    assert unsaid["measure"].unique().tolist() == []


@pytest.fixture(params=EXPERTS)
def alone(ended, request):
    """The name of an expert, and the tables of a study of this expert alone."""
    name, folder = request.param, ended / RESULTS / "tables"
    tables = {path.stem: of_expert(read_table(path), name) for path in folder.glob("*.csv")}
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))["statistics"]
    keys = ("alpha", "walking", "margins")
    tables["statistics"] = statistics_table(
        tables["measures"],
        read_classes(pd.read_csv(ROOT / config["classes"])),
        seed=0,
        primary_levels=[0],
        replicates=200,
        permutations=999,
        **{key: config[key] for key in keys},
    )
    tables["claims"] = claims_table(
        tables["measures"],
        tables["similarity"],
        read_claims(LEDGER),
        Asked(config["alpha"], (0,), config["designs"]),
    )
    return name, tables


def test_a_study_of_one_such_expert_is_drawn(ended, alone, tmp_path):
    name, tables = alone
    folder = ended / RESULTS / name
    for figure in default_figures():
        files = {key: folder / file for key, file in getattr(module(figure), "FILES", {}).items()}
        given = {table: tables[table] for table in module(figure).TABLES}
        given |= read_inputs(files, name, ())
        drawn, _ = draw(figure, given, expert=name, noisy_level=0, study_level=0)
        with journal():
            save(drawn, tmp_path / "figure.png", dpi=50)
        assert (tmp_path / "figure.png").read_bytes().startswith(b"\x89PNG"), figure


@pytest.mark.parametrize("name", EXPERTS)
def test_a_study_of_one_such_expert_is_filmed(ended, name, tmp_path):
    folder = ended / RESULTS / name
    maps = [of_expert(read_table(folder.parent / f"tables/{table}.csv"), name) for table in MAPPED]
    agents = [
        filmed_agent(get_body("walker2d"), read_rollouts(path), level, *maps)
        for level, path in ((-1, folder / "rollouts.npz"), (0, folder / "bc_0/rollouts.npz"))
    ]
    seconds = film_seconds(agents)
    frames = list(draw_film(agents, seconds, 25, 50))
    assert len(frames) == round(25 * seconds) > 0
    assert min(frame.std() for frame in frames) > 1
    write_gif(tmp_path / "gait_cycle.gif", frames, 25)
