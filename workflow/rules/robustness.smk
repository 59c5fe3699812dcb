"""Robustness: rollouts.npz, checkpoint.zip, bc_<noise>.pt
-> robustness/expert.csv, robustness/<noise>.csv, measures/robustness_*.csv -> tables/
"""

DISTURBED = sorted(config["robustness"]["levels"])


rule disturb_agents:
    input:
        agents=disturbed_agents,
        rollouts=expert_file("rollouts.npz"),
    output:
        responses=expert_file("robustness/{agents}.csv"),
        measures=expert_file("measures/robustness_{agents}.csv"),
    log:
        log_file("disturb_agents/{expert}_{agents}.log"),
    wildcard_constraints:
        agents=any_of(["expert", *DISTURBED]),
    conda:
        "../../envs/rl.yaml"
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
