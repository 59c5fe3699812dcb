"""The observations and the posture of a body: each number with its name, quantity and unit."""

from brainiarb.bodies.body import Body
from brainiarb.bodies.coordinates import coordinate_rows, numbered
from brainiarb.bodies.model import plain_model, posture_columns, task_of
from brainiarb.bodies.task import ObservationRow


def observation_table(body: Body) -> list[ObservationRow]:
    """Describe every number of an observation, in order.

    Raises Refused if the observation holds a quantity that is not known.

    Examples
    --------
    >>> from brainiarb.bodies.registry import get_body
    >>> table = observation_table(get_body("walker2d"))
    >>> len(table)
    17
    >>> table[5].description, table[5].unit
    ('angle of the left thigh joint', 'rad')
    """
    return task_of(body).describe()


def posture_table(body: Body) -> list[ObservationRow]:
    """Describe every number of a posture, in order: the positions of `posture_columns`."""
    rows = coordinate_rows(plain_model(body), velocity=False)
    return numbered([rows[column] for column in posture_columns(body)])
