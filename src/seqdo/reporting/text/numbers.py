"""Numbers as people read them: three significant digits, a true minus, and text where there is no number."""

from __future__ import annotations

import math

MISSING = "not available"
"""What is printed where there is no number. Data tables hold NaN; pages hold this text."""

_SMALLEST, _LARGEST = 1e-4, 1e6


def number(value: float, decimals: int | None = None) -> str:
    """A number to three significant digits, or to so many ``decimals``.

    >>> number(2.01349), number(-0.0421), number(1234.5), number(float("nan"))
    ('2.01', '−0.0421', '1,234', 'not available')
    """
    if not math.isfinite(value):
        return MISSING if math.isnan(value) else ("infinite" if value > 0 else "minus infinite")
    if value != 0 and not _SMALLEST <= abs(value) < _LARGEST:
        mantissa, exponent = f"{value:.2e}".split("e")
        return f"{mantissa}e{int(exponent)}".replace("-", "−")
    text = f"{value:,.{_decimals(value) if decimals is None else decimals}f}"
    return text.lstrip("-") if float(text.replace(",", "")) == 0 else text.replace("-", "−")


def rounded(value: float) -> str:
    """A number that was chosen, such as a margin: three significant digits without trailing zeros.

    >>> rounded(0.1), rounded(2.0), rounded(0.12345)
    ('0.1', '2', '0.123')
    """
    text = number(value)
    return text.rstrip("0").rstrip(".") if "." in text and "e" not in text else text


def estimate(value: float, low: float, high: float) -> tuple[str, str, str]:
    """An estimate and its interval, all with the decimals that the width of the interval supports.

    >>> estimate(2.01349, 1.9812, 2.0449)
    ('2.01', '1.98', '2.04')
    >>> estimate(0.0001, -0.512, 0.498)
    ('0.000', '−0.512', '0.498')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return number(value), number(low), number(high)
    scale, half = max(abs(low), abs(high)), (high - low) / 2
    if scale != 0 and not _SMALLEST <= scale < _LARGEST:
        return number(value), number(low), number(high)
    decimals = min(_decimals(scale), 6)
    if half > 1e-6 * scale:  # 100.03 ± 0.01 needs two decimals though 100 needs none; 2 ± 1e-9 is 2
        decimals = min(max(decimals, _decimals(half, 1)), 6)
    return number(value, decimals), number(low, decimals), number(high, decimals)


def share(value: float) -> str:
    """A p-value: two significant digits, and "< 0.001" below that.

    >>> share(0.0342), share(0.0), share(float("nan"))
    ('0.034', '< 0.001', 'not available')
    """
    if not math.isfinite(value):
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.{_decimals(value, 2)}f}"


def count(number_of: int, thing: str, things: str = "") -> str:
    """A number of things, with the noun in the right form.

    >>> count(1, "effect"), count(2000, "effect"), count(3, "repeats")
    ('1 effect', '2,000 effects', '3 repeats')
    """
    return f"{number_of:,} {thing if number_of == 1 else things or plural(thing)}"


def plural(thing: str) -> str:
    """A noun in the plural; the name of a factor may be one already.

    >>> plural("gap"), plural("copies")
    ('gaps', 'copies')
    """
    return thing if thing.endswith("s") else thing + "s"


def _decimals(value: float, significant: int = 3) -> int:
    """Decimals that show so many significant digits of a value."""
    exponent = int(f"{value:.{significant - 1}e}".split("e")[1])  # of the rounded value: 0.0099 to one digit is 0.01
    return 0 if value == 0 else max(0, significant - 1 - exponent)
