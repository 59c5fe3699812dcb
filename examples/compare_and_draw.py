"""Ask the files of a finished study: compare two layers, find a gait cycle, draw a figure.

First run `snakemake --cores 2` and `pip install -e .`. Then open this file in an editor that knows
cells (`# %%`), or convert it to a notebook with jupytext. To run all cells at once, name the folder
of an expert and a level of noise:

    python examples/compare_and_draw.py results/walker2d/crossq_0 40
"""

# %% Choose the folder of an expert and a level of noise
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from brainiarb.activity.activations import Activations
from brainiarb.bodies.model import joint_columns
from brainiarb.bodies.registry import get_body
from brainiarb.gait.contacts import foot_strikes
from brainiarb.gait.cycles import choose_cycle
from brainiarb.gait.period import period
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.rollouts.episodes import drop_transient
from brainiarb.similarity.array_measures import linear_cka, procrustes

expert = Path(sys.argv[1] if len(sys.argv) > 1 else "results/walker2d/crossq_0")
level = int(sys.argv[2] if len(sys.argv) > 2 else 40)

# %% Load the second hidden layer of the expert and of the clone of median return
returns = pd.read_csv(expert / f"returns/bc_{level}.csv")
clone = int(returns.loc[returns["median"], "clone"].iloc[0])
with h5py.File(expert / "activations.h5") as networks:
    of_expert = Activations(networks["common"], "expert")
    of_clone = Activations(networks[f"bc_{level}"], "common", clone)
    # Equal digests say that both networks saw the same states, so that their rows are pairs.
    assert of_expert.digest == of_clone.digest
    expert_layer, clone_layer = of_expert.layers()["linear2"], of_clone.layers()["linear2"]

# %% Compare the two layers on the states that all networks were shown
print(f"clone {clone} at {level} % noise, {len(expert_layer):,} states, second hidden layer:")
print(f"  linear CKA, debiased   {linear_cka(expert_layer, clone_layer, debiased=True):.3f}")
print(f"  angular Procrustes     {procrustes(expert_layer, clone_layer, angular=True):.3f} rad")

# %% Find the period of each gait, and the cycle that stands for it
walks = {}
for name, path, number in (
    ("expert", expert / "rollouts.npz", 0),
    (f"clone, {level} % noise", expert / f"bc_{level}/rollouts.npz", clone),
):
    rollouts = read_rollouts(path)
    body, rate = get_body(str(rollouts["body"])), float(rollouts["sampling_rate"])
    rows = rollouts["clone_ids"] == number
    episodes = rollouts["episode_ids"][rows]
    joints = rollouts["qpos"][rows][:, joint_columns(body)]
    steady = drop_transient(episodes, rate, seconds=1.0)
    gait = period(joints, rate, episode_ids=episodes, usable=steady)
    longest = episodes == np.bincount(episodes).argmax()
    strikes = foot_strikes(rollouts["contacts"][rows][longest], rate)
    cycle = choose_cycle(joints[longest], gait.seconds, rate, start=round(rate), strikes=strikes)
    walks[name] = joints[longest], cycle, rate
    print(f"{name}: period {gait.seconds:.2f} s, autocorrelation {gait.strength:.2f}")

# %% Draw the joint angles of both cycles
figure = Figure(figsize=(7.2, 2.6), layout="constrained")
for axes, (name, (joints, cycle, rate)) in zip(
    figure.subplots(1, 2, sharey=True), walks.items(), strict=True
):
    rows = slice(0, 0) if cycle is None else slice(cycle.start, cycle.stop + 1)
    axes.plot(np.arange(len(joints[rows])) / rate, joints[rows])
    axes.set_title(name if cycle else f"{name}: no full cycle")
    axes.set_xlabel("time (s)")
figure.legend(axes.lines, body.joints, loc="outside right center", fontsize="small")
figure.axes[0].set_ylabel("joint angle (rad)")
figure.savefig("one_cycle.png", dpi=150)
print("wrote one_cycle.png")
