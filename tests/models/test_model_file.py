"""Paths of files in the place of models."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import seqdo as sd
from seqdo.errors import InputError


def wrapped(obj) -> sd.Model:
    return sd.wrap(obj, alphabet=sd.DNA, length=20)


@pytest.mark.parametrize(
    ("name", "advice"),
    [("net.pt", "weights_only=True"), ("net.ckpt", "weights_only=True"), ("net.safetensors", "load_file"),
     ("net.keras", "load_model"), ("net.h5", "load_model"), ("net.pt2", "export.load"), ("net.ts", "jit.load"),
     ("net.pkl", "any code"), ("net", "Open it")],
)  # fmt: skip
def test_the_path_of_another_file_is_refused_with_how_to_open_it(name, advice):
    with pytest.raises(InputError, match=advice):
        wrapped(name)


def test_a_path_and_a_list_of_paths_are_treated_as_their_text_is():
    for obj in (Path("folder") / "net.pth", ["net.pth", "other.pth"]):
        with pytest.raises(InputError, match=r"net\.pth.*weights_only=True"):
            wrapped(obj)


@pytest.mark.parametrize("package", ["onnx", "onnxruntime"])
def test_a_missing_package_is_named_with_how_to_install_it(package, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, package, None)
    (tmp_path / "net.onnx").write_bytes(b"")
    if package == "onnxruntime":
        pytest.importorskip("onnx", reason="onnx is not installed: make test-frameworks")
        from frameworks import Weights, onnx_model

        (tmp_path / "net.onnx").write_bytes(onnx_model(Weights()).SerializeToString())
    with pytest.raises(InputError, match=rf"needs the package {package}.*pip install 'seqdo\[onnx\]'"):
        wrapped(tmp_path / "net.onnx")
