"""What a finished study can be asked, as cells: two layers, a gait cycle, a figure of one's own.

Open it in an editor that knows cells (`# %%`) or convert it to a notebook (jupytext), after
`snakemake --cores 2` and `pip install -e .`; or run it whole, with the folder of the results:

    python examples/compare_and_draw.py results/walker2d/crossq_0 40
"""

# %% A study's folder, of one expert, and a level of noise
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from brainiarb.activity.activations import digest_of, read_layers
from brainiarb.bodies.model import joint_columns
from brainiarb.bodies.registry import get_body
from brainiarb.gait.contacts import foot_strikes
from brainiarb.gait.cycles import choose_cycle
from brainiarb.gait.period import period
from brainiarb.rollouts.arrays import read_rollouts
from brainiarb.rollouts.episodes import drop_transient
from brainiarb.rollouts.returns import median_clone
from brainiarb.similarity.array_measures import linear_cka, procrustes

expert = Path(sys.argv[1] if len(sys.argv) > 1 else "results/walker2d/crossq_0")
level = int(sys.argv[2] if len(sys.argv) > 2 else 40)

# %% Load: one file links to the activations of all networks
clone = median_clone(pd.read_csv(expert / f"returns/bc_{level}.csv"))
with h5py.File(expert / "activations.h5") as networks:
    clones = networks[f"bc_{level}"]
    # Rows are paired where the digests of the states are equal, and only there.
    assert digest_of(networks["expert"], "expert", 0) == digest_of(clones, "expert", clone)
    first = read_layers(networks["expert"], "expert", 0)["linear2"]
    second = read_layers(clones, "expert", clone)["linear2"]

# %% Compare the second hidden layer of expert and clone on the expert's states
print(f"clone {clone} at {level} %, {len(first):,} states of the expert, second hidden layer:")
print(f"  linear CKA, debiased   {linear_cka(first, second, debiased=True):.3f}")
print(f"  angular Procrustes     {procrustes(first, second, angular=True):.3f} rad")

# %% Find the cycles: how long one takes, and the one that stands for the gait
walks = {}
for name, path, number in (
    ("expert", expert / "rollouts.npz", 0),
    (f"clone, {level} % noise", expert / f"bc_{level}/rollouts.npz", clone),
):
    rollouts = read_rollouts(path)
    body, rate = get_body(str(rollouts["body"])), float(rollouts["sampling_rate"])
    mine = rollouts["clone_ids"] == number
    episodes = rollouts["episode_ids"][mine]
    joints = rollouts["qpos"][mine][:, joint_columns(body)]
    found = period(
        joints, rate, episode_ids=episodes, usable=drop_transient(episodes, rate, seconds=1.0)
    )
    longest = episodes == np.bincount(episodes).argmax()
    strikes = foot_strikes(rollouts["contacts"][mine][longest], rate)
    cycle = choose_cycle(joints[longest], found.seconds, rate, start=round(rate), strikes=strikes)
    walks[name] = joints[longest], cycle, rate
    print(f"{name}: a cycle of {found.seconds:.2f} s, autocorrelation there {found.strength:.2f}")

# %% Draw the joint angles of one cycle of each
figure = Figure(figsize=(7.2, 2.6), layout="constrained")
for axes, (name, (joints, cycle, rate)) in zip(
    figure.subplots(1, 2, sharey=True), walks.items(), strict=True
):
    rows = slice(0, 0) if cycle is None else slice(cycle.start, cycle.stop + 1)
    axes.plot(np.arange(len(joints[rows])) / rate, joints[rows])
    axes.set_title(name if cycle else f"{name}: no full cycle")
    axes.set_xlabel("time (s)")
axes.legend(body.joints, fontsize="small")
figure.axes[0].set_ylabel("joint angle (rad)")
figure.savefig("one_cycle.png", dpi=150)
print("drawn: one_cycle.png")
