"""Hygiene of edits: what else than the pattern came or went where it was written, and was it there before?

A pattern beside a background's letters can complete a second site, or break one; the effect is then of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from seqdo.designs.design import Arm
from seqdo.effects.validity.check import Check
from seqdo.motifs.matches import hits, strands
from seqdo.motifs.motif import Motif, as_motif
from seqdo.outcomes.extras import evenly
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.edit import written

if TYPE_CHECKING:
    import pandas as pd

MOST = 200
"""Arms that are looked at; of more, as many spread evenly."""

BEFORE, BESIDE = "sites before", "sites beside the edit"
"""Rows of a table of validity, which compare with nothing real."""

SHOWN = 10
"""Arms of which that table speaks, spread evenly."""

COLUMNS = ["arm", "motif", "already", "there", "created", "destroyed"]


def hygiene(outcomes: Outcomes, motifs: Sequence[str | Motif] = ()) -> pd.DataFrame:
    """For each arm and motif, the shares of backgrounds with sites of the motif that nobody asked for.

    Parameters
    ----------
    motifs : to look for, on both strands of DNA; by default each arm's own

    Returns
    -------
    DataFrame with columns arm, motif, already (share of backgrounds with a site anywhere before the edits), there (with
    one where the edit writes it: nothing changes there), created (with a new one that overlaps an edit and is not the
    edit), destroyed (with one that the edits broke)

    Raises
    ------
    InputError
        Outcomes that no run made.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"TATA": 1.0}, length=20)
    >>> backgrounds = ["CCCCCCTACCCCCCCCCCCC", "CCCCCCCCCCCCCCCCCCCC", "CCCCCTATACCCCCCCCCCC", "CCTATACCCCCCCCCCCCCC"]
    >>> outcomes = sd.run(sd.embed("TATA", at=8), model, backgrounds, rng=0)
    >>> hygiene(outcomes).round(2).to_dict("records")
    [{'arm': 'TATA@8', 'motif': 'TATA', 'already': 0.5, 'there': 0.0, 'created': 0.25, 'destroyed': 0.25}]
    """
    import pandas as pd

    given = [as_motif(motif) for motif in motifs]
    named = [(name, arm) for name, arm in outcomes.design.arms.items() if arm.sites]
    rows = [
        (name, motif.name, *shares)
        for name, arm in (named[place] for place in evenly(len(named), MOST))
        for motif, shares in _looked(outcomes, name, given or _own(arm))
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def sites(outcomes: Outcomes) -> Iterator[Check]:
    """What a table of validity says of it, for the arms whose effects are asked; nothing where no run made them."""
    looked = outcomes.some_treated(SHOWN)
    if not looked:
        return
    found = [
        (motif.name, already, max(created, destroyed))
        for arm in looked
        for motif, (already, _, created, destroyed) in _looked(outcomes, arm, _own(outcomes.design.arms[arm]))
    ]
    if not found:
        return  # what is written is no motif
    name, already, _ = max(found, key=lambda one: one[1])
    yield Check(
        BEFORE, already, 0.1, np.inf, f"{already:.1%} of backgrounds have {name} somewhere before it is written.",
        "Its effect is that of one more: a longer pattern, or backgrounds without it, would show the first.",
    )  # fmt: skip
    name, _, beside = max(found, key=lambda one: one[2])
    yield Check(
        BESIDE, beside, 0.05, np.inf,
        f"In up to {beside:.1%} of backgrounds writing {name} makes another beside it, or breaks one.",
        "The effect is of both: see effects.hygiene, and controls(..., flanks=3) for what the junctions add.",
    )  # fmt: skip


def _own(arm: Arm) -> list[Motif]:
    return list({motif.name: motif for site in arm.sites for motif in site.patterns}.values())


def _looked(
    outcomes: Outcomes, arm: str, motifs: Sequence[Motif]
) -> Iterator[tuple[Motif, tuple[float, float, float, float]]]:
    """Each motif with its four shares."""
    backgrounds, after = outcomes.backgrounds, outcomes.edited(arm).codes
    edits = outcomes.design.arms[arm].edits(outcomes.seed, 0, backgrounds)
    spans = [columns for columns, _ in written(backgrounds, edits)]
    rows = np.arange(len(backgrounds))
    touched = np.zeros((len(rows), backgrounds.codes.shape[1] + 1), int)
    for span in spans:
        np.put_along_axis(touched[:, 1:], span, 1, 1)
    total = touched.cumsum(1)
    for motif in motifs:
        width, site = motif.width, np.zeros((len(rows), max(after.shape[1] - motif.width + 1, 0)), bool)
        for span in spans:
            if span.shape[1] == width:
                site[rows, span[:, 0]] = True
        before, now = (
            np.logical_or.reduce([hits(codes, one) for one in strands(motif, backgrounds.alphabet)])
            for codes in (backgrounds.codes, after)
        )
        overlaps = total[:, width:] > total[:, :-width]
        yield (
            motif,
            (
                float(before.any(1).mean()),
                float((before & site).any(1).mean()),
                float((now & ~before & overlaps & ~site).any(1).mean()),
                float((before & ~now).any(1).mean()),
            ),
        )
