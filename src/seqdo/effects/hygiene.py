"""Hygiene of edits: what else than the pattern came or went where it was written, and was it there before?

A pattern beside a background's letters can complete a second site, or break one; the effect is then of both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.experiments.design import Arm
from seqdo.motifs.motif import Motif, as_motif
from seqdo.outcomes import Outcomes
from seqdo.sequences.alphabet import RNA
from seqdo.sequences.edit import apply, written

if TYPE_CHECKING:
    import pandas as pd

Flags = NDArray[np.bool_]

MOST = 200
"""Arms that are looked at; of more, as many spread evenly."""

LIKELY = 0.5
"""Share of a place's most likely letter from which on another counts as the motif."""

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
    step = max(1, -(-len(named) // MOST))
    rows = [
        (name, motif.name, *shares)
        for name, arm in named[::step]
        for motif, shares in _looked(outcomes, arm, given or _own(arm))
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def hits(codes: NDArray[np.uint8], motif: Motif) -> Flags:
    """Where a motif stands in sequences (n, length): (n, starts). Padding is no letter."""
    likely = motif.matrix >= LIKELY * motif.matrix.max(1, keepdims=True)  # a place without letters takes any
    allowed = np.concatenate([likely, np.zeros((motif.width, 1), bool)], 1)
    starts = max(codes.shape[1] - motif.width + 1, 0)
    found = np.ones((len(codes), starts), bool)
    for place, letters in enumerate(allowed):
        found &= letters[np.minimum(codes[:, place : place + starts], 4)]
    return found


def _own(arm: Arm) -> list[Motif]:
    return list({site.motif.name: site.motif for site in arm.sites}.values())


def _looked(
    outcomes: Outcomes, arm: Arm, motifs: Sequence[Motif]
) -> Iterator[tuple[Motif, tuple[float, float, float, float]]]:
    """Each motif with its four shares."""
    backgrounds, seed = outcomes.backgrounds, outcomes.provenance.get("seed")
    if not isinstance(seed, dict):
        raise InputError("outcomes without the seed of their run", "letters and places are drawn again", "Give run's")
    root = np.random.SeedSequence(int(seed["entropy"]), spawn_key=tuple(seed["spawn_key"]))
    edits = arm.edits(root, 0, len(backgrounds))
    after = apply(backgrounds, edits).codes
    spans = [columns for columns, _ in written(backgrounds, edits)]
    rows = np.arange(len(backgrounds))
    touched = np.zeros((len(rows), backgrounds.codes.shape[1] + 1), int)
    for span in spans:
        np.put_along_axis(touched[:, 1:], span, 1, 1)
    total = touched.cumsum(1)
    for motif in motifs:
        strands = (
            [motif]
            if outcomes.backgrounds.alphabet is RNA or motif.palindromic
            else [motif, motif.reverse_complement()]
        )
        width, site = motif.width, np.zeros((len(rows), max(after.shape[1] - motif.width + 1, 0)), bool)
        for span in spans:
            if span.shape[1] == width:
                site[rows, span[:, 0]] = True
        before, now = (
            np.logical_or.reduce([hits(codes, one) for one in strands]) for codes in (backgrounds.codes, after)
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
