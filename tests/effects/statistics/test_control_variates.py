"""Control variates: closed forms, no bias at any n, cover, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from scipy import stats

from seqdo import backgrounds
from seqdo.designs.design import Arm, Contrast, Design
from seqdo.effects.estimate import estimate
from seqdo.effects.statistics.clusters import Clusters
from seqdo.effects.statistics.control_variates import FLANK, ControlVariates, Regression
from seqdo.effects.statistics.interval import crossed, interval
from seqdo.errors import InputError
from seqdo.execution.run import run
from seqdo.experiments.embed import embed, positions
from seqdo.experiments.sequence_context import swap
from seqdo.models import planted
from seqdo.models.wrap import wrap
from seqdo.outcomes.extras import Extra
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root

L = 24
WEIGHTS = np.random.default_rng(3).integers(-3, 4, (L, 4))
CURVED = planted.letter_score(WEIGHTS, lambda score: np.exp(score / 14))
DESIGN = embed("GATTACA", at=8)
NULLS = {
    "uniform": backgrounds.uniform(L),
    "profile": backgrounds.profile(np.full((L, 4), 0.25)),  # the same law; its means are measured
    "balanced": backgrounds.uniform(L, balance="dinucleotides"),
}
ALL = ("prediction", "gc", "letters")


def truth(model):
    return model.expected([(8, "GATTACA")]) - model.expected()


# Regression


@pytest.mark.parametrize("lonely", [False, True])
@pytest.mark.parametrize(("m", "p"), [(12, 1), (12, 5), (10, 30), (9, 0)])
def test_a_row_is_predicted_by_slopes_that_were_fitted_without_it(seed, m, p, lonely):
    """Against penalised least squares (penalty p) of the other rows alone, by numpy's lstsq with p pseudo-rows.

    Also where a number varies in one row only, and that row is left out: without a penalty that divides 0 by 0.
    """
    rng = np.random.default_rng(seed)
    z, d, point = rng.standard_normal((m, p)), rng.standard_normal((m, 3)), rng.standard_normal(p)
    if lonely:
        z[1:, :1] = 0
    found = Regression.on(z)
    own, there = found.without_own(d, z), found.without_own(d, point)
    for row in range(m):
        kept = np.delete(np.arange(m), row)
        x = np.vstack([np.column_stack([np.ones(m - 1), z[kept]]), np.column_stack([np.zeros(p), p**0.5 * np.eye(p)])])
        slopes = np.linalg.lstsq(x, np.vstack([d[kept], np.zeros((p, 3))]), rcond=None)[0][1:]
        np.testing.assert_allclose(own[row], z[row] @ slopes, atol=1e-10)
        np.testing.assert_allclose(there[row], point @ slopes, atol=1e-10)


def slopes(z, d):
    """Penalised least squares by pseudo-rows: an intercept without a penalty, p for each of the p columns that vary."""
    p = z.shape[1]
    penalty = max(z.any(0).sum(), 1) ** 0.5 * np.eye(p)
    x = np.vstack([np.column_stack([np.ones(len(z)), z]), np.column_stack([np.zeros(p), penalty])])
    return np.linalg.lstsq(x, np.concatenate([d, np.zeros(p)]), rcond=None)[0][1:]


@pytest.mark.parametrize("null", ["uniform", "profile"])
def test_the_estimate_is_the_mean_of_what_each_background_leaves_of_the_slopes_of_all_others(seed, null):
    """In full by hand, a regression for each background left out.

    Means known (uniform): letters and GC first, with the whole of their slopes. The rest, and everything where
    no mean is known, times m of n + m, from the mean of the extra backgrounds.
    """
    n, m = 30, 20
    made = run(DESIGN, CURVED, NULLS[null], n=n, rng=seed, extra=m)
    codes = np.concatenate([made.backgrounds.codes, made.extra.backgrounds.codes])
    letters = np.concatenate([codes[:, : 15 + FLANK] == letter for letter in range(4)], 1).astype(float)
    gc = ((codes == 1) | (codes == 2)).mean(1)[:, None]
    y0 = np.concatenate([made.y.values[0, :, 0, 0], made.extra.y.values[0, :, 0]])[:, None]
    d = made.y.values[0, :, 1, 0] - made.y.values[0, :, 0, 0]

    def of_extra(z):
        sd = z[n:].std(0)
        return (z - z[n:].mean(0)) / np.where(sd > 0, sd, np.inf)

    if null == "uniform":
        known = np.column_stack([(letters - 0.25) / (3 / 16) ** 0.5, (gc - 0.5) / (0.25 / L) ** 0.5])
        every = np.column_stack([known, of_extra(y0)])
    else:
        known, every = np.zeros((n + m, 0)), of_extra(np.column_stack([letters, gc, y0]))
    left, share = np.empty(n), m / (n + m)
    for row in range(n):
        others = np.delete(np.arange(n), row)
        first, last = slopes(known[others], d[others]), slopes(every[others], d[others])
        beyond = (every[row] - every[n:].mean(0)) @ last - (known[row] - known[n:].mean(0)) @ first
        left[row] = d[row] - known[row] @ first - share * beyond
    effects = estimate(made, margin=1, adjust=ALL)
    assert effects.table["estimate"][0] == pytest.approx(left.mean(), abs=1e-9)
    first, last = slopes(known[:n], d), slopes(every[:n], d)
    noise = share * (every[n:] @ last - known[n:] @ first)
    assert effects.table["se"][0] == pytest.approx((left.var(ddof=1) / n + noise.var(ddof=1) / m) ** 0.5)


# Closed forms


def outcomes(y, extra_y=None, null="profile", design=DESIGN, pool=None):
    """Outcomes of answers (members, n, arms) and, for extra backgrounds, (members, m)."""
    y = np.asarray(y, np.float64)
    n, m = y.shape[1], 0 if extra_y is None else extra_y.shape[1]
    drawn = NULLS[null].sample(n + m, rng=0) if pool is None else pool
    coords = {"model": [f"member {i}" for i in range(len(y))], "arm": list(design.arms), "output": ["y"]}
    extra = None
    if extra_y is not None:
        extra = Extra(xr.DataArray(extra_y[:, :, None], dims=("model", "extra", "output")), drawn[n:])
    labelled = xr.DataArray(y[..., None], dims=("model", "background", "arm", "output"), coords=coords)
    provenance = {"background": NULLS[null].describe()}
    return Outcomes(labelled, design, drawn[:n], {}, provenance=provenance, extra=extra)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.9])
@pytest.mark.parametrize(("n", "m"), [(4000, 4000), (4000, 40000)])
def test_the_variance_falls_by_1_less_the_explained_share_times_m_of_n_and_m(seed, share, n, m):
    """D = Z + e with R² = ``share``; from R² of 8,000 numbers within 5 SE of 0.02: fails less than once in 10,000."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((1, n + m))
    d = share**0.5 * z[:, :n] + (1 - share) ** 0.5 * rng.standard_normal((1, n))
    made = outcomes(np.stack([z[:, :n], z[:, :n] + d], 2), z[:, n:])
    effects = estimate(made, margin=1, adjust="prediction")
    expected = 1 / (1 - share * m / (n + m))
    assert effects.variance_ratio[0] == pytest.approx(expected, rel=0.1)
    plain = estimate(made, margin=1).table["se"][0]
    assert (plain / effects.table["se"][0]) ** 2 == pytest.approx(effects.variance_ratio[0])


@pytest.mark.parametrize(("null", "left"), [("uniform", 0.0), ("profile", 0.625)])
def test_letters_explain_an_additive_effect_in_full_where_their_means_are_known(seed, null, left):
    """But for the penalty: 92 columns (23 places) shrink slopes by 92 / (92 + 1000 · 4/3), its square is 0.005.

    Where means are measured on m = 600 extra backgrounds beside n = 1000, 1 − 600/1600 of the variance is left;
    its estimate from 600 numbers has an SE of 0.04.
    """
    model = planted.letter_score(WEIGHTS, lambda score: score)
    made = run(DESIGN, model, NULLS[null], n=1000, rng=seed, extra=0 if null == "uniform" else 600)
    plain, adjusted = estimate(made, margin=1), estimate(made, margin=1, adjust="letters")
    assert 1 / adjusted.variance_ratio[0] == pytest.approx(left, abs=0.01 if null == "uniform" else 0.16)
    row = adjusted.table.iloc[0]
    assert abs(row["estimate"] - truth(model)) < 5 * row["se"]
    assert row["se"] < plain.table["se"][0]


def test_gc_explains_what_gc_does(seed):
    """y falls with GC where the motif is: D = 1 − 2 × share of GC outside it, and R² of the whole GC is 17/24."""

    def answer(codes):
        gc = ((codes == 1) | (codes == 2)).astype(float)
        there = (codes[:, 8:15] == [2, 0, 3, 3, 0, 1, 0]).all(1)
        return there * (1 - 2 * np.delete(gc, range(8, 15), axis=1).sum(1))

    model = wrap(answer, alphabet=DNA, length=L, layout="codes")
    made = run(DESIGN, model, NULLS["uniform"], n=4000, rng=seed)
    assert estimate(made, margin=1, adjust="gc").variance_ratio[0] == pytest.approx(24 / 7, rel=0.08)


def test_letters_are_those_at_the_edits_of_the_contrasts_own_arms():
    design = positions("GATTACA", [0, 17])
    made = run(design, CURVED, NULLS["uniform"], n=40, rng=0)
    variates = ControlVariates(made, ("letters",), Clusters.of(made))
    first, last = (variates._span(contrast) for contrast in design.contrasts)
    assert first == tuple(range(7 + FLANK))
    assert last == tuple(range(17 - FLANK, L))


# No bias


def test_there_is_no_bias_even_from_four_backgrounds(seed):
    """D = Z², whose β is correlated with Z̄: 10,000 runs, within 4.4 SE (fails once in 90,000).

    With β of all four backgrounds, its own included, the same estimate is off by 10 SE.
    """
    rng = np.random.default_rng(seed)
    runs, n = 10000, 4
    z = rng.exponential(size=(runs, n))
    own, within = np.empty(runs), np.empty(runs)
    for i, one in enumerate(z):
        d = (one**2)[:, None]
        fit = Regression.on((one - 1)[:, None])
        own[i] = (d - fit.without_own(d, (one - 1)[:, None])).mean()
        within[i] = d.mean() - (one.mean() - 1) * fit.slopes(d)[0, 0]

    def off(estimates):
        return abs(estimates.mean() - 2) / (estimates.std() / runs**0.5)

    assert off(own) < 4.4
    assert off(within) > 10


def drawn(null, runs, n, m, seed):
    """Answers without and with the motif, and the backgrounds, of many runs in one draw."""
    pool = NULLS[null].sample(runs * (n + m), rng=seed)
    plain = CURVED.predict(pool)[0, :, 0]
    edited = CURVED.predict(apply(pool, DESIGN.arms["GATTACA@8"].edits(root(seed), 0, pool)))[0, :, 0]
    for run_ in range(runs):
        part = slice(run_ * (n + m), (run_ + 1) * (n + m))
        yield plain[part], edited[part], pool[part]


def adjusted(plain, edited, pool, n, null, names):
    """The interval of one run: what estimate does, without its table."""
    y = np.stack([plain[:n], edited[:n]], 1)[None]
    made = outcomes(y, plain[None, n:] if len(plain) > n else None, null, pool=pool)
    clusters = Clusters.of(made)
    values = (edited - plain)[None, None, None, :n]
    left = ControlVariates(made, names, clusters).adjust(values, DESIGN.contrasts)
    found, _ = interval(values, 1.0, left.rows, clusters.independent)
    return found.widened(left.variance, left.free)


@pytest.mark.parametrize(
    ("null", "n", "m", "names"),
    [
        ("uniform", 100, 0, ("gc", "letters")),
        ("uniform", 100, 100, ALL),
        ("profile", 100, 200, ALL),
        ("balanced", 320, 640, ("prediction",)),
        ("profile", 30, 30, ("prediction",)),
    ],
)
def test_adjusted_effects_are_unbiased_and_their_intervals_cover_the_exact_truth(seed, null, n, m, names):
    """400 runs on a curved model: mean within 4.4 SE of the truth (fails once in 90,000).

    Coverage in the band of .93 to .96 but for 1e-4 on either side; and estimates spread less than plain ones.
    """
    rows = []
    for plain, edited, pool in drawn(null, 400, n, m, seed):
        found = adjusted(plain, edited, pool, n, null, names)
        rows.append([found.estimate[0, 0], *(end[0, 0] for end in found.bounds(0.95)), (edited - plain)[:n].mean()])
    estimates, low, high, means = np.array(rows).T
    exact = truth(CURVED)
    assert abs(estimates.mean() - exact) <= 4.4 * estimates.std(ddof=1) / 20
    covered = ((low <= exact) & (exact <= high)).sum()
    assert stats.binom.ppf(1e-4, 400, 0.93) <= covered <= stats.binom.isf(1e-4, 400, 0.96)
    assert estimates.std() < means.std()


def test_the_error_of_measured_means_is_in_the_interval(seed):
    """With 20 extra backgrounds for 2000 and D = Z, all of the variance is that of Z's measured mean.

    λ = 20/2020: adjusting gains next to nothing, and says so rather than an interval a tenth as wide.
    """
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((1, 2020))
    made = outcomes(np.stack([z[:, :2000], 2 * z[:, :2000]], 2), z[:, 2000:])
    assert 1.0 <= estimate(made, margin=1, adjust="prediction").variance_ratio[0] < 1.05


# Ensembles


def test_each_member_is_adjusted_for_its_own_prediction(seed):
    """Members whose D is their own Z: of the variance over backgrounds a half is left with m = n, for all five."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((5, 8000))
    made = outcomes(np.stack([z[:, :4000], 2 * z[:, :4000] + 0.5 * np.arange(5)[:, None]], 2), z[:, 4000:])
    effects = estimate(made, margin=1, adjust="prediction")
    assert effects.variance_ratio[0] == pytest.approx(2, rel=0.15)
    # Members' means are 0.5 apart, which nothing that backgrounds have can explain.
    assert effects.table["se"][0] == pytest.approx((np.var(0.5 * np.arange(5), ddof=1) / 5) ** 0.5, rel=0.05)


def test_an_adjusted_ensemble_covers_a_planted_truth(seed):
    """400 runs of five members with D = 1 + Z + member + noise; coverage in the band of .93 to .97 but for 1e-4."""
    rng = np.random.default_rng(seed)
    covered = 0
    for _ in range(400):
        shared, own = rng.standard_normal((1, 300)), 0.3 * rng.standard_normal((5, 300))
        z = shared + own
        d = 1 + z[:, :100] + 0.1 * rng.standard_normal((5, 1)) + 0.5 * rng.standard_normal((5, 100))
        made = outcomes(np.stack([z[:, :100], z[:, :100] + d], 2), z[:, 100:])
        left = ControlVariates(made, ("prediction",), Clusters.of(made)).adjust(d[None, None], DESIGN.contrasts)
        low, high = crossed(left.rows).widened(left.variance, left.free).bounds(0.95)
        covered += bool(low[0, 0] <= 1 <= high[0, 0])
    assert stats.binom.ppf(1e-4, 400, 0.93) <= covered <= stats.binom.isf(1e-4, 400, 0.97)


# What it says and refuses


def test_notes_say_what_was_adjusted_for_and_what_that_gained(seed):
    made = run(DESIGN, CURVED, NULLS["uniform"], n=300, rng=seed, extra=600)
    effects = estimate(made, adjust=ALL)
    notes = " ".join(effects.notes)
    assert "adjusted for its prediction without edits, its GC, its letters at the edits" in notes
    assert "600 extra backgrounds" in notes
    assert f"{effects.variance_ratio[0]:.2g} times smaller than" in notes
    assert effects.adjusted == ALL
    assert "adjusted for" not in " ".join(estimate(made).notes)


def test_letters_of_balanced_backgrounds_change_nothing_and_that_is_said(seed):
    made = run(DESIGN, CURVED, NULLS["balanced"], n=320, rng=seed)
    plain, letters = estimate(made), estimate(made, adjust=("gc", "letters"))
    assert letters.table["estimate"][0] == pytest.approx(plain.table["estimate"][0], rel=1e-12)
    assert letters.variance_ratio == pytest.approx(plain.variance_ratio)
    assert "nothing was adjusted for them" in " ".join(letters.notes)


def test_extra_backgrounds_alone_change_no_effect(seed):
    made = [run(DESIGN, CURVED, NULLS["uniform"], n=100, rng=seed, extra=extra) for extra in (0, 300)]
    assert estimate(made[0]).table.equals(estimate(made[1]).table)


def test_a_constant_contrast_stays_one_whatever_it_is_adjusted_for_STA_02(seed):
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((1, 900))
    made = outcomes(np.stack([z[:, :300], z[:, :300] + 5], 2).astype(np.float32), z[:, 300:])
    made = replace(made, y=made.y.copy(data=np.stack([0 * z[:, :300], 0 * z[:, :300] + 5], 2)[..., None]))
    row = estimate(made, margin=1, adjust=("prediction", "letters")).table.iloc[0]
    assert (row["estimate"], row["se"], row["verdict"]) == (pytest.approx(5), 0, "present")
    assert np.isnan(row["p"])
    assert row["flag"] == "constant; one model"


def test_lengths_that_differ_and_letters_that_are_rare_do_no_harm(seed):
    """Padding is no letter, and a letter that one background has gets no say; the effect stays within 5 SE."""
    profile = {20: np.full((20, 4), 0.25), 24: np.tile([0.001, 0.333, 0.333, 0.333], (24, 1))}
    null = backgrounds.profile(profile, weights={20: 0.5, 24: 0.5})
    model = wrap(lambda x: x[:, :, 8:15].sum((1, 2)) + x[:, 1].sum(1), alphabet=DNA, length=24, pad="right")
    made = run(DESIGN, model, null, n=200, rng=seed, extra=300)
    plain, letters = (estimate(made, adjust=names).table.iloc[0] for names in ((), ALL))
    assert abs(letters["estimate"] - plain["estimate"]) < 5 * plain["se"]
    assert letters["se"] < plain["se"]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ("predictions", r"adjust='predictions'.*Did you mean 'prediction'\?"),
        (("gc", "k-mers"), r"adjust='k-mers': some of prediction, gc, letters are needed"),
        (("gc", 3), r"adjust=3"),
        ("prediction", r"adjust='prediction' for outcomes with no extra backgrounds.*Write run\(\.\.\., extra=2000\)"),
    ],
)
def test_what_can_not_be_adjusted_for_is_refused_with_what_to_write(names, words):
    with pytest.raises(InputError, match=words):
        estimate(run(DESIGN, CURVED, NULLS["uniform"], n=40, rng=0), adjust=names)


def test_letters_of_backgrounds_with_unknown_means_need_extra_ones_whole_sets_of_them():
    with pytest.raises(InputError, match="adjust='gc' for outcomes with no extra backgrounds"):
        estimate(run(DESIGN, CURVED, NULLS["profile"], n=40, rng=0), adjust="gc")
    with pytest.raises(InputError, match=r"with 16 extra backgrounds.*extra=2000"):
        estimate(run(DESIGN, CURVED, NULLS["balanced"], n=48, rng=0, extra=16), adjust="prediction")


def test_a_design_that_edits_everywhere_has_no_prediction_to_adjust_for():
    arms = {name: arm for name, arm in swap("GATTACA", ["CCGGCCG"], at=8).arms.items() if arm.sites}
    assert all(isinstance(arm, Arm) for arm in arms.values())
    names = list(arms)
    design = Design("custom", "?", arms, (Contrast("swap", {names[1]: 1.0, names[0]: -1.0}),))
    made = run(design, CURVED, NULLS["uniform"], n=40, rng=0, extra=40)
    with pytest.raises(InputError, match=r"an arm without edits is needed.*\"gc\", \"letters\""):
        estimate(made, adjust="prediction")
    assert len(estimate(made, adjust="letters").table) == 1


def test_sequences_of_others_can_be_adjusted_too(seed):
    """Backgrounds from a pool of real sequences: the extra ones come from the same pool, each used once."""
    real = np.random.default_rng(seed).integers(0, 4, (500, L)).astype(np.uint8)
    null = backgrounds.natural(Sequences.from_codes(real))
    made = run(DESIGN, CURVED, null, n=200, rng=seed, extra=300)
    both = {row.tobytes() for part in (made.backgrounds, made.extra.backgrounds) for row in part.codes}
    assert len(both) == 500
    assert estimate(made, adjust=ALL).variance_ratio[0] > 1
