"""The error of a job that refuses its input in one sentence."""

LONGEST = 500
"""The most characters of a message."""

REASON = 200
"""The most characters of the reason that a library gives within a message."""

PLACE = 150
"""The most characters of a path in a message that also says what to do."""


def one_line(text: object, longest: int = LONGEST) -> str:
    """Return a text as one line of printable characters; what is too long loses its middle.

    Examples
    --------
    >>> one_line("half a\\nline, then \\x1b[31m")
    'half a line, then \\\\x1b[31m'
    >>> one_line("a long text that says its file first and what to do last", 40)
    'a long text that says its ... to do last'
    """
    line = " ".join(str(text).splitlines())
    line = "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in line
    )
    if len(line) <= longest:
        return line
    last = longest // 4
    return f"{line[: longest - last - 5].rstrip()} ... {line[-last:].lstrip()}"


def shown_path(path: object) -> str:
    """Return a path for a message; one that is too long loses its beginning, and keeps its name.

    Examples
    --------
    >>> shown_path("results/walker2d/crossq_0/bc_40.pt")
    'results/walker2d/crossq_0/bc_40.pt'
    >>> shown_path("far/" * 100 + "bc_40.pt")[:20]
    '...ar/far/far/far/fa'
    """
    text = str(path)
    return text if len(text) <= PLACE else f"...{text[3 - PLACE :]}"


class Refused(ValueError):  # noqa: N818
    """Input that cannot be used.

    The message is one sentence for the user. It says what was expected, what was found and where,
    and what to do. Parts of it may come from a foreign file, so it is made one line of at most
    `LONGEST` characters. What is given as `advice` ends it and stays whole, up to half of that. Any
    other exception is a fault of the program, and its traceback is shown.
    """

    def __init__(self, message: object, advice: str = "") -> None:
        ending = one_line(advice, LONGEST // 2)
        super().__init__(one_line(message, LONGEST - len(ending)) + ending)
