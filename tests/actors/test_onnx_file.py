"""ONNX files: a chain of layers becomes an actor, anything else is refused by its operation."""

from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from archive_builders import assert_refused, documented
from brainiarb.actors import plain
from brainiarb.actors.actors import mean_action
from brainiarb.actors.plain import read_plain
from brainiarb.bodies.registry import get_body

onnx = pytest.importorskip("onnx", reason="the package onnx is an extra")
helper, to_proto = onnx.helper, onnx.numpy_helper.from_array

BODY = get_body("walker2d")
RNG = np.random.default_rng(0)
STATES = RNG.normal(size=(40, 17)).astype(np.float32)
SHAPES = ((8, 17), (5, 8), (6, 5))
WEIGHTS = [(RNG.normal(size=s) / 3).astype(np.float32) for s in SHAPES]
BIASES = [RNG.normal(size=s[0]).astype(np.float32) for s in SHAPES]


@pytest.fixture
def in_this_process(monkeypatch):
    """Read in this process, because one for each of many files takes long."""
    monkeypatch.setattr(plain, "confined", lambda function, *arguments: function(*arguments))


def saved(tmp_path, nodes, **further):
    """Write a graph whose nodes name weights W0 to W2 (out, in), T0 to T2 (in, out), biases b."""
    arrays = {f"b{k}": bias for k, bias in enumerate(BIASES)}
    arrays |= {f"W{k}": weight for k, weight in enumerate(WEIGHTS)}
    arrays |= {f"T{k}": weight.T.copy() for k, weight in enumerate(WEIGHTS)} | further
    made = [
        helper.make_node(kind, ["x" if k == 0 else f"v{k}", *inputs], [f"v{k + 1}"], **options)
        for k, (kind, inputs, options) in enumerate(nodes)
    ]
    used = {name for node in made for name in node.input}
    graph = helper.make_graph(
        made,
        "actor",
        [helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, 17])],
        [helper.make_tensor_value_info(made[-1].output[0], onnx.TensorProto.FLOAT, [1, 6])],
        [to_proto(value, name) for name, value in arrays.items() if name in used],
    )
    (tmp_path / "a.onnx").write_bytes(helper.make_model(graph).SerializeToString())
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
def test_a_chain_of_layers_acts_as_its_graph_says(nodes, active, bound, tmp_path, in_this_process):
    path = saved(tmp_path, nodes, low=np.float32(-1), high=np.float32(1))
    actors = read_plain(path, BODY)
    assert actors.architecture.hidden == (8, 5)
    np.testing.assert_allclose(mean_action(actors)(STATES), expected(active, bound), atol=1e-6)


@pytest.mark.parametrize(
    ("nodes", "words"),
    [
        ([gemm(0), ("Softmax", [], {}), gemm(1), RELU, gemm(2)], "operation Softmax"),
        ([gemm(0), RELU, gemm(1), TANH, gemm(2)], "no chain of one kind"),
        ([gemm(0), ("LeakyRelu", [], {"alpha": 0.3}), gemm(1), RELU, gemm(2)], "alpha 0.3"),
        ([gemm(0), RELU, gemm(1), RELU, gemm(2), ("Clip", ["low", "low"], {})], "its Clip"),
        ([gemm(0), ("Add", ["x"], {}), RELU, gemm(1), RELU, gemm(2)], "Add"),
        ([gemm(0)], "no chain of one kind"),
        ([("Gemm", ["W0", "b0"], {"transB": 1, "alpha": 2.0}), RELU, gemm(1)], "Gemm scales"),
    ],
)
def test_other_graphs_are_refused(nodes, words, tmp_path, in_this_process):
    path = saved(tmp_path, nodes, low=np.float32(-1))
    assert_refused(partial(read_plain, body=BODY), path, words)


def test_a_graph_that_becomes_large_in_memory_is_refused_in_one_sentence(tmp_path):
    operations = b"\x0a\x00" * 10_000_000  # two bytes each in the file, and 100 in memory
    length = len(operations)
    told = bytes(length >> shift & 127 | 128 for shift in (0, 7, 14)) + bytes([length >> 21])
    (tmp_path / "a.onnx").write_bytes(b"\x3a" + told + operations)
    memory = "not a whole file .*(alloc|MB|signal)"
    assert_refused(partial(read_plain, body=BODY), tmp_path / "a.onnx", memory)


def test_a_graph_is_read_in_a_process_of_its_own(tmp_path):
    path = saved(tmp_path, [gemm(0), RELU, gemm(1), RELU, gemm(2), TANH])
    assert read_plain(path, BODY).architecture.hidden == (8, 5)


def test_arrays_in_another_file_and_damage_are_refused(tmp_path):
    path = saved(tmp_path, [gemm(0), RELU, gemm(1), RELU, gemm(2)])
    model = onnx.load_model_from_string(path.read_bytes())
    model.graph.initializer[0].data_location = onnx.TensorProto.EXTERNAL
    path.write_bytes(model.SerializeToString())
    words = "lies in another file; export it with external_data=False"
    assert_refused(partial(read_plain, body=BODY), path, words)
    path.write_bytes(b"not onnx")
    assert_refused(partial(read_plain, body=BODY), path, "not a whole file of plain arrays")


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
