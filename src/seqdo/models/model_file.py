"""Models given as paths of files: which of them seqdo opens, and what to write for the others."""

from __future__ import annotations

import os

from seqdo.errors import InputError
from seqdo.sequences.file_path import file_path

OPENED = {".onnx": "seqdo.models.adapters.onnx:OnnxNetwork"}
"""Ending of a file to the class that opens it. Such a file holds numbers and no code."""

HOW_TO_OPEN = {
    (
        ".pt",
        ".pth",
        ".ckpt",
        ".bin",
    ): "Build the network, then net.load_state_dict(torch.load(path, weights_only=True))",
    (".safetensors",): "Build the network, then net.load_state_dict(safetensors.torch.load_file(path))",
    (".ts", ".jit", ".torchscript"): "If you trust the file, write sd.wrap(torch.jit.load(path), ...)",
    (".pt2",): "If you trust the file, write sd.wrap(torch.export.load(path).module(), ...)",
    (".keras", ".h5", ".hdf5"): "If you trust the file, write sd.wrap(keras.models.load_model(path), ...)",
    (".eqx", ".msgpack", ".orbax"): "Build the module, load its weights into it, and wrap the module",
    (
        ".pkl",
        ".pickle",
        ".joblib",
    ): "Such a file can run any code. If you trust it, open it yourself and wrap the model",
}
"""Endings of files that seqdo does not open, since they hold code or only weights, and what to write instead."""


def adapter_of_file(path: str | os.PathLike[str]) -> str:
    """Where the class is that opens a model's file.

    Parameters
    ----------
    path : the file

    Raises
    ------
    InputError
        A file that seqdo does not open, with what to write instead.

    Examples
    --------
    >>> adapter_of_file("model.onnx")
    'seqdo.models.adapters.onnx:OnnxNetwork'
    """
    suffix = file_path(path, "obj").suffix.lower()
    if suffix in OPENED:
        return OPENED[suffix]
    fix = next((text for endings, text in HOW_TO_OPEN.items() if suffix in endings), "Open it and wrap the model")
    raise InputError(
        f"`obj` is the path {os.fspath(path)!r}",
        f"a path is accepted for {', '.join(OPENED)} files; any other model is needed as an object",
        fix,
    )
