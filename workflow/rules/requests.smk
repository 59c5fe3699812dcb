"""Requests: the memory and the time that a job asks a cluster for, from the sizes in the config.

The rates are those of the jobs of the default study on one core; each job says its own use at the
end of its log. A try after a failed one asks for twice as much. A rule without a request of its own
asks for what `default-resources` in the profile say. On one machine nothing of this counts.
"""

import math

SLACK = 4  # a core of the cluster may be slower, and its disk is shared
START = 30  # s: Snakemake starts and packages load
AROUND = 1000  # MB: the two Snakemakes around a job, and the packages that it imports
STEP = 1e-4  # s: a walker takes one step and its network acts
CLONES = config["noise"]["clones"]
ROWS = config["stimuli"]["rows"]
AGENTS = sum(map(len, CLONED.values())) * CLONES
RECORDED = config["recording"]["steps"] * config["recording"]["clone_episodes"] * CLONES
DISTURBANCES = sum(
    len(doses)
    for name, doses in config["robustness"].items()
    if name != "levels" and isinstance(doses, list)
)


def request(seconds, megabytes=100):
    """Return the resources of a rule whose jobs take some seconds, and some megabytes of data.

    The seconds are a number or a function of the wildcards.
    """

    def runtime(wildcards, attempt):
        taken = seconds(wildcards) if callable(seconds) else seconds
        return math.ceil((SLACK * taken + START) / 60) * 2 ** (attempt - 1)

    def mem_mb(wildcards, attempt):
        return math.ceil(AROUND + 2 * megabytes) * 2 ** (attempt - 1)

    return {"runtime": runtime, "mem_mb": mem_mb}


def training_seconds(wildcards):
    """Return for about how long an expert is trained: each step is an update of its networks.

    The time of an update grows with the batch and with the widths of actor and critics.
    """
    train = EXPERTS[wildcards.expert]["train"]
    width = max(train["critic_width"], train.get("actor_width", 256))
    update = 0.01 + 0.01 * train["batch_size"] / 256 * (width / 256) ** 2
    evaluations = train["steps"] / train["evaluate_every"]
    evaluated = evaluations * train["evaluation_episodes"] * 1000
    return train["steps"] * update + evaluated * STEP


def learning_seconds(wildcards):
    """Return for about how long the clones of a level learn: methods with critics take longer."""
    cloned = wildcards.get("method", "bc") == "bc"
    epochs = config["cloning" if cloned else "offline"]["epochs"]
    return (1e-5 if cloned else 2e-5) * CLONES * config["noise"]["samples"] * epochs


def disturbed_seconds(wildcards):
    """Return for about how long the walks of an agent or of the clones of a level are disturbed."""
    agents = 1 if wildcards.agents == "expert" else CLONES
    episodes = agents * config["robustness"]["episodes"] * DISTURBANCES
    return episodes * config["recording"]["steps"] * STEP


TINY = request(1)
# The largest data sets of D4RL have two million steps.
READING = request(60, 2000)
RECORDING_OF_EXPERT = request(
    config["recording"]["steps"] * config["recording"]["expert_episodes"] * STEP, 200
)
DEMONSTRATING = request(CLONES * config["noise"]["samples"] * STEP, 200)
LEARNING = request(learning_seconds, 200)
TUNING = request(0.02 * CLONES * config["offline"]["tuning"]["steps"], 500)
RECORDING = request(RECORDED * STEP, RECORDED / 1000)
ACTIVATING = request(ROWS * CLONES * STEP, ROWS * CLONES / 500)
COMPARING = request(
    4e-4 * len(config["similarity"]["measures"]) * CLONES * ROWS, ROWS / 50
)
ACTING = request(CLONES * (1 + config["similarity"]["stitched_episodes"]), ROWS / 50)
ROTATING = request(CLONES * (1 + config["dynamics"]["surrogates"] / 20), ROWS / 50)
MAPPING = request(0.01 * config["gaitmap"]["points"], len(LEVELS) * RECORDED / 1000)
REFITTING = request(0.05 * config["gaitmap"]["points"], len(LEVELS) * RECORDED / 1000)
WALKING = request(1e-5 * len(LEVELS) * RECORDED, len(LEVELS) * RECORDED / 1000)
ENDING = request(10 + AGENTS / 10, 200 + AGENTS)
