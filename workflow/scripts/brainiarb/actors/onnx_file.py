"""ONNX files of an actor: a chain of linear layers, read as the arrays of a plain file.

The graph is read and never run. It may hold `Gemm`, or `MatMul` and `Add`, between non-linearities
of one kind, and end with a `Tanh` or a `Clip`. A network with branches, or with any other
operation, is refused by the name of the operation.
"""

import importlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from brainiarb.errors import Refused

NONLINEARITIES = {
    "Relu": "ReLU", "Tanh": "Tanh", "Elu": "ELU", "Gelu": "GELU", "LeakyRelu": "LeakyReLU",
}  # fmt: skip
"""The operations that are the non-linearities of `architecture.ACTIVATIONS`."""
PASSED = ("Identity", "Flatten")
"""Operations that change nothing of a row of observations."""


def onnx_arrays(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays of a plain file and the architecture that the bytes of an ONNX file hold.

    A small file can become large in memory, so a foreign one is read in a process with limits (see
    `brainiarb.confined`). Raises Refused if the package onnx is missing or the graph is no such
    chain.
    """
    try:
        onnx = importlib.import_module("onnx")
        numbers = importlib.import_module("onnx.numpy_helper")
    except ImportError as error:
        raise Refused("the package onnx is not installed; install it (pip install onnx)") from error
    # External data would be read from other files, so it is not loaded.
    model = onnx.load_model_from_string(content)
    known = {}
    for tensor in model.graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            raise Refused(
                f"its array {tensor.name} lies in another file; export it with external_data=False"
            )
        known[tensor.name] = numbers.to_array(tensor)
    return _plain(list(_operations(model.graph, known)))


def _operations(graph: Any, known: dict[str, np.ndarray]) -> Iterator[tuple[str, Any]]:
    """Yield the operations of a chain, in order: a name, or the weight or the bias of a layer."""
    passed = {entry.name for entry in graph.input} - set(known)
    (current,) = passed if len(passed) == 1 else [None]
    for node in graph.node:
        options = {entry.name: entry for entry in node.attribute}
        if list(node.input).count(current) != 1 or len(node.output) != 1:
            raise Refused(f"its operation {node.op_type} is no link of one chain")
        others = [known.get(name) for name in node.input if name and name != current]
        given = [value for value in others if value is not None]
        if node.op_type == "Gemm" and len(given) == len(others):
            scales = [options[name].f for name in ("alpha", "beta") if name in options]
            flipped = "transA" in options and options["transA"].i
            if flipped or any(scale != 1 for scale in scales) or node.input[0] != current:
                raise Refused("its Gemm scales or transposes what it takes")
            transposed = "transB" in options and options["transB"].i
            yield "weight", given[0] if transposed else given[0].T
            if len(given) > 1:
                yield "bias", given[1]
        elif node.op_type == "MatMul" and node.input[0] == current and others[0] is not None:
            yield "weight", others[0].T
        elif node.op_type == "Add" and others and others[0] is not None:
            yield "bias", others[0]
        elif node.op_type == "Clip":
            bounds = [float(value) for value in given]
            if bounds != [-1.0, 1.0]:
                raise Refused(f"its Clip has the bounds {bounds} where [-1.0, 1.0] is expected")
            yield "Clip", None
        elif node.op_type in NONLINEARITIES:
            steepness = options["alpha"].f if "alpha" in options else None
            expected = {"Elu": 1.0, "LeakyRelu": 0.01}.get(node.op_type)
            if steepness is not None and not np.isclose(steepness, expected or np.nan):
                raise Refused(f"its {node.op_type} has alpha {steepness:g}, not {expected:g}")
            yield node.op_type, None
        elif node.op_type not in PASSED:
            raise Refused(f"it holds the operation {node.op_type}, which no such actor has")
        current = node.output[0]


def _plain(operations: list[tuple[str, Any]]) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays and the architecture of a chain of operations."""
    layers: list[dict[str, np.ndarray]] = []
    between: list[list[str]] = [[]]
    for kind, value in operations:
        if kind == "weight":
            layers.append({"weight": value, "bias": np.zeros(len(value))})
            between.append([])
        elif kind == "bias" and layers and not between[-1]:
            layers[-1]["bias"] = np.asarray(value).reshape(-1)
        else:
            between[-1].append(kind)
    *hidden, closing = between[1:] or [[]]
    kinds = {tuple(found) for found in hidden}
    bounds = {("Tanh",): "tanh", ("Clip",): "clip", (): "clip"}
    if between[0] or len(layers) < 2 or len(kinds) != 1 or tuple(closing) not in bounds:
        raise Refused(f"its layers and non-linearities {between} are no chain of one kind")
    (between_all,) = kinds
    if len(between_all) != 1 or between_all[0] not in NONLINEARITIES:
        raise Refused(f"its non-linearities {list(between_all)} are none that an actor has")
    names = [*(f"linear{number}" for number in range(1, len(layers))), "mean_linear"]
    arrays = {
        f"{name}.{part}": value
        for name, layer in zip(names, layers, strict=True)
        for part, value in layer.items()
    }
    return arrays, {
        "hidden": [len(layer["weight"]) for layer in layers[:-1]],
        "activation": NONLINEARITIES[between_all[0]],
        "spread": "none",
        "bound": bounds[tuple(closing)],
    }
