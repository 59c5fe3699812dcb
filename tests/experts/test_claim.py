"""Two trainings never share a state."""

import json
import os
import platform
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from brainiarb.bodies.registry import get_body
from brainiarb.errors import Refused
from brainiarb.experts import claim
from brainiarb.experts.claim import claim_file, claimed
from brainiarb.experts.training import train
from builders import TRAINING


@pytest.fixture
def state(tmp_path):
    return tmp_path / "results/expert.training"


def leave(state, **owner):
    state.parent.mkdir()
    claim_file(state).write_text(json.dumps(owner))


def test_a_second_training_is_refused_in_one_sentence_that_names_the_first(state, monkeypatch):
    monkeypatch.setenv("SLURM_JOB_ID", "103")
    with claimed(state), pytest.raises(Refused) as refused:
        train(get_body("walker2d"), TRAINING, state)
    (said,) = str(refused.value).splitlines()
    for word in (claim_file(state), f"process {os.getpid()} on {platform.node()}, job 103 of"):
        assert str(word) in said


def test_a_training_that_ends_or_fails_leaves_no_claim(state):
    with claimed(state):
        assert claim_file(state).exists()
    with pytest.raises(KeyError), claimed(state):
        raise KeyError
    assert not claim_file(state).exists()


@pytest.mark.parametrize("left", ["", "half a {", '{"host": 3'])
def test_a_damaged_claim_that_nobody_holds_is_taken_over(state, left):
    state.parent.mkdir()
    claim_file(state).write_text(left)
    with claimed(state):
        assert json.loads(claim_file(state).read_text())["pid"] == os.getpid()


def test_the_claim_of_a_dead_process_on_this_machine_is_taken_over_at_once(state):
    leave(state, host=platform.node(), pid=4_000_000, job=None)
    with claimed(state):
        assert json.loads(claim_file(state).read_text())["pid"] == os.getpid()


def test_a_claim_from_another_machine_is_taken_over_without_signs_of_life(state, monkeypatch):
    monkeypatch.setattr(claim, "BEAT_SECONDS", 0.01)
    monkeypatch.setattr(claim, "PATIENCE_SECONDS", 0.05)
    leave(state, host="another", pid=1, job="7")
    with claimed(state):
        assert json.loads(claim_file(state).read_text())["host"] == platform.node()


def test_a_claim_from_another_machine_that_shows_signs_of_life_is_refused(state, monkeypatch):
    monkeypatch.setattr(claim, "BEAT_SECONDS", 0.01)
    leave(state, host="another", pid=1, job="7")
    ended = threading.Event()
    with ThreadPoolExecutor() as threads:
        threads.submit(claim._beat, claim_file(state), ended)
        try:
            with pytest.raises(Refused, match="process 1 on another, job 7 of Slurm trains"):
                claimed(state).__enter__()
        finally:
            ended.set()
    assert json.loads(claim_file(state).read_text())["host"] == "another"


def test_of_many_that_claim_at_once_one_wins(state):
    def attempt(_):
        try:
            with claimed(state):
                start.wait()
                return True
        except Refused:
            start.wait()
            return False

    start = threading.Barrier(8)
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == 1
