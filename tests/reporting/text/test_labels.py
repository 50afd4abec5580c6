"""Levels in words: factors that belong together are read together, others one by one."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from seqdo.reporting.text.labels import levels


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"gap": 5.0, "orientation": "++"}, "gap 5, orientation ++"),
        ({"place": 2.0, "letter": "G"}, "place 2 of the pattern: G"),
        ({"position": 12, "letter": "U"}, "position 12: U"),
        ({"sequence": "chr1", "position": 3, "position 2": 40}, "sequence chr1, positions 3 and 40"),
        ({"position": 3, "position 2": np.nan}, "position 3"),
        ({"letter": "A"}, "letter A"),
        ({"gap": np.nan}, ""),
        ({"offset": -2}, "offset −2"),
    ],
)
def test_levels_in_words(row, words):
    assert levels(pd.Series(row, dtype=object), list(row)) == words
