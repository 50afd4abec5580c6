"""Errors: three parts, two families, and whole after a journey between processes."""

from __future__ import annotations

import pickle

import pytest

from seqdo.errors import InputError, RunError, SeqdoError


@pytest.mark.parametrize(("kind", "also"), [(InputError, ValueError), (RunError, RuntimeError)])
def test_an_error_says_what_was_given_what_is_needed_and_what_to_write(kind, also):
    error = kind("n=0", "at least 1 is needed", "Write n=1000")
    assert str(error) == "n=0: at least 1 is needed. Write n=1000"
    assert str(kind("n=0", "at least 1 is needed")) == "n=0: at least 1 is needed"
    assert isinstance(error, SeqdoError)
    assert isinstance(error, also)


def test_an_error_comes_back_whole_from_another_process():
    error = RunError("given", "needed", "write")
    back = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert (type(back), str(back), back.problem, back.accepted, back.fix) == (
        RunError,
        str(error),
        "given",
        "needed",
        "write",
    )
