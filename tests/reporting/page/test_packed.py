"""The page's data: every value comes back, in the shorter of two ways to write a column."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd

from seqdo.reporting.page.packed import packed


def column(text: str, name: str, size: int) -> list[object]:
    """A column as the page's script reads it."""
    found = json.loads(text)["columns"][name]
    if isinstance(found, list):
        return found
    return [found["distinct"][found["at"][i] if "at" in found else 0] for i in range(size)]


def test_columns_come_back_with_five_digits_and_null_where_there_is_no_number():
    rng = np.random.default_rng(0)
    numbers = rng.normal(size=50) * 10.0 ** rng.integers(-9, 9, 50)
    numbers[7], numbers[8] = np.nan, np.inf
    table = pd.DataFrame({"x": numbers, "word": rng.choice(["<b>&", "long words"], 50), "n": np.arange(50)})
    text = packed(table.assign(same="one model"), [])
    plain = [None if not np.isfinite(value) else float(f"{value:.5g}") for value in numbers]
    assert column(text, "x", 50) == plain
    assert column(text, "word", 50) == table["word"].tolist()
    assert column(text, "n", 50) == list(range(50))
    assert column(text, "same", 50) == ["one model"] * 50
    assert list(json.loads(text)["columns"]) == ["x", "word", "n", "same"]
    assert not set("<>&") & set(text)


def test_words_that_come_again_are_written_once_and_numbers_that_do_not_as_they_are():
    table = pd.DataFrame({"a": ["present", "inconclusive"] * 500, "b": np.arange(1000) / 7})
    text = packed(table, [])
    assert (text.count("present"), text.count("inconclusive")) == (1, 1)
    assert isinstance(json.loads(text)["columns"]["b"], list)
