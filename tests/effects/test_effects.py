"""Effects: each analysis at hand is the function of its name, computed once."""

from __future__ import annotations

import numpy as np
import pandas as pd

import seqdo as sd
from seqdo.effects.analyses.calibration import calibrate, calibration, doubted
from seqdo.effects.analyses.individual import individual
from seqdo.effects.analyses.scales import scales
from seqdo.effects.curves.responses import responses
from seqdo.effects.estimate import estimate
from seqdo.effects.estimates import Estimates
from seqdo.effects.heterogeneity.heterogeneity import context, distribution
from seqdo.effects.validity.hygiene import hygiene
from seqdo.effects.validity.reweighted import reweighted
from seqdo.effects.validity.validity import validity


def normal(seed, *shape):
    return np.random.default_rng(seed).standard_normal(shape)


def test_validity_belongs_to_the_effects(make, seed):
    effects = estimate(make(normal(seed, 1, 30, 2, 1)))
    pd.testing.assert_frame_equal(effects.validity, validity(effects.outcomes))
    assert effects.validity is effects.validity


def test_each_analysis_takes_the_estimates_alone_and_is_what_the_effects_have():
    """Estimates have none of the analyses, so none of them can ask for another through its argument."""
    null = sd.backgrounds.uniform(60)
    real = null.sample(100, rng=1)
    design = sd.embed("GATTACA", at=9, scrambles=20)
    model = sd.planted.additive({"GATTACA": 1.0, "TA": 0.3}, 60)
    effects = estimate(sd.run(design, model, null, n=120, rng=0, real=real))
    fields = (effects.table, effects.outcomes, effects.margins, effects.notes, effects.level, effects.places)
    plain = Estimates(*fields)
    analyses = (individual, responses, distribution, context, scales, reweighted)
    for analysis in analyses:
        pd.testing.assert_frame_equal(getattr(effects, analysis.__name__), analysis(plain))
    judged = tuple(calibrate(plain))
    assert len(judged) == len(effects.calibrations) == 1
    pd.testing.assert_frame_equal(effects.calibration, calibration(plain, judged))
    assert effects.doubted == doubted(plain, judged)
    pd.testing.assert_frame_equal(effects.hygiene, hygiene(plain.outcomes))
    cached = ("responses", "distribution", "context", "scales", "calibration", "hygiene", "validity", "reweighted")
    assert all(getattr(effects, name) is getattr(effects, name) for name in cached)
    assert not any(hasattr(plain, name) for name in (*cached, "individual", "maps"))
