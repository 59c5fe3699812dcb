"""ONNX files of an actor: a chain of linear layers, read as the arrays of a plain file.

The graph is read and never run. It may hold `Gemm`, or `MatMul` and `Add`, between non-linearities
of one kind, and end with a `Tanh` or a `Clip`. A network with branches, or with any other
operation, is refused by the name of the operation.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from brainiarb.actors.onnx_graph import Node, read_graph
from brainiarb.errors import Refused

NONLINEARITIES = {
    "Relu": "ReLU", "Tanh": "Tanh", "Elu": "ELU", "Gelu": "GELU", "LeakyRelu": "LeakyReLU",
}  # fmt: skip
"""The operations that are the non-linearities of `architecture.ACTIVATIONS`."""
PASSED = ("Identity", "Flatten")
"""Operations that change nothing of a row of observations."""


def onnx_arrays(content: bytes) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays of a plain file and the architecture that the bytes of an ONNX file hold.

    Raises Refused if the graph is no such chain.
    """
    graph = read_graph(content)
    return _plain(list(_operations(graph.nodes, graph.inputs, dict(graph.arrays))))


def _operations(
    nodes: Sequence[Node], inputs: Sequence[str], known: dict[str, np.ndarray]
) -> Iterator[tuple[str, Any]]:
    """Yield the operations of a chain, in order: a name, or the weight or the bias of a layer."""
    passed = {*inputs} - set(known)
    if len(passed) != 1:
        raise Refused(f"its graph has {len(passed)} inputs, where a chain has one")
    (current,) = passed
    for node in nodes:
        options = node.options
        if node.kind == "Constant" and isinstance(options.get("value"), np.ndarray):
            known |= dict.fromkeys(node.outputs, options["value"])
            continue
        if node.kind == "Identity" and node.inputs[0] in known:  # an array that serves twice
            known |= dict.fromkeys(node.outputs, known[node.inputs[0]])
            continue
        if node.inputs.count(current) != 1 or len(node.outputs) != 1:
            raise Refused(f"its operation {node.kind} is no link of one chain")
        others = [known.get(name) for name in node.inputs if name and name != current]
        given = [value for value in others if value is not None]
        if node.kind == "Gemm" and len(given) == len(others):
            scales = [options[name] for name in ("alpha", "beta") if name in options]
            flipped = options.get("transA")
            if flipped or any(scale != 1 for scale in scales) or node.inputs[0] != current:
                raise Refused("its Gemm scales or transposes what it takes")
            transposed = options.get("transB")
            yield "weight", given[0] if transposed else given[0].T
            if len(given) > 1:
                yield "bias", given[1]
        elif node.kind == "MatMul" and node.inputs[0] == current and others[0] is not None:
            yield "weight", others[0].T
        elif node.kind == "Add" and others and others[0] is not None:
            yield "bias", others[0]
        elif node.kind == "Clip":
            bounds = [float(value) for value in given]
            if bounds != [-1.0, 1.0]:
                raise Refused(f"its Clip has the bounds {bounds} where [-1.0, 1.0] is expected")
            yield "Clip", None
        elif node.kind in NONLINEARITIES:
            steepness = options.get("alpha")
            expected = {"Elu": 1.0, "LeakyRelu": 0.01}.get(node.kind)
            if steepness is not None and not np.isclose(steepness, expected or np.nan):
                raise Refused(f"its {node.kind} has alpha {steepness:g}, not {expected:g}")
            if options.get("approximate", "none") != "none":
                raise Refused(f"its {node.kind} is approximate={options['approximate']}, not exact")
            yield node.kind, None
        elif node.kind not in PASSED:
            raise Refused(f"it holds the operation {node.kind}, which no such actor has")
        current = node.outputs[0]


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
