"""ONNX: what a file may hold, which shapes and versions it may have, and how it is called."""

from __future__ import annotations

import numpy as np
import pytest

onnx = pytest.importorskip("onnx", reason="onnx is not installed: make test-frameworks")
onnxruntime = pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: make test-frameworks")

from frameworks import LENGTH, Weights, onnx_model  # noqa: E402
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

import seqdo as sd  # noqa: E402
from seqdo.errors import InputError  # noqa: E402


def wrapped(obj, **options) -> sd.Model:
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": LENGTH, **options})


def saved(folder, model=None, name="net.onnx", **external):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model or onnx_model(Weights()), path, **external)
    return path


def drawn(seed: int, n: int = 9) -> tuple[sd.Sequences, np.ndarray]:
    codes = np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)
    return sd.Sequences.from_codes(codes), Weights()(np.eye(4)[codes].transpose(0, 2, 1))


@pytest.mark.parametrize("kind", ["path", "text", "model", "session", "external"])
def test_a_file_a_model_and_a_session_predict_the_same(kind, tmp_path, seed):
    path = saved(tmp_path)
    if kind == "external":
        path = saved(tmp_path, name="big.onnx", save_as_external_data=True, location="big.weights", size_threshold=0)
        assert (tmp_path / "big.weights").stat().st_size > 400
    obj = {
        "text": str(path), "model": onnx.load(path),
        "session": onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"]),
    }.get(kind, path)  # fmt: skip
    model = wrapped(obj)
    sequences, expected = drawn(seed)
    np.testing.assert_allclose(model.predict(sequences)[0], expected, atol=1e-5)
    assert model.name == {"model": "small", "session": "onnx", "external": "big"}.get(kind, "net")
    assert (model.members[0].sha256 is None) == (kind == "session")


def test_the_hash_is_that_of_the_weights_wherever_they_stand(tmp_path):
    inside = wrapped(saved(tmp_path, name="a.onnx")).members[0].sha256
    outside = saved(tmp_path, name="b.onnx", save_as_external_data=True, location="w", size_threshold=0)
    assert wrapped(outside).members[0].sha256 == inside
    assert wrapped(saved(tmp_path, onnx_model(Weights(8)), "c.onnx")).members[0].sha256 != inside


# --- the file


def with_location(folder, location: str, model=None):
    """A file whose weights name another file."""
    model = model or onnx_model(Weights())
    for tensor in model.graph.initializer:
        if tensor.name == "kernel":
            size = len(tensor.raw_data)
            tensor.ClearField("raw_data")
            tensor.data_location = TensorProto.EXTERNAL
            for key, value in {"location": location, "offset": "0", "length": str(size)}.items():
                tensor.external_data.add(key=key, value=value)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


@pytest.mark.parametrize(
    "location", ["../secret", "sub/../../secret", "{folder}/../secret", "/etc/hostname", "", "..\\secret"]
)
def test_weights_outside_the_folder_are_refused(location, tmp_path):
    (tmp_path / "secret").write_bytes(bytes(10_000))
    path = with_location(tmp_path / "model", location.format(folder=tmp_path / "model"))
    with pytest.raises(InputError, match="outside its folder"):
        wrapped(path)


def test_weights_in_a_constant_or_a_subgraph_are_seen_too(tmp_path):
    model = onnx_model(Weights())
    outside = TensorProto(name="c", data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    outside.external_data.add(key="location", value="../secret")
    constant = helper.make_node("Constant", [], ["c"], value=numpy_helper.from_array(np.zeros(1, np.float32)))
    constant.attribute[0].t.CopyFrom(outside)
    branch = helper.make_graph([constant], "branch", [], [helper.make_tensor_value_info("c", TensorProto.FLOAT, [1])])
    for node in (constant, helper.make_node("If", ["flag"], ["z"], then_branch=branch, else_branch=branch)):
        changed = onnx.ModelProto()
        changed.CopyFrom(model)
        changed.graph.node.append(node)
        (tmp_path / "net.onnx").write_bytes(changed.SerializeToString())
        with pytest.raises(InputError, match="outside its folder"):
            wrapped(tmp_path / "net.onnx")


def test_links_are_refused(tmp_path):
    path = saved(tmp_path / "real")
    (tmp_path / "link.onnx").symlink_to(path)
    with pytest.raises(InputError, match=r"`link.onnx` is a symbolic link"):
        wrapped(tmp_path / "link.onnx")
    (tmp_path / "secret").write_bytes(bytes(10_000))
    target = with_location(tmp_path / "model", "weights")
    (tmp_path / "model" / "weights").symlink_to(tmp_path / "secret")
    with pytest.raises(InputError, match=r"outside its folder|symbolic link"):
        wrapped(target)
    (tmp_path / "model" / "weights").unlink()
    (tmp_path / "model" / "inner").write_bytes(bytes(10_000))
    (tmp_path / "model" / "weights").symlink_to("inner")
    with pytest.raises(InputError, match="symbolic link"):
        wrapped(target)


def test_a_folder_that_is_a_link_on_the_way_is_refused(tmp_path):
    target = with_location(tmp_path / "model", "sub/weights")
    (tmp_path / "model" / "real").mkdir()
    (tmp_path / "model" / "real" / "weights").write_bytes(bytes(10_000))
    (tmp_path / "model" / "sub").symlink_to("real")
    with pytest.raises(InputError, match="symbolic link"):
        wrapped(target)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"`none.onnx` is not a file"):
        wrapped(tmp_path / "none.onnx")
    with pytest.raises(InputError, match=r"`weights` is not a file"):
        wrapped(with_location(tmp_path, "weights"))


@pytest.mark.parametrize("content", [b"", b"abc" * 100, b"\x80\x04\x95pickle", b"PK\x03\x04zip"])
def test_what_is_no_onnx_model_is_refused(content, tmp_path):
    (tmp_path / "net.onnx").write_bytes(content)
    with pytest.raises(InputError, match=r"is no ONNX model|can't be opened"):
        wrapped(tmp_path / "net.onnx")


@pytest.mark.parametrize("versions", [{"opset": 99}, {"ir": 99}])
def test_a_version_that_is_too_new_is_named(versions, tmp_path):
    model = onnx_model(Weights(), **versions)
    with pytest.raises(InputError, match=r"(opset ai.onnx 99|IR version 99).*newer onnxruntime"):
        wrapped(saved(tmp_path, model))


def test_an_operation_that_onnxruntime_lacks_is_refused(tmp_path):
    model = onnx_model(Weights())
    model.graph.node[1].op_type = "Tanhh"
    with pytest.raises(InputError, match="can't be opened by onnxruntime"):
        wrapped(saved(tmp_path, model))


# --- the input and the outputs


def channels_last(weights: Weights, shape):
    model = onnx_model(weights)
    model.graph.node.insert(0, helper.make_node("Transpose", ["letters"], ["x"], perm=[0, 2, 1]))
    model.graph.input[0].CopyFrom(helper.make_tensor_value_info("letters", TensorProto.FLOAT, shape))
    return model


@pytest.mark.parametrize("shape", [["n", LENGTH, 4], ["n", "length", 4], ["n", "a", "b"]])
def test_channels_last_are_found(shape, seed):
    sequences, expected = drawn(seed)
    model = wrapped(channels_last(Weights(), shape))
    assert model.members[0].network.layout == "NLC"
    np.testing.assert_allclose(model.predict(sequences)[0], expected, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 4])
def test_a_fixed_number_of_rows_is_kept_to(rows, seed):
    model = wrapped(onnx_model(Weights(), rows=rows))
    sequences, expected = drawn(seed)
    assert model.members[0].network.batch == rows
    np.testing.assert_allclose(model.predict(sequences)[0], expected, atol=1e-5)


def test_several_outputs_are_listed_and_can_be_chosen(seed):
    both = onnx_model(Weights(), heads=True)
    with pytest.raises(InputError, match=r"2 heads: 'y' .*, 'm' .*readout='y'"):
        wrapped(both)
    sequences, expected = drawn(seed)
    np.testing.assert_allclose(wrapped(both, readout="y").predict(sequences)[0], expected, atol=1e-5)
    assert len(wrapped(both, readout="m").outputs) == 5


def test_another_length_is_refused_with_the_right_one():
    with pytest.raises(InputError, match=rf"`length=50`.*Write length={LENGTH}"):
        wrapped(onnx_model(Weights()), length=50)


def test_whole_numbers_are_not_taken_for_letters_unless_declared(seed):
    table = np.random.default_rng(seed).normal(size=(5, 1)).astype(np.float32)
    nodes = [
        helper.make_node("Gather", ["table", "ids"], ["g"]),
        helper.make_node("ReduceSum", ["g", "axis"], ["y"], keepdims=0),
    ]
    graph = helper.make_graph(
        nodes, "ids", [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n", LENGTH])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])],
        [numpy_helper.from_array(table, "table"), numpy_helper.from_array(np.array([1]), "axis")],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    with pytest.raises(InputError, match=r'ids of tokens.*layout="codes"'):
        wrapped(model)
    sequences, _ = drawn(seed)
    expected = table[sequences.codes].sum(1)
    np.testing.assert_allclose(wrapped(model, layout="codes").predict(sequences)[0], expected, atol=1e-5)
    with pytest.raises(InputError, match=r'layout="codes"'):
        wrapped(onnx_model(Weights()), layout="codes")


def test_two_inputs_are_refused_by_name():
    model = onnx_model(Weights())
    model.graph.input.append(helper.make_tensor_value_info("control", TensorProto.FLOAT, ["n", 2]))
    with pytest.raises(InputError, match=r"2 inputs: 'x'.*'control'"):
        wrapped(model)


def test_further_inputs_have_the_declared_type_and_shape(seed):
    """The graph counts G, adds a row of a table of whole numbers, and reads the inputs in another order."""
    nodes = [
        helper.make_node("ReduceSum", ["x", "last"], ["g"], keepdims=0),
        helper.make_node("Gather", ["g", "two"], ["h"], axis=1),
        helper.make_node("Gather", ["table", "cell"], ["t"], axis=0), helper.make_node("Add", ["h", "t"], ["y"]),
    ]  # fmt: skip
    table = np.array([[10.0], [20.0], [40.0]], np.float32)
    constants = {"table": table, "two": np.array([2]), "last": np.array([2])}
    arrays = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    inputs = [
        helper.make_tensor_value_info("cell", TensorProto.INT64, ["n"]),
        helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 4, LENGTH]),
    ]
    output = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])]
    graph = helper.make_graph(nodes, "cells", inputs, output, arrays)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)

    def model(cell):
        return sd.wrap(proto, alphabet=sd.DNA, length=LENGTH, inputs={"cell": cell})

    codes = np.random.default_rng(seed).integers(0, 4, (9, LENGTH), np.uint8)
    kinds = np.arange(9) % 3
    outcomes = sd.run(
        sd.embed("GGGG", at=2), model(()), sd.Sequences.from_codes(codes), rng=0, inputs={"cell": kinds}, batch=4
    )
    np.testing.assert_allclose(outcomes.y.sel(arm="none")[0, :, 0], (codes == 2).sum(1) + table[kinds, 0])
    with pytest.raises(InputError, match=r"real numbers, such as 0\.5.*reads int64"):
        model([0.5])
    with pytest.raises(InputError, match=r"row of shape \(2,\): `cells` reads rows of shape \(\)"):
        model((2,))
    with pytest.raises(InputError, match=r"`inputs` has 'cells'.*2 inputs: 'cell' .*'x' "):
        sd.wrap(proto, alphabet=sd.DNA, length=LENGTH, inputs={"cells": ()})
