"""Robustness: rollouts.npz, checkpoint.zip, bc_<noise>.pt
-> robustness/expert.csv, robustness/<noise>.csv -> falls.csv, measures/robustness.csv -> tables/
"""

DISTURBED = sorted(config["robustness"]["levels"])


rule disturb_agents:
    input:
        agents=disturbed_agents,
        rollouts=expert_file("rollouts.npz"),
    output:
        responses=expert_file("robustness/{agents}.csv"),
    log:
        log_file("disturb_agents/{expert}_{agents}.log"),
    wildcard_constraints:
        agents=any_of(["expert", *DISTURBED]),
    group:
        "walks_{expert}_{agents}"
    conda:
        "../../envs/rl.yaml"
    resources:
        **request(disturbed_seconds, 200),
    params:
        settings=lambda wildcards: settings(
            "seed",
            "body",
            **{k: v for k, v in config["robustness"].items() if k != "levels"},
            expert=wildcards.expert,
            level=-1 if wildcards.agents == "expert" else int(wildcards.agents),
        ),
        code=code("disturb_agents.py"),
    message:
        "Disturbing the walk of {wildcards.expert}: {wildcards.agents}"
    script:
        "../scripts/disturb_agents.py"


rule measure_robustness:
    input:
        expert_file("robustness/expert.csv"),
        clones_of("robustness/{noise}.csv", DISTURBED),
    output:
        falls=expert_file("falls.csv"),
        measures=expert_file("measures/robustness.csv"),
    log:
        log_file("measure_robustness/{expert}.log"),
    group:
        "gaits_{expert}"
    conda:
        "../../envs/analysis.yaml"
    params:
        settings=settings("body", "statistics.alpha"),
        code=code("measure_robustness.py"),
    message:
        "Measuring the robustness of {wildcards.expert} and its clones"
    script:
        "../scripts/measure_robustness.py"
