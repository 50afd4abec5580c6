"""ONNX models opened from files, after checks that the file reads nothing outside its folder."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqdo.errors import InputError
from seqdo.models.adapters.named_arrays import arrays_sha256


def read_onnx(path: Path) -> tuple[Any, str | None]:
    """An onnxruntime session of a file, and the hash of its weights.

    The file may name further files with weights. They must lie in its folder, as plain files.

    Parameters
    ----------
    path : an .onnx file

    Raises
    ------
    InputError
        A package that is missing; no such file; a link; weights outside the folder; a file that is no ONNX model, or
        one that onnxruntime can't run.
    """
    onnx = _package("onnx", path)
    _check_plain(path, path.name)
    content = path.read_bytes()
    try:
        model = onnx.load_model_from_string(content)
    except Exception as error:  # protobuf's own error has no public class
        raise InputError(f"`{path}` is no ONNX model", "a file that torch.onnx or tf2onnx wrote is needed") from error
    if not model.graph.node:
        raise InputError(f"`{path}` is no ONNX model: it has no nodes", "a file that torch.onnx wrote is needed")
    external = _check_external(model, path)
    # The checked bytes are used, not the file again; onnxruntime finds further files through the path alone.
    session = open_session(path if external else content, model, str(path))
    return session, _weights_sha256(onnx, model, str(path.parent))


def read_proto(model: Any, name: str) -> tuple[Any, str | None]:  # noqa: ANN401 - onnx.ModelProto
    """An onnxruntime session of a model in memory, and the hash of its weights.

    Parameters
    ----------
    model : an onnx.ModelProto
    name : how messages refer to the model
    """
    if any(_location(tensor) is not None for tensor in _tensors(model)):
        raise InputError(
            f"`{name}` is an ONNX model whose weights are in another file",
            "a model with its weights, or the path of its file, is needed",
            f'Write sd.wrap("{name}.onnx", ...), or load it with onnx.load(path)',
        )
    session = open_session(model.SerializeToString(), model, name)
    return session, _weights_sha256(_package("onnx", name), model, "")


def open_session(source: Path | bytes, model: Any, name: str) -> Any:  # noqa: ANN401 - onnx.ModelProto, a session
    """The onnxruntime session of a model; an error has the versions that the model needs.

    Parameters
    ----------
    source : path, or content of the file
    model : the same as an onnx.ModelProto
    name : how messages refer to the model
    """
    runtime = _package("onnxruntime", name)
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what goes wrong is raised, and need not be printed as well
    try:
        where = source if isinstance(source, bytes) else str(source)
        return runtime.InferenceSession(where, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors share no class but Exception
        versions = ", ".join(f"{entry.domain or 'ai.onnx'} {entry.version}" for entry in model.opset_import)
        raise InputError(
            f"`{name}` can't be opened by onnxruntime {runtime.__version__}: {_last_sentence(str(error))}",
            f"the model has opset {versions} and IR version {model.ir_version}, which onnxruntime must support",
            "Export it again with opset_version=17, or install a newer onnxruntime",
        ) from error


def _package(name: str, path: object) -> Any:  # noqa: ANN401 - a module that may not be installed
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise InputError(
            f"`{path}` needs the package {name}", "it is an optional package", "Run pip install 'seqdo[onnx]'"
        ) from error


def _check_plain(path: Path, label: str) -> None:
    """Refuse what is missing, or is a link: a link shows another file than its name says."""
    if path.is_symlink():
        raise InputError(f"`{label}` is a symbolic link", "a plain file is needed", f"Copy it: cp -L {path} model.onnx")
    if not path.is_file():
        raise InputError(f"`{label}` is not a file in {path.parent}", "the path of a file is needed")


def _check_external(model: Any, path: Path) -> bool:  # noqa: ANN401 - onnx.ModelProto
    """Has the model weights in other files? All of them must be plain files in the model's folder."""
    locations = {location for tensor in _tensors(model) if (location := _location(tensor)) is not None}
    folder = path.parent.resolve()
    for location in sorted(locations):
        file = folder / location
        inside = location and not Path(location).is_absolute() and file.resolve().is_relative_to(folder)
        if not inside or ".." in Path(location).parts or "\\" in location:
            raise InputError(
                f"`{path}` names weights in {location!r}, outside its folder",
                "weights in other files must lie in the model's own folder",
                "Save the model again with all its files in one folder",
            )
        for step in (file, *(parent for parent in file.parents if parent.is_relative_to(folder) and parent != folder)):
            if step.is_symlink():
                raise InputError(
                    f"`{path}` names weights in {location!r}, which is a symbolic link",
                    "weights in other files must be plain files in the model's own folder",
                    "Copy the file in place of the link",
                )
        _check_plain(file, location)
    return bool(locations)


def _tensors(message: Any) -> Iterator[Any]:  # noqa: ANN401 - any message of protobuf
    """All tensors of a model, wherever they stand: weights, constants, subgraphs, functions."""
    for field, value in message.ListFields():
        if field.message_type is None:  # numbers and texts
            continue
        for item in [value] if hasattr(value, "ListFields") else value:
            if field.message_type.name == "TensorProto":
                yield item
            else:
                yield from _tensors(item)


def _location(tensor: Any) -> str | None:  # noqa: ANN401 - onnx.TensorProto
    """The file that holds a tensor; None if the model itself holds it."""
    if tensor.data_location != 1 and not tensor.external_data:  # 1 is EXTERNAL
        return None
    return next((str(entry.value) for entry in tensor.external_data if entry.key == "location"), "")


def _weights_sha256(onnx: Any, model: Any, folder: str) -> str | None:  # noqa: ANN401
    return arrays_sha256(
        (f"{number:05} {tensor.name}", onnx.numpy_helper.to_array(tensor, folder))
        for number, tensor in enumerate(_tensors(model))
        if tensor.data_type != onnx.TensorProto.STRING
    )


def _last_sentence(text: str) -> str:
    """What went wrong, without the place in onnxruntime's own code."""
    return text.splitlines()[0].rpartition(") ")[2].strip()[:200]
