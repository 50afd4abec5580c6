"""What a run was given that changes what its effects are of: notes read off its provenance and its answers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from seqdo.outcomes.outcomes import Outcomes

SCALES_APART = 10.0
"""Ratio of the members' SDs from which they hardly answer in one unit."""


def provided(outcomes: Outcomes) -> list[str]:
    """Sentences on how contrasts and backgrounds were chosen, on noise of a model, on members that differ in scale."""
    return [*_search(outcomes), *_background(outcomes), *_noise(outcomes), *_scales(outcomes)]


def _search(outcomes: Outcomes) -> Iterator[str]:
    """What the contrasts were chosen by, and that these backgrounds did not choose them."""
    searched = outcomes.provenance.get("search")
    if not searched:
        return
    kept, members, asked = searched["kept"], outcomes.y.sizes["model"], searched["members"]
    output = f" of {searched['output']}" if outcomes.y.sizes["output"] > 1 else ""
    by = f" by the first {asked} of {members} members" if asked < members else ""
    yield (
        f"The {f'{kept:,} were' if kept > 1 else 'one was'} chosen among {searched['candidates']:,} by the "
        f"{searched['by']} estimate ({searched['contrast']}{output}) on {searched['screen']:,} other backgrounds{by}; "
        f"the effects here are of {outcomes.y.sizes['background']:,} that chose nothing."
    )
    if members > 1:
        yield (
            "Members that chose are among those that report: estimates and intervals hold for these members, and where "
            "members differ others may show less of what was chosen."
        )


def _background(outcomes: Outcomes) -> Iterator[str]:
    given = outcomes.provenance.get("background")
    if not isinstance(given, dict):  # outcomes that were put together by hand
        return
    on = given.get("conditioned_on")
    if on and list(given["quantile"]) != [0.0, 1.0]:
        low, high = given["quantile"]
        where = f"the quantiles {low:g} to {high:g} of their scores"
        if given.get("scores"):
            least, most = given["scores"]
            where += f" ({least:.4g} to {most:.4g})"
        if on == "outcome":
            yield (
                f"Conditioned on outcome: backgrounds are the sequences in {where}, and the scores are this model's "
                f"own answers of {given['outcome']}. Every effect is conditional on that range of answers; it is not "
                "the effect on all sequences."
            )
        else:
            yield (
                f"Conditional on scores: backgrounds are the sequences in {where}. Every effect is that on sequences "
                "in this range of scores; it is not the effect on all of them."
            )
    if given.get("fixed"):
        yield (
            f"{given['fixed']} of {given['sources']['number']} sequences have only 1 valid shuffle that keeps their "
            f"{given['k']}-mers, and are used as they are."
        )


def _noise(outcomes: Outcomes) -> Iterator[str]:
    model = outcomes.provenance.get("model")
    noise = model.get("noise") if isinstance(model, dict) else None
    if noise:
        listed = ", ".join(f"{sd:.2g} for {name}" for name, sd in noise.items())
        yield (
            f"The model is noisy: identical calls differ with an SD of {listed}. The intervals cover this noise; "
            "another run gives other numbers."
        )


def _scales(outcomes: Outcomes) -> Iterator[str]:
    y = outcomes.y.transpose("output", "model", "background", "arm")
    if y.sizes["model"] < 2:
        return
    for name, answers in zip(y["output"].values.tolist(), y.values, strict=True):
        sd = answers.reshape(len(answers), -1).std(1, dtype=np.float64)
        if sd.min() > 0 and sd.max() > SCALES_APART * sd.min():
            members = y["model"].values.tolist()
            yield (
                f"Members differ in scale: the SD of {name} is {sd.max():.3g} in {members[int(sd.argmax())]} "
                f"and {sd.min():.3g} in {members[int(sd.argmin())]}. Do all answer in one unit?"
            )
