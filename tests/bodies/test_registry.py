from dataclasses import replace

import pytest

from brainiarb.bodies.model import environment_facts
from brainiarb.bodies.registry import body_names, get_body
from brainiarb.errors import Refused
from builders import every_body


def test_an_unknown_body_is_refused_with_the_known_names():
    with pytest.raises(Refused, match=r"'wlaker2d'.*ant, .*walker2d"):
        get_body("wlaker2d")


def test_each_module_of_the_catalogue_describes_the_body_of_its_name():
    assert [get_body(name).name for name in body_names()] == body_names()


def test_a_body_takes_other_rates_of_its_gait_and_keeps_the_rest():
    body = get_body("walker2d")
    assert get_body("walker2d", None) == body
    assert get_body("walker2d", [0.2, 8]) == replace(body, rates=(0.2, 8))


@pytest.mark.parametrize("rates", [(5.0, 0.6), (1.0, 1.0), (0.0, 5.0), (1.0, float("inf"))])
def test_rates_that_do_not_rise_above_nothing_are_refused(rates):
    with pytest.raises(Refused, match="two rising numbers above 0 Hz"):
        get_body("walker2d", rates)


@every_body
def test_every_body_names_rates_that_its_environment_can_show(body):
    lowest, highest = body.rates
    assert lowest < highest < environment_facts(body).sampling_rate / 2
