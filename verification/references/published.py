"""Figures that R and Stata printed, with their sources. Every figure was read at its source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from verification.references.data import STATSMODELS
from verification.references.entry import Entry


@dataclass(frozen=True)
class Source:
    """An implementation, the call, and the place where its output is published."""

    by: str
    call: str
    where: str


SLEEP = Source(
    "R t.test", "t.test(extra ~ group, data = sleep, paired = TRUE)",
    "A. de Vries & J. Meys, R For Dummies, "
    "https://www.dummies.com/how-to/content/how-to-compare-paired-data-with-r.navId-812016.html",
)  # fmt: skip
TOSTER = Source(
    "R TOSTER", "t_TOST(extra ~ group, data = sleep, paired = TRUE, low_eqbound = -.5, high_eqbound = .5)",
    "vignette of the package, "
    "https://github.com/cran/TOSTER/blob/50fc6b3b68bdaa8a13fbcf181c4875f261c1b2e0/inst/doc/IntroTOSTt.html",
)  # fmt: skip
TOST = Source(
    "R tost", "tost(-clinic$var2[16:30] + clinic$var2[1:15], eps = 0.6), and var1", STATSMODELS + "test_tost.py"
)
LAB = (
    "https://github.com/MATA62N/Multivariate-Statistical-Analysis/blob/"
    "23eb149e37f7901e08f893c79324434d1480952c/Lab4-1.R"
)
GREATER = Source("R t.test", "t.test(sweat$X1, mu = 4, alternative = 'greater')", LAB)
ICSNP = Source("R ICSNP", "HotellingsT2(sweat, mu = c(4, 50, 10))", LAB)
STATA = Source("Stata", "mvtest means", STATSMODELS + "test_multivariate.py, test_mv_mean")
MULTTEST = Source("R multtest", "mt.rawp2adjp", STATSMODELS + "test_multi.py, res_multtest1")
REML = "diameter ~ 1 + (1 | plate) + (1 | sample), Penicillin) by REML"
COMPARED = "https://github.com/x4g4p3x/lme-rs/blob/0739e7fb1c3862d1e0503571cbc2142029776888/comparisons/COMPARISONS.md"
LMER = Source("R lme4", f"lmer({REML}", COMPARED)
COMPONENTS = Source("R lme4", f"lmer({REML}", "https://bookdown.org/jmichaelrosenberg/comparing_crossed_effects_models")
ESTIMATR = Source(
    "R estimatr", "commarobust(lm(mpg ~ hp, data = mtcars), se_type = 'HC3')",
    "manual of the package, https://declaredesign.org/r/estimatr/reference/commarobust.html",
)  # fmt: skip
POWER = Source(
    "R power.t.test", "power.t.test(delta = 10, sd = 10*sqrt(2), power = 0.85, type = 'paired')",
    "P. Dalgaard, Introductory Statistics with R, section 8.3, page 145, "
    "https://fliphtml5.com/pnbjj/nbne/introductory-statistics-with-r/162",
)  # fmt: skip


def printed(
    topic: str, data: str | None, figures: dict[str, str], source: Source, *, rounded: bool = True, **settings: object
) -> Iterator[Entry]:  # fmt: skip
    """Printed figures: rounded to their decimals, or, if not ``rounded``, all digits of a float64."""
    for quantity, text in figures.items():
        digits = -int(Decimal(text).as_tuple().exponent) if rounded else None
        where = f"{source.by.split()[0]}, {source.call}: {source.where}"
        yield Entry(topic, data, quantity, float(text), source.by, where, settings, digits)


def published() -> Iterator[Entry]:
    """All printed figures."""
    for part in (_pairs, _equivalence, _families, _several, _members, _regression):
        yield from part()
    settings = {"sd": 10 * 2**0.5, "reach": 10.0, "level": 0.95, "chance": 0.85, "to": "next whole number"}
    yield from printed("needed", None, {"n": "19.96892"}, POWER, **settings)


def _pairs() -> Iterator[Entry]:
    figures = {"estimate": "-1.58", "t": "-4.0621", "df": "9", "p": "0.002833"}
    yield from printed("paired", "sleep", figures | {"low": "-2.4598858", "high": "-0.7001142"}, SLEEP)
    yield from printed("paired", "sleep", {"t": "-4.062128", "se": "0.3889587", "p": "0.0028328902"}, TOSTER)
    yield from printed("paired", "sleep", {"low": "-2.293005", "high": "-0.8669947"}, TOSTER, level=0.90)
    yield from printed("paired", "sweat rate", {"low": "3.983912"}, GREATER, level=0.90)
    for data, estimate, se, low, high in (
        ("clinic var1", "0.1646666666666667", "0.1357514067862445", "-0.0744336620516462", "0.4037669953849797"),
        ("clinic var2", "0.5626666666666665", "0.2478276410785118", "0.1261653305099018", "0.999168002823431"),
    ):
        yield from printed("paired", data, {"estimate": estimate, "se": se, "df": "14"}, TOST, rounded=False)
        yield from printed("paired", data, {"low": low, "high": high}, TOST, rounded=False, level=0.90)


def _equivalence() -> Iterator[Entry]:
    yield from printed("tost", "sleep", {"p above": "0.9892407566", "p below": "0.0002319027"}, TOSTER, margin=0.5)
    yield from printed("tost", "clinic var1", {"p": "0.003166881489265175"}, TOST, rounded=False, margin=0.6)
    yield from printed("tost", "clinic var2", {"p": "0.4412034046017588"}, TOST, rounded=False, margin=0.6)


def _families() -> Iterator[Entry]:
    smallest, ones = "5.23656777208e-04", " 1" * 6
    ascending = {
        "holm": f"{smallest} 2.5326455578199999e-03 1.1990184863680001e-01 1.4191288215860001e-01{ones}",
        "bonferroni": f"{smallest} 2.8140506197999998e-03 1.4987731079600000e-01 2.0273268879799999e-01{ones}",
        "bh": f"{smallest} 1.4070253098999999e-03 4.9959103598666670e-02 5.0683172199499998e-02 3.5419390544599999e-01"
        " 8.9533672797500008e-01 8.9533672797500008e-01 8.9533672797500008e-01 9.3171263061444454e-01 0.967833824309",
        "by": f"1.5337740764175588e-03 4.1211324652269442e-03 1.4632862843720582e-01 1.4844940238274187e-01{ones}",
    }
    source = f"R, {MULTTEST.call}: {MULTTEST.where}"
    for method, figures in ascending.items():
        values = [float(p) for p in figures.split()]
        yield Entry("adjust", "ten p-values", "p in ascending order", values, MULTTEST.by, source, {"method": method})


def _several() -> Iterator[Entry]:
    yield from printed("hotelling", "sweat", {"F": "2.9045", "p": "0.06493"}, ICSNP)
    yield from printed("hotelling", "mpg", {"F": "59.91609589041116", "T2": "125.2791095890415"}, STATA, rounded=False)
    yield from printed("hotelling", "mpg", {"p": "1.25062334808e-09"}, STATA)
    figures = {"F": "4.408212560386478", "T2": "9.69806763285025", "p": "0.0423949782937231"}
    yield from printed("hotelling", "mpg differences", figures, STATA, rounded=False)


def _members() -> Iterator[Entry]:
    yield from printed("crossed", "penicillin", {"estimate": "22.9722", "se": "0.8086", "t": "28.41"}, LMER)
    yield from printed("crossed", "penicillin", {"sd of members": "1.9316"}, COMPONENTS)


def _regression() -> Iterator[Entry]:
    figures = {"slope": "-0.06822828", "se": "0.01660193", "t": "-4.109659", "p": "2.822529e-04"}
    figures |= {"low": "-0.1021339", "high": "-0.03432261"}
    yield from printed("regressed", "mtcars", figures, ESTIMATR, unit=1.0)
