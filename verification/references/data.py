"""Small data sets with their sources. The numbers are here, so that nothing has to be downloaded."""

from __future__ import annotations

Numbers = list[float]


def row(text: str) -> Numbers:
    """Numbers separated by spaces."""
    return [float(number) for number in text.split()]


CLINIC = (
    row("2.84 2.51 2.41 2.95 3.14 3.79 4.14 3.85 3.02 3.45 5.37 3.81 4.19 3.16 3.84"),
    row("2.60 2.82 2.18 3.46 4.01 3.04 3.47 4.06 2.91 3.59 4.51 3.16 3.86 3.31 3.02"),
    row("4.00 3.26 4.14 3.42 3.25 4.34 4.97 4.31 3.11 3.41 5.02 4.21 4.59 5.30 4.32"),
    row("3.76 3.66 3.65 3.60 3.48 2.87 3.24 3.92 3.99 4.21 4.21 3.31 3.61 2.97 2.73"),
)
"""var1 of groups 1 and 2, var2 of groups 1 and 2."""

RATES = row("3.7 5.7 3.8 3.2 3.1 4.6 2.4 7.2 6.7 5.4 3.9 4.5 3.5 4.5 1.5 8.5 4.5 6.5 4.1 5.5")

SWEAT = "Johnson & Wichern, Applied Multivariate Statistical Analysis, table 5.1: sweat of 20 women"
STATSMODELS = "https://github.com/statsmodels/statsmodels/blob/main/statsmodels/stats/tests/"

DATA: dict[str, dict[str, object]] = {
    "sleep": {
        "source": "R, datasets::sleep (Student 1908, Biometrika 6:1): extra hours of sleep with two drugs",
        "first": row("0.7 -1.6 -0.2 -1.2 -0.1 3.4 3.7 0.8 0.0 2.0"),
        "second": row("1.9 0.8 1.1 0.1 -0.1 4.4 5.5 1.6 4.6 3.4"),
    },
    "clinic var1": {"source": STATSMODELS + "test_tost.py, clinic", "first": CLINIC[0], "second": CLINIC[1]},
    "clinic var2": {"source": STATSMODELS + "test_tost.py, clinic", "first": CLINIC[2], "second": CLINIC[3]},
    "clinic": {"source": STATSMODELS + "test_tost.py, clinic", "arms": list(CLINIC)},
    "sweat rate": {"source": SWEAT, "first": RATES, "second": [0.0] * 20},
    "sweat": {
        "source": SWEAT + ": rate, sodium, potassium; with the means of the null hypothesis",
        "rows": [
            RATES,
            row("48.5 65.1 47.2 53.2 55.5 36.1 24.8 33.1 47.4 54.1 36.9 58.8 27.8 40.2 13.5 56.4 71.6 52.8 44.1 40.9"),
            row("9.3 8.0 10.9 12.0 9.7 7.9 14.0 7.6 8.5 11.3 12.7 12.3 9.8 8.4 10.1 7.1 8.2 10.9 11.2 9.4"),
        ],
        "null": [4.0, 50.0, 10.0],
    },
    "mpg": {
        "source": STATSMODELS + "test_multivariate.py, test_mv_mean",
        "rows": [
            row("24 25 21 22 23 18 17 28 24 27 21 23 20 23 21 25 18 17 18 24 20 24 23 19"),
            row("23.5 24.5 20.5 20.5 22.5 16.5 16.5 27.5 23.5 25.5 20.5 22.5 19 22 20 24 17 16 17 23 19 22 22 18"),
        ],
        "null": [21.0, 21.0],
    },
    "mpg differences": {
        "source": STATSMODELS + "test_multivariate.py, test_mv_mean: the first twelve minus the others",
        "rows": [row("4 2 0 -3 5 1 -1 4 4 3 -2 4"), row("4.5 2.5 0.5 -3.5 5.5 0.5 -0.5 4.5 4.5 3.5 -1.5 4.5")],
        "null": [0.0, 0.0],
    },
    "ten p-values": {
        "source": STATSMODELS + "test_multi.py, pval0",
        "p": row(
            "0.838541367553 0.642193923795 0.680845947633 0.967833824309 0.71626938238 0.177096952723"
            " 5.23656777208e-05 0.0202732688798 0.00028140506198 0.0149877310796"
        ),
    },
    "fifteen p-values": {
        "source": "Benjamini & Hochberg 1995, J. R. Stat. Soc. B 57:289, section 4.1",
        "p": row("0.0001 0.0004 0.0019 0.0095 0.0201 0.0278 0.0298 0.0344 0.0459 0.3240 0.4262 0.5719 0.6528 0.7590 1"),
    },
    "penicillin": {
        "source": "R, lme4::Penicillin (Davies & Goldsmith 1972): six samples (rows) on 24 plates",
        "rows": [
            row("27 27 25 26 25 24 24 26 24 24 26 25 26 26 26 25 25 25 24 26 25 25 24 24"),
            row("23 23 21 23 22 22 20 22 21 21 23 22 24 23 23 22 21 22 21 23 21 22 21 21"),
            row("26 26 25 25 26 25 23 26 24 24 26 26 26 26 25 25 24 24 23 26 24 25 24 24"),
            row("23 23 24 23 22 23 21 24 22 23 24 24 24 23 24 23 23 23 21 24 22 22 22 22"),
            row("23 23 24 23 23 22 22 24 22 22 24 24 25 23 24 23 23 23 21 24 22 22 24 21"),
            row("21 21 20 20 20 19 19 21 20 19 21 20 22 20 22 20 20 19 19 21 18 20 19 18"),
        ],
    },
    "stools": {
        "source": "R, nlme::ergoStool (Pinheiro & Bates 2000): effort of nine persons (columns) with four stools",
        "rows": [
            row("12 10 7 7 8 9 8 7 9"),
            row("15 14 14 11 11 11 12 11 13"),
            row("12 13 13 10 8 11 12 8 10"),
            row("10 12 9 9 7 10 11 7 8"),
        ],
    },
    "alike": {
        "source": "invented: five members whose means differ less than expected by chance",
        "rows": [
            row("1.0 2.1 3.2 4.0 5.3 6.1 7.1"),
            row("1.3 1.9 3.0 4.2 5.1 6.4 6.8"),
            row("0.8 2.4 2.9 4.3 4.8 6.0 7.5"),
            row("1.1 2.0 3.4 3.8 5.2 6.2 7.0"),
            row("1.2 1.8 3.1 4.1 5.0 6.3 7.3"),
        ],
    },
    "cars": {
        "source": "R, datasets::cars (Ezekiel 1930): stopping distance and speed",
        "effect": row(
            "2 10 4 22 16 10 18 26 34 17 28 14 20 24 28 26 34 34 46 26 36 60 80 20 26 54 32 40 32 40 50 42 56 76 84 36"
            " 46 68 32 48 52 56 64 66 54 70 92 93 120 85"
        ),
        "number": row(
            "4 4 7 7 8 9 10 10 10 11 11 12 12 12 12 13 13 13 13 14 14 14 14 15 15 15 16 16 17 17 17 18 18 18 18 19 19"
            " 19 20 20 20 20 20 22 23 24 24 24 24 25"
        ),
    },
    "mtcars": {
        "source": "R, datasets::mtcars (Henderson & Velleman 1981): miles per gallon and horsepower",
        "effect": row(
            "21 21 22.8 21.4 18.7 18.1 14.3 24.4 22.8 19.2 17.8 16.4 17.3 15.2 10.4 10.4 14.7 32.4 30.4 33.9 21.5 15.5"
            " 15.2 13.3 19.2 27.3 26 30.4 15.8 19.7 15 21.4"
        ),
        "number": row(
            "110 110 93 110 175 105 245 62 95 123 123 180 180 180 205 215 230 66 52 65 97 150 150 245 175 66 91 113 264"
            " 175 335 109"
        ),
    },
    "lynx": {
        "source": "R, datasets::lynx (Campbell & Walker 1977): animals trapped in Canada each year, 1821 to 1934",
        "places": [float(year) for year in range(1821, 1935)],
        "curve": row(
            "269 321 585 871 1475 2821 3928 5943 4950 2577 523 98 184 279 409 2285 2685 3409 1824 409 151 45 68"
            " 213 546 1033 2129 2536 957 361 377 225 360 731 1638 2725 2871 2119 684 299 236 245 552 1623 3311"
            " 6721 4254 687 255 473 358 784 1594 1676 2251 1426 756 299 201 229 469 736 2042 2811 4431 2511 389 73"
            " 39 49 59 188 377 1292 4031 3495 587 105 153 387 758 1307 3465 6991 6313 3794 1836 345 382 808 1388"
            " 2713 3800 3091 2985 3790 674 81 80 108 229 399 1132 2432 3574 2935 1537 529 485 662 1000 1590 2657"
            " 3396"
        ),
    },
}
"""Name to data: "first" and "second" are pairs; "rows" are contrasts or members over backgrounds."""
