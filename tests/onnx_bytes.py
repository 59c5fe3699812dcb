"""ONNX files written from nothing: the fields of onnx.proto as bytes."""

import struct

import numpy as np

TYPES = {"float32": 1, "int64": 7, "float64": 11}


def number(value):
    """A number, seven bits in each byte."""
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def field(place, value):
    """A field of a message: a whole number, a float, a text, or the bytes of another message."""
    if isinstance(value, int):
        return number(place << 3) + number(value)
    if isinstance(value, float):
        return number(place << 3 | 5) + struct.pack("<f", value)
    content = value.encode() if isinstance(value, str) else value
    return number(place << 3 | 2) + number(len(content)) + content


def tensor(name, array, *further):
    array = np.asarray(array)
    dims = b"".join(field(1, length) for length in array.shape)
    kind = field(2, TYPES[array.dtype.name])
    return dims + kind + field(8, name) + field(9, array.tobytes()) + b"".join(further)


def option(name, value):
    place, kind = {float: (2, 1), int: (3, 2), str: (4, 3), bytes: (5, 4)}[type(value)]
    return field(1, name) + field(place, value) + field(20, kind)


def node(kind, inputs, outputs, **options):
    names = [field(1, name) for name in inputs] + [field(2, name) for name in outputs]
    chosen = [field(5, option(name, value)) for name, value in options.items()]
    return b"".join([*names, field(4, kind), *chosen])


def value_info(name, shape):
    dims = b"".join(field(1, field(1, length)) for length in shape)
    return field(1, name) + field(2, field(1, field(1, 1) + field(2, dims)))


def model(nodes, tensors, inputs=(("x", (1, 17)),), outputs=(("y", (1, 6)),)):
    """The bytes of a file whose graph has these nodes and tensors."""
    graph = [field(1, each) for each in nodes] + [field(2, "actor")]
    graph += [field(5, each) for each in tensors]
    graph += [field(11, value_info(*each)) for each in inputs]
    graph += [field(12, value_info(*each)) for each in outputs]
    opset = field(8, field(1, "") + field(2, 17))
    return field(1, 8) + field(7, b"".join(graph)) + opset
