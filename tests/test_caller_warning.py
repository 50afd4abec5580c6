"""Notes about a user's data are warnings at the user's line; the log is for progress alone."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

import seqdo as sd
from seqdo.caller_warning import warn_caller

SOURCE = Path(sd.__file__).parent


def test_a_warning_is_shown_at_the_line_outside_of_the_package():
    with pytest.warns(UserWarning, match="data") as caught:
        warn_caller("about the data")
    assert caught[0].filename == __file__


def test_context_managers_of_the_standard_library_do_not_hide_the_line(tmp_path):
    """The genome is opened by a context manager within the package, and plain gzip is unpacked in there."""
    import gzip

    path = tmp_path / "g.fa.gz"
    path.write_bytes(gzip.compress(b">chr1\nACGTACGT\n"))
    with pytest.warns(UserWarning, match="unpacked whole") as caught:
        sd.read_loci({"chrom": ["chr1"], "start": [0], "end": [4]}, path)
    assert [Path(warning.filename) for warning in caught] == [Path(__file__)]


@contextmanager
def a_folder_of_the_users(path: Path):
    yield path


NOTES: dict[str, tuple[str, Callable[[Path], object]]] = {
    "soft mask": (">a\nacgt\n", sd.read_fasta),
    "dropped": (">a\nACGN\n>b\nACGT\n", lambda path: sd.read_fasta(path, n="drop")),
    "masked as N": (">a\nacgt\n>b\nACGT\n", lambda path: sd.read_sequences(path, masked="N", n="drop")),
    "names": (">M\nA [1 0]\nC [0 1]\nG [0 0]\nT [0 0]\n" * 2, sd.read_motifs),
    "symbols": (
        "#CHROM\tPOS\tID\tREF\tALT\nchr1\t5\tx\tA\t<DEL>\nchr1\t6\ty\tC\tG\n",
        lambda path: sd.read_variants(path, symbolic="drop"),
    ),
    "padding": ("", lambda _: sd.read_one_hot(np.eye(4)[None, [2, 0, 3, 3, 0]] * [[1], [1], [1], [1], [0]])),
    "scrambles": ("", lambda _: sd.embed("TATA", at=3, scrambles=20)),
}


@pytest.mark.parametrize("name", NOTES)
def test_a_note_about_data_reaches_the_user_once_for_each_line(tmp_path, name):
    content, call = NOTES[name]
    (tmp_path / "file").write_text(content, encoding="utf-8")
    with warnings.catch_warnings(record=True) as caught, a_folder_of_the_users(tmp_path):
        warnings.simplefilter("default")
        for _ in range(2):
            call(tmp_path / "file")
    texts = [str(warning.message) for warning in caught]
    assert texts
    assert len(texts) == len(set(texts)), "each is shown once"
    assert {warning.filename for warning in caught} == {__file__}


def test_nothing_that_concerns_a_user_goes_to_the_log():
    """Only the command line turns warnings into log lines; elsewhere the log holds progress (info, debug)."""
    calls = [
        (path.name, node.func.attr)
        for path in SOURCE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Name) and node.func.value.id.strip("_") in ("log", "logger", "logging")
    ]
    levels = {(file, level) for file, level in calls if level in ("debug", "info", "warning", "error", "exception")}
    assert ("fit.py", "info") in levels, "the test can fail"
    assert {level for _, level in levels} <= {"info", "debug"}
