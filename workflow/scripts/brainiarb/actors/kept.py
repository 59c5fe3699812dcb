"""Pickles, read without calling anything that they name.

A pickle names the functions and classes that its reader calls. Here an admitted name becomes a
class that only keeps its arguments, and any other name ends the reading. The steps of a pickle are
checked first: their number, and how large its values are when all that they share is repeated.
"""

import io
import pickle
import pickletools
from collections.abc import Callable, Collection, Mapping
from typing import Any

from brainiarb.errors import Refused

MOST_STEPS = 200_000
"""The most steps of a pickle; that of a policy takes 2,000."""
LARGEST_VALUE = 1_000_000
"""The most parts of a value, each counted as often as it is met."""

_MARK, _SLICE = pickletools.markobject, pickletools.stackslice
_PUTS = ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE")
_GETS = ("GET", "BINGET", "LONG_BINGET")
_UNUSED = ("POP", "POP_MARK", "DUP", "EXT1", "EXT2", "EXT4")
"""Steps that writers need for values that hold themselves, and for extensions."""


class Kept:
    """The arguments, the state and the items of an object in a pickle."""

    arguments: tuple[Any, ...] = ()
    state: Any = None

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.items: dict[Any, Any] = {}

    def __setstate__(self, state: Any) -> None:
        """Keep the state, where another object would take it up."""
        self.state = state

    def __setitem__(self, name: Any, value: Any) -> None:
        """Keep an item of a mapping."""
        self.items[name] = value


class _Reader(pickle.Unpickler):
    def __init__(
        self,
        content: bytes,
        admitted: Mapping[str, Collection[str]],
        stored: Callable[[Any], Any] | None,
    ) -> None:
        super().__init__(io.BytesIO(content))
        self.admitted, self.stored = admitted, stored
        self.classes: dict[tuple[str, str], type[Kept]] = {}

    def find_class(self, module: str, name: str) -> type[Kept]:
        if name not in self.admitted.get(module, ()):
            raise Refused(f"it names {module}.{name}, which is not needed and not executed")
        return self.classes.setdefault((module, name), type(name, (Kept,), {}))

    def persistent_load(self, identity: Any) -> Any:
        if self.stored is None:
            raise Refused("it refers to data outside of it")
        return self.stored(identity)


def read_kept(
    content: bytes,
    admitted: Mapping[str, Collection[str]],
    stored: Callable[[Any], Any] | None = None,
) -> Any:
    """Return the value of a pickle, whose objects are `Kept` under the names of their classes.

    `admitted` holds the names that it may use, by module. `stored` gives the value of what lies
    outside of the pickle. Raises an exception, of no certain kind, if it is damaged or too large.
    """
    _check_steps(content)
    return _Reader(content, admitted, stored).load()


def _check_steps(content: bytes) -> None:
    """Refuse a pickle of too many steps or too large values.

    The stack of its reader holds here the size of each value in place of the value.
    """
    stack: list[int] = []
    marks: list[int] = []
    memo: dict[int, int] = {}
    end = 0
    for number, (step, argument, place) in enumerate(pickletools.genops(content)):
        end = place or 0
        if number > MOST_STEPS:
            raise Refused(f"it takes more than {MOST_STEPS:,} steps")
        if step.name in _UNUSED:
            raise Refused(f"its step {step.name} is not needed")
        if step.name in _PUTS:
            index = len(memo) if step.name == "MEMOIZE" else int(argument or 0)
            if index > number:
                raise Refused("it numbers more objects than it has")
            memo[index] = stack[-1]
            continue
        if step.name in _GETS:
            stack.append(memo[int(argument or 0)])
            continue
        size = 1
        before = list(step.stack_before)
        if _MARK in before:
            start = marks.pop()
            size += sum(stack[start:])
            del stack[start:]
            before = before[: before.index(_MARK)]
        if step.name == "MARK":
            marks.append(len(stack))
            continue
        for _ in before:
            size += stack.pop()
        if size > LARGEST_VALUE:
            raise Refused(f"its values have more than {LARGEST_VALUE:,} parts")
        stack += [size] * len(step.stack_after)
    if end + 1 != len(content):
        raise Refused("bytes follow its end")
