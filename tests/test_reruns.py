"""Which stages rerun after a change of a key of the config: those that depend on it, no other."""

import re

import pytest

from plans import plan

STAGES = {
    "expert": r"tiny/checkpoint\..*",
    "walk": r"tiny/rollouts\.npz",
    "sampled walk": r"tiny/rollouts_sampled\.npz",
    "demonstrations": r"tiny/demonstrations/.*",
    "clones": r"tiny/bc_\d+\.pt",
    "clones' walk": r"tiny/bc_\d+/rollouts\.npz",
    "clones' sampled walk": r"tiny/bc_\d+/rollouts_sampled\.npz",
    "common activations": r"tiny/activations/common\.h5",
    "clones' activations": r"tiny/activations/bc_\d+\.h5",
    "expert's similarity": r"tiny/similarity/expert\.csv",
    "splits": r"tiny/similarity/splits\.csv",
    "clones' similarity": r"tiny/similarity/bc_\d+\.csv",
    "functions": r"tiny/measures/functional_bc_\d+\.csv",
    "untrained functions": r"tiny/measures/functional_untrained\.csv",
    "spectra": r"tiny/spectra\.csv",
    "maps": r"tiny/gait_map\.csv",
    "gaits": r"tiny/strides\.csv",
    "poses": r"tiny/walker\.csv",
    "expert's robustness": r"tiny/robustness/expert\.csv",
    "clones' robustness": r"tiny/robustness/\d+\.csv",
    "expert's dynamics": r"tiny/dynamics/jpca_expert\.csv",
    "clones' dynamics": r"tiny/dynamics/jpca_\d+\.csv",
    "statistics": r"tables/statistics\.csv",
    "figures": r"figures/fig_noise_series\.png",
}
EVERYTHING = {*STAGES}
INFERENCE = {"statistics", "figures"}
ANALYSES = {
    "spectra", "maps", "gaits", "expert's similarity", "clones' similarity", "functions",
    "untrained functions", "expert's dynamics", "clones' dynamics", *INFERENCE,
}  # fmt: skip
OF_THE_EXPERT = {
    "expert", "walk", "sampled walk", "splits", "poses",
    "expert's robustness",
}  # fmt: skip
DYNAMICS = {"expert's dynamics", "clones' dynamics"}
ACTIVATIONS = {"common activations", "clones' activations"}
SIMILARITY = {"expert's similarity", "clones' similarity", "functions", "untrained functions"}


@pytest.mark.parametrize(
    ("key", "value", "stages"),
    [
        ("seed", 1, EVERYTHING - {"expert"}),
        # recordings
        ("recording.steps", 1100, EVERYTHING - {"expert"}),
        ("recording.expert_episodes", 5, EVERYTHING - {"expert", "sampled walk"}),
        (
            "recording.clone_episodes",
            3,
            {"clones' walk", "clones' activations", "common activations", "splits"}
            | (ANALYSES - OF_THE_EXPERT)
            | {"functions", "gaits", "maps"},
        ),
        ("recording.sampled_episodes", 2, {"sampled walk", "clones' sampled walk", "figures"}),
        # demonstrations and clones
        ("noise.samples", 500, EVERYTHING - OF_THE_EXPERT),
        ("cloning.patience", 1, EVERYTHING - OF_THE_EXPERT - {"demonstrations"}),
        # analyses
        ("analysis.transient", 0.1, ACTIVATIONS | ANALYSES | {"poses"}),
        (
            "analysis.rate_range",
            [0.5, 4.0],
            {"spectra", "maps", "gaits", "poses"} | DYNAMICS | INFERENCE,
        ),
        ("stimuli.rows", 50, ACTIVATIONS | SIMILARITY | {"splits"} | DYNAMICS | INFERENCE),
        ("similarity.stitched_episodes", 3, {"functions", "untrained functions"} | INFERENCE),
        ("similarity.replicates", 7, {"clones' similarity"} | INFERENCE),
        ("similarity.splits", 3, {"splits"}),
        ("statistics.replicates", 300, INFERENCE),
        # what only another target makes
        ("noise_axes.clones", 3, set()),
        ("offline.epochs", 3, set()),
    ],
)
def test_a_change_of_a_key_reruns_the_stages_that_depend_on_it(finished, key, value, stages):
    change = value
    for part in reversed(key.split(".")):
        change = {part: change}
    files = plan(finished, config=change)
    rerun = {
        stage
        for stage, pattern in STAGES.items()
        if any(re.fullmatch(pattern, file) for file in files)
    }
    assert rerun == stages


def test_the_stability_of_the_map_depends_on_what_the_map_is_fitted_to(finished):
    target = "results/tiny/walker2d/tiny/map_stability.csv"
    table = finished / target
    table.write_text("placeholder")
    plan(finished, executor="touch", targets=[target])
    for key, value, reruns in (
        ("published_frames", 500, False), ("published_mode", "sampled", False),
        ("frames", 100, False), ("perplexity", 9, True),
    ):  # fmt: skip
        files = plan(finished, config={"gaitmap": {key: value}}, targets=[target])
        assert ("tiny/map_stability.csv" in files) == reruns
    table.unlink()
