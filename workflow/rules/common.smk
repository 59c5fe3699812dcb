"""Names that several stages share: experts, levels, files, and the inputs of a job by its wildcards."""

BODY_NAME = name_of(config["body"])
BODY_FOLDER = f"{config['results']}/{BODY_NAME}"
# Data sets have no network. Their clones are compared as experts, each by its archive.
DATASETS = sorted(
    name for name in config["study"]["compare"] if is_dataset(config["experts"], name)
)
DATA_CLONES = {
    f"{name}_clone_{clone}": {
        "checkpoint": f"{BODY_FOLDER}/{name}/bc_0/clone_{clone}.zip"
    }
    for name in DATASETS
    for clone in range(config["noise"]["clones"])
}
EXPERTS = {**config["experts"], **DATA_CLONES}
ACTORS = sorted(name for name in EXPERTS if not is_dataset(EXPERTS, name))
PLACED = sorted(name for name in ACTORS if EXPERTS[name].get("checkpoint") is not None)
TRAINED = sorted({*ACTORS} - {*PLACED})
COMPARED = sorted({*config["study"]["compare"], *DATA_CLONES} - {*DATASETS})
# All whose gaits are compared: the walks of data sets too.
WALKED = sorted({*COMPARED, *DATASETS})
# Experts with tables of their own: those that are cloned or, where nobody is, all that are compared.
TABULATED = CLONED or dict.fromkeys(COMPARED, [])
DRAWN_EXPERT = next(iter(TABULATED))
LEVELS = sorted(config["noise"]["levels"])
LEARNT_OFFLINE = keys_of("clones/methods.py", "METHODS")
# Clones by cloning that have gone on online are one more kind of clones.
METHODS = [*LEARNT_OFFLINE, "tuned"]
# The noise levels of the clones of each method. Those of behaviour cloning are the levels of its expert.
OFFLINE = {method: sorted(of) for method, of in config["offline"]["methods"].items()}
DRAWN = sorted({config["figures"][f"{which}_level"] for which in ("noisy", "study")})
MAPPED = sorted(
    {0, *DRAWN}
)  # 0 is always among the levels, because the spectra need it


def any_of(names):
    """Return a wildcard constraint that matches the given names and nothing else."""
    return "|".join(map(str, names)) or "(?!)"


def expert_file(name):
    """Return the path of a file in the folder of the wildcard {expert}."""
    return f"{BODY_FOLDER}/{{expert}}/{name}"


def archives_file(name):
    """Return the path of a file of all archives together, in a study that clones nobody."""
    return f"{BODY_FOLDER}/archives/{name}"


# Experts with clones at every level. Only of them are details made that no test over experts needs.
SERIES = sorted(
    {DRAWN_EXPERT, *(name for name, levels in CLONED.items() if levels == LEVELS)}
    if CLONED
    else TABULATED
)


def schedule_of(method):
    """Return the settings of how long the clones of a method train; cloning has its own."""
    if method == "bc":
        return {}
    return {"schedule": {k: config["offline"][k] for k in ("batch_size", "epochs")}}


def levels_of(expert, among=LEVELS):
    """Return the sorted levels of an expert's clones that are among the given ones, if it has any."""
    return [level for level in CLONED.get(expert, []) if level in among]


def clone_files(name, expert, among=LEVELS):
    """Return a file of an expert for each level of its clones that is among the given ones."""
    return expand(expert_file(name), expert=expert, noise=levels_of(expert, among))


def clones_of(name, among=LEVELS):
    """Return an input function that gives a file of {expert} for each level of its clones."""
    return lambda wildcards: clone_files(name, wildcards.expert, among)


def cloned_files(*names, among=LEVELS, experts=TABULATED):
    """Return files of each tabulated expert; a name with {noise} gives one for each of its levels."""
    return [
        file
        for expert in sorted(experts)
        for name in names
        for file in clone_files(name, expert, among)
    ]


def dynamics_files(name, folder="dynamics"):
    """Return the files of a name that the dynamics of each expert with a series of levels are in."""
    names = [f"{folder}/{name}_{agents}.csv" for agents in ("expert", "{noise}")]
    return cloned_files(*names, experts=SERIES)


def others(expert, among=COMPARED):
    """Return the compared experts except the given one."""
    return [name for name in among if name != expert]


def drawn_file(name):
    """Return the path of a file in the folder of the expert that the figures draw."""
    return f"{BODY_FOLDER}/{DRAWN_EXPERT}/{name}"


def figure_inputs(figure):
    """Return the files that a figure draws, by the names that its module declares."""
    tables = {
        name: f"{BODY_FOLDER}/tables/{name}.csv" for name in FIGURES[figure]["TABLES"]
    }
    files = {name: drawn_file(file) for name, file in FIGURES[figure]["FILES"].items()}
    return {**tables, **files}


def figures_of(target):
    """Return the figures that a target makes; `archives` is that of a study without clones."""
    return sorted(
        name
        for name, declared in FIGURES.items()
        if declared["TARGET"] == target
        or (target == "archives" and declared["ARCHIVES"])
    )


def figure_files(target):
    """Return the files of all figures that a target makes."""
    return expand(
        f"{BODY_FOLDER}/figures/{{figure}}.{{kind}}",
        figure=figures_of(target),
        kind=["png", "pdf", "csv"],
    )


def dpi_of(figure):
    """Return the resolution of a figure or a film."""
    return config["figures"]["dpi_of"].get(figure, config["figures"]["dpi"])


def log_file(name):
    """Return the path of a log, whose place mirrors that of the output."""
    return f"{BODY_FOLDER}/logs/{name}"


def disturbed_agents(wildcards):
    """Return the archive of the expert, or the clones of a level."""
    expert = wildcards.agents == "expert"
    name = "checkpoint.zip" if expert else f"bc_{wildcards.agents}.pt"
    return expert_file(name).format(expert=wildcards.expert)


def peer_files(name, among=COMPARED):
    """Return an input function that gives a file of each other expert that is compared."""
    return lambda wildcards: expand(
        expert_file(name), expert=others(wildcards.expert, among)
    )


def gait_settings(expert, levels, among=COMPARED):
    """Return the settings of a rule that measures how an expert, its clones and others walk."""
    return settings(
        "seed",
        "body",
        "analysis.transient",
        "analysis.rate_range",
        "recording.clone_episodes",
        "spectra.segment",
        "spectra.lowest",
        "spectra.highest",
        "statistics.alpha",
        expert=expert,
        levels=levels,
        others=others(expert, among),
    )


def map_settings(wildcards, without=()):
    """Return the settings of a rule that fits the gait map, without some keys of `gaitmap`.

    Maps as the study published them take as long as the shared map, and only figures show them.
    """
    published = {} if wildcards.expert in SERIES else {"published_frames": 0}
    gaitmap = {**config["gaitmap"], **published}
    return settings(
        "seed",
        "body",
        "analysis.transient",
        "analysis.rate_range",
        gaitmap={k: v for k, v in gaitmap.items() if k not in without},
        expert=wildcards.expert,
        levels=levels_of(wildcards.expert, MAPPED),
    )


def published_rows():
    """Return how many states of its own walk a network is shown in the published procedure."""
    return config["similarity"]["published_rows"] or config["stimuli"]["rows"]


def mapped_walks(wildcards):
    """Return the walks of an expert and of its clones that the gait map is fitted to."""
    expert = wildcards.expert
    own = expert_file("rollouts.npz").format(expert=expert)
    return [own, *clone_files("bc_{noise}/rollouts.npz", expert, MAPPED)]


def sampled_expert(wildcards):
    """Return the sampled walk of an expert, if its map as published is of sampled actions."""
    asked = config["gaitmap"]["published_mode"] == "sampled"
    name = expert_file("rollouts_sampled.npz").format(expert=wildcards.expert)
    return [name] if asked and wildcards.expert in SERIES else []


def shown_networks(wildcards):
    """Return the walk of the expert and the activations of the networks that were shown it.

    These are the clones of a level, with their returns, or the expert and all networks but clones.
    """
    clones = f"bc_{wildcards.agents}"
    names = {"rollouts": "rollouts.npz"}
    if wildcards.agents == "expert":
        names |= {"activations": "activations/common.h5"}
    else:
        names |= {
            "activations": f"activations/{clones}.h5",
            "returns": f"returns/{clones}.csv",
        }
    return {
        kind: expert_file(name).format(expert=wildcards.expert)
        for kind, name in names.items()
    }


def replicates_of(wildcards):
    """Return the number of bootstraps of a similarity: none of clones that no figure draws."""
    drawn = wildcards.expert in SERIES and wildcards.method == "bc"
    return config["similarity"]["replicates"] if drawn else 0


def surrogates_of(wildcards):
    """Return the number of surrogates: none for agents that no figure draws, to save time."""
    drawn = ("expert", "0", str(config["figures"]["noisy_level"]))
    return config["dynamics"]["surrogates"] if wildcards.agents in drawn else 0


def place_of(wildcards):
    """Return the place on the noise axes that the wildcards of a folder name."""
    return {
        "expert": wildcards.expert,
        "level": int(wildcards.noise),
        "meaning": wildcards.meaning,
        "episodes": int(wildcards.episodes),
        "held": bool(wildcards.held),
    }


def recorded_episodes(agent, mode):
    """Return how many episodes are recorded of an `expert` or a `clone` in a mode."""
    key = "sampled_episodes" if mode == "sampled" else f"{agent}_episodes"
    return config["recording"][key]


def mode_of(wildcards):
    """Return the action mode that the wildcard {mode} of a file name stands for."""
    return "sampled" if wildcards.mode else "mean"


wildcard_constraints:
    expert=any_of(EXPERTS),
    noise=any_of(
        sorted({*LEVELS, *config["noise_axes"]["levels"], *sum(OFFLINE.values(), [])})
    ),
    mode="|_sampled",
    method=any_of(METHODS),


def teacher_files(wildcards):
    """Return what clones learn from: a data set has no network, whose layers they could have."""
    names = {
        "demonstrations": f"demonstrations/noise_{wildcards.noise}.npz",
        "rollouts": "rollouts.npz",
    }
    if wildcards.expert not in DATASETS:
        names["checkpoint"] = "checkpoint.zip"
    return {
        kind: expert_file(name).format(expert=wildcards.expert)
        for kind, name in names.items()
    }
