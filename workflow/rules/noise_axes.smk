"""Noise axes, a target of their own: meaning of the noise, number of demonstrated episodes
-> <expert>/<meaning>_<episodes>/bc_<noise>.pt -> tables/noise_axes.csv, noise_axes_intervals.csv

Each meaning and level has one recording, with the most episodes. Clones of fewer episodes learn from
the first ones. In a folder `..._held`, clones learn from that number of episodes too, but only from
as many samples as the fewest episodes have.
"""

AXES = config["noise_axes"]
FEWEST, MOST = min(AXES["episodes"]), max(AXES["episodes"])
PLACES = sorted(
    {f"{meaning}_{MOST}" for meaning in AXES["meanings"]}
    | {f"{config['noise']['meaning']}_{count}" for count in AXES["episodes"]}
    | {
        f"{config['noise']['meaning']}_{count}_held"
        for count in AXES["episodes"]
        if count > FEWEST
    }
)


wildcard_constraints:
    meaning=any_of(sorted({*AXES["meanings"], config["noise"]["meaning"]})),
    episodes=r"\d+",
    held="|_held",


use rule record_demonstrations as record_axis_demonstrations with:
    output:
        demonstrations=expert_file("demonstrations/{meaning}_{noise}.npz"),
        returns=expert_file("returns/demonstrations_{meaning}_{noise}.csv"),
    log:
        log_file("record_axis_demonstrations/{expert}_{meaning}_{noise}.log"),
    group:
        "axes_{expert}_{meaning}_{noise}"
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "noise_axes.clones",
            "noise.samples",
            expert=wildcards.expert,
            level=int(wildcards.noise),
            meaning=wildcards.meaning,
            episodes=MOST,
        ),
        code=code("record_demonstrations.py"),


use rule train_clones as train_axis_clones with:
    input:
        checkpoint=expert_file("checkpoint.zip"),
        demonstrations=expert_file("demonstrations/{meaning}_{noise}.npz"),
        rollouts=expert_file("rollouts.npz"),
    output:
        clones=expert_file("{meaning}_{episodes}{held}/bc_{noise}.pt"),
        history=expert_file("{meaning}_{episodes}{held}/bc_{noise}/history.csv"),
    log:
        log_file("train_axis_clones/{expert}_{meaning}_{episodes}{held}_{noise}.log"),
    group:
        "axes_{expert}_{meaning}_{noise}"
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "noise_axes.clones",
            "noise.samples",
            "cloning",
            method="bc",
            **place_of(wildcards),
            held_to=FEWEST if wildcards.held else None,
        ),
        code=code("train_clones.py"),


use rule record_clones as record_axis_clones with:
    input:
        clones=expert_file("{meaning}_{episodes}{held}/bc_{noise}.pt"),
    output:
        rollouts=temp(expert_file("{meaning}_{episodes}{held}/bc_{noise}/rollouts.npz")),
        returns=expert_file("{meaning}_{episodes}{held}/returns/bc_{noise}.csv"),
    log:
        log_file("record_axis_clones/{expert}_{meaning}_{episodes}{held}_{noise}.log"),
    group:
        "axes_{expert}_{meaning}_{noise}"
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            "recording.steps",
            **place_of(wildcards),
            method="bc",
            mode="mean",
            recorded_episodes=recorded_episodes("clone", "mean"),
        ),
        code=code("record_clones.py"),
    message:
        "Recording the clones of {wildcards.expert}: {wildcards.meaning} noise of {wildcards.noise} %"


rule measure_axis_clones:
    input:
        clones=expert_file("{meaning}_{episodes}{held}/bc_{noise}.pt"),
        returns=expert_file("{meaning}_{episodes}{held}/returns/bc_{noise}.csv"),
        checkpoint=expert_file("checkpoint.zip"),
        rollouts=expert_file("rollouts.npz"),
    output:
        table=expert_file("{meaning}_{episodes}{held}/noise_axes_{noise}.csv"),
    log:
        log_file("measure_axis_clones/{expert}_{meaning}_{episodes}{held}_{noise}.log"),
    group:
        "axes_{expert}_{meaning}_{noise}"
    conda:
        "../../envs/rl.yaml"
    params:
        settings=lambda wildcards: settings(
            "body", "stimuli.rows", **place_of(wildcards)
        ),
        code=code("measure_axis_clones.py"),
    message:
        "Measuring the clones of {wildcards.expert}: {wildcards.meaning} noise of {wildcards.noise} %"
    script:
        "../scripts/measure_axis_clones.py"


rule tabulate_noise_axes:
    input:
        expand(
            expert_file("{place}/noise_axes_{noise}.csv"),
            expert=SERIES,
            place=PLACES,
            noise=sorted(AXES["levels"]),
        ),
    output:
        table=f"{BODY_FOLDER}/tables/noise_axes.csv",
        intervals=f"{BODY_FOLDER}/tables/noise_axes_intervals.csv",
    log:
        log_file("tabulate_noise_axes.log"),
    group:
        "finish"
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=settings(
            "seed", "statistics.replicates", "statistics.alpha", "statistics.walking"
        ),
        code=code("tabulate_noise_axes.py"),
    message:
        "Tabulating the noise axes"
    script:
        "../scripts/tabulate_noise_axes.py"


rule noise_axes:
    input:
        f"{BODY_FOLDER}/tables/noise_axes.csv",
        figure_files("noise_axes"),
