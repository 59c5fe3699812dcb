"""The error of a job that refuses its input in one sentence."""


class Refused(ValueError):  # noqa: N818
    """Input that cannot be used.

    The message is one sentence for the user. It says what was expected, what was found and where,
    and what to do. Any other exception is a fault of the program, and its traceback is shown.
    """
