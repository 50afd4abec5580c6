"""Hygiene of edits: sites that an edit created or destroyed next to what it wrote, and sites that were there before.

A pattern and the neighboring letters of the background can form a second site. An edit can also destroy a site of the
background. The effect is then that of both changes.
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
"""Largest number of arms in the table. If there are more, this number is spread evenly over them."""

BEFORE, BESIDE = "sites before", "sites next to the edit"
"""Checks of the table of validity that need no real sequences."""

SHOWN = 10
"""Largest number of arms for these checks, spread evenly."""

COLUMNS = ["arm", "motif", "already", "there", "created", "destroyed"]


def hygiene(outcomes: Outcomes, motifs: Sequence[str | Motif] = ()) -> pd.DataFrame:
    """Shares of backgrounds in which an arm finds, creates or destroys sites of a motif besides those that it writes.

    Parameters
    ----------
    outcomes : outcomes of a run
    motifs : motifs to look for, on both strands of DNA; by default the motifs that each arm writes

    Returns
    -------
    DataFrame
        A row for each arm and motif, with the columns arm, motif, and four shares of backgrounds: already (with a site
        anywhere before the edits), there (with a site where the edit writes it, so that the edit changes nothing),
        created (with a new site that overlaps an edit and is not the edit), destroyed (with a site that the edits
        broke).

    Raises
    ------
    InputError
        The outcomes do not come from a run.

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

    requested = [as_motif(motif) for motif in motifs]
    edited = [(name, arm) for name, arm in outcomes.design.arms.items() if arm.sites]
    rows = [
        (name, motif.name, *shares)
        for name, arm in (edited[place] for place in evenly(len(edited), MOST))
        for motif, shares in _site_shares(outcomes, name, requested or _motifs_of(arm))
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def site_checks(outcomes: Outcomes) -> Iterator[Check]:
    """Checks of sites before and next to the edits, each for the worst arm.

    There are no checks if the outcomes do not come from a run, or if no arm writes a motif.

    Parameters
    ----------
    outcomes : any outcomes
    """
    shares = [
        (motif.name, already, max(created, destroyed))
        for arm in outcomes.some_treated(SHOWN)
        for motif, (already, _, created, destroyed) in _site_shares(
            outcomes, arm, _motifs_of(outcomes.design.arms[arm])
        )
    ]
    if not shares:
        return
    name, already, _ = max(shares, key=lambda share: share[1])
    yield Check(
        BEFORE, already, 0.1, np.inf, f"{already:.1%} of backgrounds have {name} somewhere before it is written.",
        "The effect is that of one more site. For the first site, use a longer pattern, or backgrounds without it.",
    )  # fmt: skip
    name, _, changed = max(shares, key=lambda share: share[2])
    yield Check(
        BESIDE, changed, 0.05, np.inf,
        f"In up to {changed:.1%} of backgrounds, writing {name} creates another site next to it, or destroys one.",
        "The effect is that of both changes. See effects.hygiene, and controls(..., flanks=3) for flanks.",
    )  # fmt: skip


def _motifs_of(arm: Arm) -> list[Motif]:
    return list({motif.name: motif for site in arm.sites for motif in site.patterns}.values())


def _site_shares(
    outcomes: Outcomes, arm: str, motifs: Sequence[Motif]
) -> Iterator[tuple[Motif, tuple[float, float, float, float]]]:
    """Each motif with its four shares, as in the table of :func:`hygiene`."""
    backgrounds, after = outcomes.backgrounds, outcomes.edited(arm).codes
    edits = outcomes.design.arms[arm].edits(outcomes.seed, 0, backgrounds)
    spans = [columns for columns, _ in written(backgrounds, edits)]
    rows = np.arange(len(backgrounds))
    edited = np.zeros((len(rows), backgrounds.codes.shape[1] + 1), int)
    for span in spans:
        np.put_along_axis(edited[:, 1:], span, 1, 1)
    # total[i, j] counts the edited positions of background i before j.
    total = edited.cumsum(1)
    for motif in motifs:
        width, is_edit = motif.width, np.zeros((len(rows), max(after.shape[1] - motif.width + 1, 0)), bool)
        for span in spans:
            if span.shape[1] == width:
                is_edit[rows, span[:, 0]] = True
        before, now = (
            np.logical_or.reduce([hits(codes, orientation) for orientation in strands(motif, backgrounds.alphabet)])
            for codes in (backgrounds.codes, after)
        )
        overlaps = total[:, width:] > total[:, :-width]
        yield (
            motif,
            (
                float(before.any(1).mean()),
                float((before & is_edit).any(1).mean()),
                float((now & ~before & overlaps & ~is_edit).any(1).mean()),
                float((before & ~now).any(1).mean()),
            ),
        )
