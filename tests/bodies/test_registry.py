import pytest

from brainiarb.bodies.registry import body_names, get_body
from brainiarb.errors import Refused


def test_an_unknown_body_is_refused_with_the_known_names():
    with pytest.raises(Refused, match=r"'wlaker2d'.*ant, .*walker2d"):
        get_body("wlaker2d")


def test_each_module_of_the_catalogue_describes_the_body_of_its_name():
    assert [get_body(name).name for name in body_names()] == body_names()
