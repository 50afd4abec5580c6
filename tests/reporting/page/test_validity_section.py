"""Validity on a page: each check with its result, and a sentence about all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.effects.validity.realism import ALONE, UNGIVEN
from seqdo.effects.validity.validity import REFERENCE
from seqdo.reporting.page.validity_section import validity
from seqdo.reporting.view import Validity

Make = Callable[..., sd.Effects]


def of(make: Make, **results: str) -> Validity:
    """The validity of checks with these results; their names with spaces for underscores."""
    effects = make(sd.embed("GATTACA", at=20))
    names = [name.replace("_", " ") for name in results]
    values = [float("nan") if result == "not checked" else 0.5 for result in results.values()]
    effects.__dict__["validity"] = pd.DataFrame(
        {"check": names, "value": values, "threshold": values, "result": list(results.values()), "advice": names}
    )
    return validity([effects])


ROWS = {name: name.replace(" ", "_") for name in (REFERENCE, ALONE, UNGIVEN)}


def test_what_the_edits_alone_do_is_no_comparison_with_real_sequences(make: Make) -> None:
    for alone in ({}, {ROWS[ALONE]: "pass"}):
        found = of(make, **{ROWS[REFERENCE]: "not checked"} | alone)
        assert found.result == "not checked"
        assert found.sentence.startswith("The backgrounds were not compared with real sequences")
        assert "The edits change" not in found.sentence
    found = of(make, **{ROWS[REFERENCE]: "not checked", ROWS[ALONE]: "fail"})
    assert found.result == "fail"
    assert found.sentence.endswith("The edits change more of the backgrounds than they should: see the checks.")


def test_that_more_could_be_checked_makes_what_was_checked_no_worse(make: Make) -> None:
    found = of(make, GC="pass", **{ROWS[ALONE]: "pass", ROWS[UNGIVEN]: "not checked"})
    assert found.result == "pass"
    assert found.sentence == "All 2 checks passed: the backgrounds are close to real sequences in what was measured."
    assert found.checks[0].check == UNGIVEN
    assert of(make, GC="caution", **{ROWS[UNGIVEN]: "not checked"}).result == "caution"
    assert of(make, GC="pass", predictions="not checked").result == "not checked"


@pytest.mark.parametrize("given", [True, False])
def test_a_page_of_a_run_says_once_what_real_sequences_would_add(given: bool, tmp_path) -> None:
    null = sd.backgrounds.uniform(40)
    real = null.sample(200, rng=9)
    reference = sd.Reference.measure(real, np.zeros((200, 1)), ["y"], "held-out")
    model = replace(sd.planted.additive({"GATTACA": 1.0}, 40), reference=reference)
    more = {"real": real} if given else {}
    effects = [sd.estimate(sd.run(sd.embed("GATTACA", at=at), model, null, n=200, rng=0, **more)) for at in (3, 9)]
    text = sd.report(effects, tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.count("give them to run(real=...)") == (not given)
    assert ("classifier: unedited" in text) == given


def test_designs_with_one_result_are_one_row_with_the_worst_of_them(make: Make) -> None:
    """Three designs, by their values 0.1, 0.4 and 0.9 of one check: two pass, one calls for caution."""
    several = [make(sd.embed("GATTACA", at=at)) for at in (5, 20, 30)]
    for effects, value in zip(several, (0.4, 0.1, 0.9), strict=True):
        result = "caution" if value > 0.5 else "pass"
        row = {"check": "GC", "value": value, "threshold": 0.5, "result": result, "advice": f"It is {value}."}
        vars(effects)["validity"] = pd.DataFrame([row])
    caution, passed = validity(several).checks
    assert (caution.result, caution.value, caution.designs) == ("caution", 0.9, "embed-3")
    assert (passed.result, passed.value, passed.designs) == ("pass", 0.4, "embed-1, embed-2")
    assert passed.advice == "It is 0.4."
