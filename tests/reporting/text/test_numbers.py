"""Numbers as text: significant digits, decimals to match, and words where there is no number."""

from __future__ import annotations

import math

import pytest

from seqdo.reporting.text.numbers import count, estimate, number, rounded, share


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (2.0, "2.00"),
        (-2.345, "−2.35"),
        (12345.6, "12,346"),
        (0.00012345, "0.000123"),
        (0.0000012345, "1.23e−6"),
        (-5e9, "−5.00e9"),
        (math.nan, "not available"),
        (math.inf, "infinite"),
        (-math.inf, "minus infinite"),
    ],
)
def test_a_number_has_three_significant_digits_and_is_never_nan_or_inf(value: float, text: str) -> None:
    """G8."""
    assert number(value) == text


@pytest.mark.parametrize(
    ("given", "texts"),
    [
        ((2.0134, 1.981, 2.044), ("2.01", "1.98", "2.04")),
        ((100.031, 100.021, 100.041), ("100.03", "100.02", "100.04")),
        ((0.0001, -0.512, 0.498), ("0.000", "−0.512", "0.498")),
        ((5.0, 5.0, 5.0), ("5.00", "5.00", "5.00")),
        ((2.05, 2.05 - 1e-9, 2.05 + 1e-9), ("2.05", "2.05", "2.05")),
        ((1.5, math.nan, math.nan), ("1.50", "not available", "not available")),
    ],
)
def test_an_estimate_and_its_interval_have_the_same_decimals(
    given: tuple[float, float, float], texts: tuple[str, str, str]
) -> None:
    assert estimate(*given) == texts


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "< 0.001"), (0.0499, "0.050"), (1.0, "1.0"), (math.nan, "not available")]
)
def test_a_p_value_never_reads_as_nought(value: float, text: str) -> None:
    """STA-02: p is not printed as 0.0."""
    assert share(value) == text


def test_chosen_numbers_lose_their_closing_zeros_and_no_others() -> None:
    assert [rounded(value) for value in (0.1, 2.0, 100.0, 10.0, 0.12345)] == ["0.1", "2", "100", "10", "0.123"]


def test_things_are_counted_in_english() -> None:
    assert [count(1, "copy", "copies"), count(2, "copy", "copies"), count(2000, "effect")] == [
        "1 copy", "2 copies", "2,000 effects",
    ]  # fmt: skip
