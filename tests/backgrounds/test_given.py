"""Given sequences: exactly these, in their order."""

from __future__ import annotations

import numpy as np
import pytest

from seqdo import backgrounds
from seqdo.backgrounds.given import as_background
from seqdo.errors import InputError
from seqdo.sequences.sequences import Sequences

_made = np.random.default_rng(3)
REAL = ["".join(_made.choice(list("ACGT"), length)) for length in _made.choice([30, 35, 41], 700)]


def test_given_sequences_are_used_in_order():
    assert backgrounds.given(REAL).sample(700).to_strings() == REAL


def drawn(n, rng):
    return rng.integers(0, 4, (n, 40))


def test_as_background_takes_backgrounds_and_plain_sequences():
    null = backgrounds.uniform(5)
    assert as_background(null) is null
    for plain in (["ACGT", "GGTA"], np.array([[0, 1, 2, 3], [2, 2, 3, 0]]), Sequences.from_strings(["ACGT", "GGTA"])):
        assert as_background(plain).sample(2).codes.tolist() == [[0, 1, 2, 3], [2, 2, 3, 0]]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (drawn, r"custom\(drawn"),
        (7, "a int"),
        (None, r"a NoneType.*uniform\(length\)"),
        ("ACGT", "one string"),
    ],
)
def test_as_background_says_what_to_write(wrong, message):
    with pytest.raises(InputError, match=message):
        as_background(wrong)
