"""The examples of docs/bring_your_model.md about frameworks run as they stand, where the framework is installed."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "bring_your_model.md"
PRINTED = {
    "Keras": "hk", "JAX": "(1, 3, 4, 60)", "ONNX": "<model net: 60 bp of DNA",
    "Further inputs": "<model Functional: 200 bp of DNA to reads",
    "Token models": "<model BertModel: 60 bp", "Slow or remote models": "calls",
}  # fmt: skip
"""Heading to what its examples print."""


def sections() -> dict[str, str]:
    """Heading to the Python of each part of the section about frameworks."""
    text = PAGE.read_text(encoding="utf-8").partition("\n## Frameworks\n")[2]
    text = re.split(r"^## ", text, flags=re.MULTILINE)[0]
    parts = re.split(r"^### (.+)$", text, flags=re.MULTILINE)[1:]
    blocks = {
        name: re.findall(r"```python\n(.*?)```", body, re.DOTALL)
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
    return {name: "\n".join(code) for name, code in blocks.items() if code}


def test_each_part_has_an_expectation():
    assert sections().keys() == PRINTED.keys()


@pytest.mark.parametrize("name", PRINTED)
def test_the_examples_of_a_framework_run_word_for_word(name, tmp_path):
    code = sections()[name]
    for package in set(re.findall(r"^import (\w+)", code, re.MULTILINE)) - {"os"}:
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed: make test-frameworks")
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert PRINTED[name] in done.stdout
