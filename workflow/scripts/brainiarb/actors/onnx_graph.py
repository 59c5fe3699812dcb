"""The graph of an ONNX file, read from its bytes without the package onnx.

An ONNX file is a message of Protocol Buffers: fields of a number and a value, where a value is a
number or bytes, and bytes may be a message of their own. The numbers of the fields are those of
`onnx.proto` (ONNX, https://onnx.ai, IR version 3 and later).
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import numpy as np

from brainiarb.errors import Refused

LARGEST = 10_000
"""The most fields of a file that are read; a chain of layers has a few hundred."""
_AXES = 8
"""The most axes of an array; those of a layer have two."""

_NUMBER, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_WIDTHS = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
_TYPES = {1: "<f4", 10: "<f2", 11: "<f8"}
"""The types of arrays that layers have, by their numbers."""
_EXTERNAL = 1


_Message = dict[int, list[Any]]
"""The values of a message by the numbers of their fields, in order."""


@dataclass(frozen=True, eq=False)
class Node:
    """An operation of a graph."""

    kind: str
    inputs: list[str]
    outputs: list[str]
    options: dict[str, Any]
    """The attributes that are one number, one text or one array, by their names."""


@dataclass(frozen=True, eq=False)
class Graph:
    """A graph: its operations in order, the names of its inputs, and its arrays by their names."""

    nodes: list[Node]
    inputs: list[str]
    arrays: dict[str, np.ndarray]


def read_graph(content: bytes) -> Graph:
    """Return the graph of an ONNX file.

    Raises Refused if the bytes are no such message, if an array lies in another file or is of a
    type that no layer has, and if the graph has more than `LARGEST` fields.
    """
    read = count()

    def message(content: bytes) -> _Message:
        fields: _Message = {}
        for number, value in _fields(content):
            if next(read) == LARGEST:
                raise Refused(f"it has more than {LARGEST} fields of operations and arrays")
            fields.setdefault(number, []).append(value)
        return fields

    (graph,) = message(content).get(7, [b""])[:1]
    fields = message(graph)
    return Graph(
        nodes=[_node(message(node), message) for node in fields.get(1, [])],
        inputs=[_text(message(entry), 1) for entry in fields.get(11, [])],
        arrays=dict(_array(message(tensor)) for tensor in fields.get(5, [])),
    )


def _node(fields: _Message, message: Callable[[bytes], _Message]) -> Node:
    options: dict[str, Any] = {}
    for attribute in map(message, fields.get(5, [])):
        name = _text(attribute, 1)
        if 2 in attribute:
            options[name] = struct.unpack("<f", attribute[2][-1])[0]
        elif 3 in attribute:
            options[name] = attribute[3][-1]
        elif 4 in attribute:
            options[name] = _text(attribute, 4)
        elif 5 in attribute:
            options[name] = _array(message(attribute[5][-1]))[1]
    inputs, outputs = ([value.decode() for value in fields.get(n, [])] for n in (1, 2))
    return Node(_text(fields, 4), inputs, outputs, options)


def _array(fields: _Message) -> tuple[str, np.ndarray]:
    """Return the name and the values of an array."""
    name = _text(fields, 8)
    if fields.get(14, [0])[-1] == _EXTERNAL:
        raise Refused(f"its array {name} lies in another file; export it with external_data=False")
    kind = _TYPES.get(fields.get(2, [0])[-1])
    if kind is None:
        raise Refused(f"its array {name} holds values of a type that no layer has")
    shape = [*islice((n for part in fields.get(1, []) for n in _numbers(part)), _AXES)]
    raw = fields.get(9) or fields.get({"<f4": 4, "<f8": 10}.get(kind, 9), [b""])
    return name, np.frombuffer(b"".join(raw), kind).reshape(shape)


def _fields(content: bytes) -> Iterator[tuple[int, Any]]:
    """Yield the number and the value of each field of a message."""
    at = 0
    while at < len(content):
        key, at = _number(content, at)
        place, kind = key >> 3, key & 7
        told = _WIDTHS.get(kind, 0)
        if kind in (_NUMBER, _BYTES):
            told, at = _number(content, at)
        if kind == _NUMBER:
            yield place, told
            continue
        if kind not in (_BYTES, *_WIDTHS) or at + told > len(content):
            raise Refused("it is no ONNX file, or it was cut short")
        yield place, content[at : at + told]
        at += told


def _number(content: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at a place, seven bits in each byte, and where it ends."""
    value = 0
    for shift, byte in enumerate(content[at : at + 10]):
        value |= (byte & 127) << 7 * shift
        if byte < 128:
            return value, at + shift + 1
    raise Refused("it is no ONNX file, or it was cut short")


def _numbers(part: int | bytes) -> Iterator[int]:
    """Yield the numbers of a repeated field, which is one of them or many packed as bytes."""
    if isinstance(part, int):
        yield part
        return
    at = 0
    while at < len(part):
        value, at = _number(part, at)
        yield value


def _text(fields: _Message, number: int) -> str:
    value = fields.get(number, [b""])[-1]
    return value.decode() if isinstance(value, bytes) else ""
