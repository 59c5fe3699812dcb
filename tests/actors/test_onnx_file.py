"""ONNX files: a chain of layers becomes an actor, anything else is refused by its operation."""

import base64
import zlib
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from archive_builders import assert_refused, documented
from brainiarb.actors.actors import mean_action
from brainiarb.actors.plain import read_plain
from brainiarb.bodies.registry import get_body
from onnx_bytes import field, model, node, tensor

BODY = get_body("walker2d")
RNG = np.random.default_rng(0)
STATES = RNG.normal(size=(40, 17)).astype(np.float32)
SHAPES = ((8, 17), (5, 8), (6, 5))
WEIGHTS = [(RNG.normal(size=s) / 3).astype(np.float32) for s in SHAPES]
BIASES = [RNG.normal(size=s[0]).astype(np.float32) for s in SHAPES]


def saved(tmp_path, nodes, **further):
    """Write a graph whose nodes name weights W0 to W2 (out, in), T0 to T2 (in, out), biases b."""
    arrays = {f"b{k}": bias for k, bias in enumerate(BIASES)}
    arrays |= {f"W{k}": weight for k, weight in enumerate(WEIGHTS)}
    arrays |= {f"T{k}": weight.T.copy() for k, weight in enumerate(WEIGHTS)} | further
    made, names = [], ["x", *(f"v{k}" for k in range(1, len(nodes))), "y"]
    for k, (kind, inputs, options) in enumerate(nodes):
        made.append(node(kind, [names[k], *inputs], [names[k + 1]], **options))
    used = {name for _, inputs, _ in nodes for name in inputs}
    tensors = [tensor(name, value) for name, value in arrays.items() if name in used]
    (tmp_path / "a.onnx").write_bytes(model(made, tensors))
    return tmp_path / "a.onnx"


def gemm(k):
    return ("Gemm", [f"W{k}", f"b{k}"], {"transB": 1})


def product(k):
    return [("MatMul", [f"T{k}"], {}), ("Add", [f"b{k}"], {})]


RELU, TANH = ("Relu", [], {}), ("Tanh", [], {})


def expected(active, bound):
    values = STATES
    for k, (weight, bias) in enumerate(zip(WEIGHTS, BIASES, strict=True)):
        values = values @ weight.T + bias
        values = active(values) if k < 2 else bound(values)
    return values


@pytest.mark.parametrize(
    ("nodes", "active", "bound"),
    [
        (
            [gemm(0), RELU, gemm(1), RELU, gemm(2), TANH],
            lambda x: np.maximum(x, 0),
            np.tanh,
        ),
        (
            [*product(0), TANH, *product(1), TANH, *product(2)],
            np.tanh,
            lambda x: x.clip(-1, 1),
        ),
        (
            [
                gemm(0), ("Elu", [], {"alpha": 1.0}), gemm(1), ("Elu", [], {}), gemm(2),
                ("Clip", ["low", "high"], {}),
            ],
            lambda x: np.where(x > 0, x, np.expm1(x)),
            lambda x: x.clip(-1, 1),
        ),
    ],
)  # fmt: skip
def test_a_chain_of_layers_acts_as_its_graph_says(nodes, active, bound, tmp_path):
    path = saved(tmp_path, nodes, low=np.float32(-1), high=np.float32(1))
    actors = read_plain(path, BODY)
    assert actors.architecture.hidden == (8, 5)
    np.testing.assert_allclose(mean_action(actors)(STATES), expected(active, bound), atol=1e-6)


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([gemm(0), ("Softmax", [], {}), gemm(1), RELU, gemm(2)], "operation Softmax"),
        ([gemm(0), RELU, gemm(1), TANH, gemm(2)], "no chain of one kind"),
        ([gemm(0), ("Gelu", [], {"approximate": "tanh"}), gemm(1)], "approximate=tanh, not exact"),
        ([gemm(0), ("LeakyRelu", [], {"alpha": 0.3}), gemm(1), RELU, gemm(2)], "alpha 0.3"),
        ([gemm(0), RELU, gemm(1), RELU, gemm(2), ("Clip", ["low", "low"], {})], "its Clip"),
        ([gemm(0), ("Add", ["x"], {}), RELU, gemm(1), RELU, gemm(2)], "Add"),
        ([gemm(0)], "no chain of one kind"),
        ([("Gemm", ["W0", "b0"], {"transB": 1, "alpha": 2.0}), RELU, gemm(1)], "Gemm scales"),
    ],
)
def test_other_graphs_are_refused(nodes, words, tmp_path):
    path = saved(tmp_path, nodes, low=np.float32(-1))
    assert_refused(partial(read_plain, body=BODY), path, words)


@pytest.mark.parametrize(
    "graph",
    [field(1, b"") * 10_001, field(1, field(1, b"") * 200) * 200],
    ids=["operations", "inputs of operations"],
)
def test_a_graph_of_more_fields_than_a_chain_has_is_refused(graph, tmp_path):
    (tmp_path / "a.onnx").write_bytes(field(7, graph))
    words = "more than 10000 fields of operations and arrays"
    assert_refused(partial(read_plain, body=BODY), tmp_path / "a.onnx", words)


def test_a_shape_of_a_million_axes_is_refused_at_once(tmp_path):
    graph = field(5, field(1, b"\1" * 1_000_000) + field(8, b"b0"))
    (tmp_path / "a.onnx").write_bytes(field(7, graph))
    assert_refused(partial(read_plain, body=BODY), tmp_path / "a.onnx", "not a whole file of plain")


@pytest.mark.parametrize("cut", [1, 40, 400])
def test_a_file_that_was_cut_short_is_refused(cut, tmp_path):
    path = saved(tmp_path, [gemm(0), RELU, gemm(1), RELU, gemm(2)])
    path.write_bytes(path.read_bytes()[:-cut])
    assert_refused(partial(read_plain, body=BODY), path, "not a whole file of plain arrays")


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (
            tensor("W0", WEIGHTS[0], field(14, 1)),
            "lies in another file; export it with external_data=False",
        ),
        (tensor("W0", WEIGHTS[0].astype(np.int64)), "W0 holds values of a type that no layer has"),
    ],
)
def test_arrays_that_are_not_in_the_file_or_no_numbers_are_refused(first, words, tmp_path):
    (tmp_path / "a.onnx").write_bytes(model([node("Gemm", ["x", "W0"], ["y"])], [first]))
    assert_refused(partial(read_plain, body=BODY), tmp_path / "a.onnx", words)
    (tmp_path / "a.onnx").write_bytes(b"not onnx")
    assert_refused(partial(read_plain, body=BODY), tmp_path / "a.onnx", "not a whole file of plain")


def test_bounds_may_be_constants_and_an_array_may_serve_twice(tmp_path):
    """Torch writes a clamp with constants, and arrays of equal values once."""
    zeros = np.zeros(5, np.float32)
    nodes = [
        node("Constant", [], ["low"], value=tensor("", np.float32(-1))),
        node("Constant", [], ["high"], value=tensor("", np.float32(1))),
        node("Identity", ["b"], ["c"]),
        node("Gemm", ["x", "W0", "b"], ["h"], transB=1),
        node("Elu", ["h"], ["e"]),
        node("Gemm", ["e", "W1", "c"], ["k"], transB=1),
        node("Elu", ["k"], ["f"]),
        node("Gemm", ["f", "W2", "d"], ["m"], transB=1),
        node("Clip", ["m", "low", "high"], ["y"]),
    ]
    weights = WEIGHTS[0][:5], WEIGHTS[1][:, :5], WEIGHTS[2]
    arrays = {f"W{k}": np.ascontiguousarray(weight) for k, weight in enumerate(weights)}
    arrays |= {"b": zeros + 1, "d": BIASES[2]}
    tensors = [tensor(name, value) for name, value in arrays.items()]
    (tmp_path / "a.onnx").write_bytes(model(nodes, tensors))
    values = STATES
    for weight in weights[:2]:
        values = values @ weight.T + 1
        values = np.where(values > 0, values, np.expm1(values))
    expected_actions = (values @ weights[2].T + BIASES[2]).clip(-1, 1)
    acted = mean_action(read_plain(tmp_path / "a.onnx", BODY))(STATES)
    np.testing.assert_allclose(acted, expected_actions, atol=1e-6)


FROM_TORCH = (
    "c-p;_zfZzI6vyuxEawYiY0wY`hbA)IP>!}P3}U(%J3F~Fhc>i{lnO_bjnV(Xh4_c)zvdNa#WoIx#7pkA{k~tH-0P7;y_"
    "zh<WO^UARm<$zChNafp#v&2hY_FYQcRz1xOoU-5s8J*43fRW6VxVg{L=4V2jj8NfH3nph(@8v^R+JPuAP&)Nan(4?dn!"
    "BDygN%aKImvke?v59IP;=b*Kyj@%?=Ss+jV4=C<$(D_}#Zq-@gb-tsuyZL(2}N@`&ar4S%i&T3_>R*BWxm(?n<+9g)I$"
    "Z8i^ot)LlSe+89vk&VzluGJK&yr;?cIb2%^C<R5Q=WwM4HJblH0<VM_g*nVSDy$WxtAYky_T2K45U8zPai!cibUJ~haS"
    "n|s3D<KPd<N7E7qVcQ8zK!xqIxd475YkwEt#aUhB8~yR)BnNUuYUV4Z+Mu-uJd6XX~Qs_H6Q^9$---VX"
)
"""What torch 2.13 exports of three layers of 2, 2 and 6 units: base85 of a zlib stream."""


def test_a_file_that_torch_wrote_acts_as_its_network(tmp_path):
    content = zlib.decompress(base64.b85decode(FROM_TORCH))
    (tmp_path / "a.onnx").write_bytes(content)
    values = STATES
    for out, inputs in ((2, 17), (2, 2), (6, 2)):
        weight, bias = (((np.arange(n) % 7) - 3) / 4 for n in (out * inputs, out))
        values = np.tanh(values @ weight.reshape(out, inputs).T + bias)
    actors = read_plain(tmp_path / "a.onnx", BODY)
    np.testing.assert_allclose(mean_action(actors)(STATES), values, atol=1e-6)


def test_the_files_of_these_tests_are_what_the_package_onnx_calls_valid(tmp_path):
    onnx = pytest.importorskip("onnx", reason="the package onnx is not installed")
    path = saved(tmp_path, [gemm(0), ("Elu", [], {"alpha": 1.0}), gemm(1), RELU, gemm(2), TANH])
    read = onnx.load_model_from_string(path.read_bytes())
    onnx.checker.check_model(read, full_check=True)
    for name, value in ((t.name, onnx.numpy_helper.to_array(t)) for t in read.graph.initializer):
        np.testing.assert_array_equal(value, {"W": WEIGHTS, "b": BIASES}[name[0]][int(name[1])])


def test_what_the_page_lets_torch_export_acts_as_the_network(tmp_path, monkeypatch):
    pytest.importorskip("onnxscript", reason="torch exports to ONNX by the package onnxscript")
    monkeypatch.chdir(tmp_path)
    network = nn.Sequential(
        nn.Linear(17, 9), nn.Tanh(), nn.Linear(9, 7), nn.Tanh(), nn.Linear(7, 6)
    )
    exec(documented("To ONNX"), {"network": network})
    actors = read_plain(tmp_path / "mine.onnx", BODY)
    with torch.no_grad():
        acted = network(torch.from_numpy(STATES)).clamp(-1, 1).numpy()
    np.testing.assert_allclose(mean_action(actors)(STATES), acted, atol=1e-6)
