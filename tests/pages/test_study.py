"""What was studied, as pages tell it."""

from brainiarb.pages.study import experts_of


def test_an_expert_is_told_with_its_algorithm_and_a_data_set_as_one():
    walked = {"agent": "expert", "mode": "mean", "return": "1", "episodes": "2", "fell": "0"}
    agents = [{"expert": name, **walked} for name in ("a", "mine", "other")]
    study = {"clone": ["mine", "a"], "levels": {"a": [0, 80], "mine": [0]}, "datasets": ["mine"]}
    experts = experts_of(agents, [{"expert": "a", "algorithm": "sac"}], study)
    assert [(expert.name, expert.algorithm, expert.levels) for expert in experts] == [
        ("mine", "none: a data set of demonstrations", [0]),
        ("a", "sac", [0, 80]),
        ("other", "", ()),
    ]
