"""Figures of scipy, statsmodels and astropy for the data sets, computed with their own methods."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

import numpy as np
import pandas as pd
import statsmodels.api as sm
from astropy.timeseries import LombScargle
from numpy.typing import NDArray
from scipy import stats
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.multivariate import test_mvmean as mvmean
from statsmodels.stats.weightstats import ttost_paired

from verification.references.data import DATA
from verification.references.entry import Entry

Floats = NDArray[np.float64]

PAIRS = ("sleep", "clinic var1", "clinic var2", "sweat rate")
LEVELS = (0.95, 0.999)
MARGINS = {"sleep": (0.5, 2.4598, 2.46, 3.0), "clinic var1": (0.2, 0.4558, 0.4559, 0.6)}
"""Margins on both sides of the limit at which the 95 % interval just fits, and far from the limit."""

PERIODS = [4.5, 6.0, 8.0, 9.6, 10.5, 12.0, 20.0]
POINTS, BACKGROUNDS, DRAWS = 8, 512, 2000
"""Points and backgrounds of independent curves; draws for the quantile of seqdo."""


def array(data: str, key: str) -> Floats:
    """One array of a data set."""
    return np.asarray(DATA[data][key], np.float64)


def entries(
    topic: str, data: str | None, figures: dict[str, object], source: str, tolerance: float | None = None,
    **settings: object,
) -> Iterator[Entry]:  # fmt: skip
    """An entry for each figure. The source begins with the name of the package."""
    package, function = source.split(" ", 1)
    versioned = f"{package} {'.'.join(version(package).split('.')[:2])} {function}"
    for quantity, value in figures.items():
        number = value if isinstance(value, bool) else np.asarray(value, np.float64).tolist()
        yield Entry(topic, data, quantity, number, package, versioned, settings, None, tolerance, computed=True)


def computed() -> Iterator[Entry]:
    """All computed figures."""
    parts = (
        pairs, equivalence, families, several, members, similar, regressions, sets, waves, bands, ratios, numbers,
    )  # fmt: skip
    for part in parts:
        yield from part()


def pairs() -> Iterator[Entry]:
    """One-sample t of differences, and the skewness that the guard uses."""
    for data in PAIRS:
        x = array(data, "first") - array(data, "second")
        test = stats.ttest_1samp(x, 0)
        figures = {"estimate": x.mean(), "se": stats.sem(x), "t": test.statistic, "p": test.pvalue}
        yield from entries("paired", data, figures, "scipy scipy.stats.ttest_1samp")
        for level in LEVELS:
            ends = test.confidence_interval(level)
            figures = {"low": ends.low, "high": ends.high}
            yield from entries("paired", data, figures, "scipy scipy.stats.ttest_1samp", level=level)
        yield from entries("skewness", data, {"skew": stats.skew(x)}, "scipy scipy.stats.skew")


def equivalence() -> Iterator[Entry]:
    """Two one-sided tests; equivalent if both reject at 2.5 %."""
    for data, margins in MARGINS.items():
        for margin in margins:
            p, above, below = ttost_paired(array(data, "first"), array(data, "second"), -margin, margin)
            figures = {"p": p, "p above": above[1], "p below": below[1], "equivalent": bool(p <= 0.025)}
            yield from entries("tost", data, figures, "statsmodels ttost_paired", margin=margin)


def families() -> Iterator[Entry]:
    """Adjusted p-values."""
    methods = {"bh": "fdr_bh", "by": "fdr_by", "holm": "holm", "bonferroni": "bonferroni"}
    for data in ("ten p-values", "fifteen p-values"):
        for method, name in methods.items():
            figures = {"p": multipletests(array(data, "p"), method=name)[1]}
            yield from entries("adjust", data, figures, "statsmodels multipletests", method=method)


def several() -> Iterator[Entry]:
    """Hotelling's T²."""
    for data in ("sweat", "mpg", "mpg differences"):
        test = mvmean(array(data, "rows").T, array(data, "null"))
        figures = {"F": test.statistic, "p": test.pvalue, "T2": test.t2}
        yield from entries("hotelling", data, figures, "statsmodels test_mvmean")


def members() -> Iterator[Entry]:
    """Crossed members and backgrounds: mean squares of statsmodels, and Satterthwaite's formula written out."""
    for data in ("penicillin", "stools"):
        table = pd.DataFrame(array(data, "rows")).stack().rename_axis(["member", "background"]).reset_index(name="y")
        squares = anova_lm(ols("y ~ C(member) + C(background)", table).fit())
        (m, b, r), degrees = squares["mean_sq"], squares["df"].to_numpy()
        # Searle, Casella & McCulloch 1992, Variance Components, sections 4.4 and 4.5: the variance of the mean is a sum
        # of mean squares with weights 1, 1 and -1, over all observations.
        mean, se = table["y"].mean(), np.sqrt((m + b - r) / len(table))
        df = (m + b - r) ** 2 / (m**2 / degrees[0] + b**2 / degrees[1] + r**2 / degrees[2])
        figures = {"estimate": mean, "se": se, "df": df, "t": mean / se}
        figures |= {
            "sd of members": np.sqrt((m - r) / (degrees[1] + 1)),
            "sd of backgrounds": np.sqrt(b / (degrees[0] + 1)),
        }
        yield from entries("crossed", data, figures, "statsmodels anova_lm, then Satterthwaite written out")
        half, p = stats.t.ppf(0.975, df) * se, 2 * stats.t.sf(abs(mean) / se, df)
        if degrees[0] < 4:  # with few members the interval is at least as wide as the t interval of their means
            of_means = stats.ttest_1samp(array(data, "rows").mean(1), 0)
            half, p = max(half, mean - of_means.confidence_interval(0.95).low), max(p, of_means.pvalue)
        figures = {"low": mean - half, "high": mean + half, "p": p}
        yield from entries("crossed", data, figures, "scipy scipy.stats.t and ttest_1samp, after anova_lm")


def similar() -> Iterator[Entry]:
    """Members that differ by less than the residual have no variance component: the means over members are used."""
    x = array("alike", "rows").mean(0)
    test = stats.ttest_1samp(x, 0)
    low, high = test.confidence_interval(0.95)
    figures = {"estimate": x.mean(), "se": stats.sem(x), "df": test.df, "p": test.pvalue, "low": low, "high": high}
    yield from entries("crossed", "alike", figures, "scipy scipy.stats.ttest_1samp of columns' means")


def regressions() -> Iterator[Entry]:
    """Slopes for one SD of a moderator, with HC3 errors."""
    for data in ("cars", "mtcars"):
        effect, number = array(data, "effect"), array(data, "number")
        x = sm.add_constant((number - number.mean()) / number.std(ddof=1))
        fit = sm.OLS(effect, x).fit(cov_type="HC3", use_t=True)
        low, high = fit.conf_int()[1]
        figures = {"slope": fit.params[1], "se": fit.bse[1], "r2": fit.rsquared, "p": fit.pvalues[1]}
        yield from entries("regressed", data, figures | {"low": low, "high": high}, "statsmodels OLS, cov_type='HC3'")


def sets() -> Iterator[Entry]:
    """A mean whose errors are correlated within clusters: here the six samples of a plate."""
    y = array("penicillin", "rows").T
    groups = np.repeat(np.arange(len(y)), y.shape[1])
    fit = sm.OLS(y.ravel(), np.ones(y.size)).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    low, high = fit.conf_int()[0]
    figures = {"estimate": fit.params[0], "se": fit.bse[0], "p": fit.pvalues[0], "low": low, "high": high}
    yield from entries("sets", "penicillin", figures, "statsmodels OLS, cov_type='cluster'")


def waves() -> Iterator[Entry]:
    """Share that a wave explains: with a constant by a periodogram, and with cubic splines by least squares."""
    places, y = array("lynx", "places"), np.log10(array("lynx", "curve"))
    power = LombScargle(places, y, fit_mean=True).power(1 / np.array(PERIODS), method="slow")
    yield from entries(
        "wave", "lynx", {"power with a constant": power}, "astropy LombScargle(fit_mean=True)", periods=PERIODS
    )
    for period in (6.0, 9.6):
        # Powers and truncated powers span the same space as the B-splines, with knots 2.5 periods apart.
        pieces = max(1, round((places[-1] - places[0]) / (2.5 * period)))
        u = (places - places[0]) / (places[-1] - places[0])
        knots = np.arange(1, pieces) / pieces
        powers = np.column_stack([u[:, None] ** np.arange(4), np.maximum(u[:, None] - knots, 0) ** 3])
        # Powers are nearly collinear: unless made orthonormal, coefficients differ by 1e-10 between processors.
        trend = np.linalg.qr(powers)[0]
        angle = 2 * np.pi * places / period
        whole = sm.OLS(y, np.column_stack([np.cos(angle), np.sin(angle), trend])).fit()
        figures = {"coefficients": whole.params[:2], "power": 1 - whole.ssr / sm.OLS(y, trend).fit().ssr}
        yield from entries("wave", "lynx", figures, "statsmodels OLS on a wave and truncated powers", period=period)


def bands() -> Iterator[Entry]:
    """Half-width of a simultaneous band in standard errors: by Bonferroni, and exact for independent points."""
    points, n = array("penicillin", "rows").shape
    figures = {"standard errors": stats.t.isf(0.05 / (2 * points), n - 1)}
    yield from entries("band", "penicillin", figures, "scipy scipy.stats.t.isf", level=0.95)
    level_each = multipletests(np.full(POINTS, 0.5), 0.05, "sidak")[2]
    widest = stats.norm.isf(level_each / 2)
    density = POINTS * (1 - level_each) ** (POINTS - 1) * 2 * stats.norm.pdf(widest)
    slack = stats.norm.isf(5e-6) * np.sqrt(0.05 * 0.95 / DRAWS) / density
    settings = {"points": POINTS, "n": BACKGROUNDS, "level": 0.95}
    source = (
        "statsmodels multipletests(method='sidak') and scipy.stats.norm; tolerance of 2,000 draws at probability 1e-5"
    )
    yield from entries("largest", None, {"standard errors": widest}, source, slack, **settings)


def ratios() -> Iterator[Entry]:
    """A ratio of means: the slope through 0 with weights 1/x; its HC1 error equals the delta method."""
    none, first, second, both = array("clinic", "arms")
    below = first + second - none
    fit = sm.WLS(both, below, weights=1 / below).fit(cov_type="HC1", use_t=True)
    low, high = fit.conf_int()[0]
    figures = {"ratio_to_expected": fit.params[0], "ratio_to_expected_low": low, "ratio_to_expected_high": high}
    yield from entries("ratio", "clinic", figures, "statsmodels WLS, cov_type='HC1'")


def numbers() -> Iterator[Entry]:
    """Smallest number of backgrounds for a t interval of a given half-width, by trial of every n."""
    for reach in (0.05, 0.2, 1.0):
        n = next(n for n in range(2, 10_000) if stats.t.ppf(0.975, n - 1) / np.sqrt(n) <= reach)
        settings = {"sd": 1.0, "reach": reach, "level": 0.95, "chance": 0.5}
        yield from entries("needed", None, {"n": n}, "scipy scipy.stats.t.ppf, n by n", **settings)
