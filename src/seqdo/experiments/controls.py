"""Controls: would anything else have done, and does the machine say nothing where there is nothing?"""

from __future__ import annotations

import numpy as np

from seqdo.designs.builder import Builder
from seqdo.designs.call import recorded
from seqdo.designs.changes.site import NONE, Site, place
from seqdo.designs.design import Design
from seqdo.errors import InputError
from seqdo.experiments.embed import Pattern
from seqdo.motifs.motif import Motif, as_motif
from seqdo.motifs.scramble import matched

IDENTITY = "it writes the letters that are there"
"""Why the contrast of the edit that changes nothing is 0."""


@recorded
def controls(
    pattern: Pattern, at: int, *,
    scrambles: int = 200, kmers: int = 20, positive: Pattern | None = None, flanks: int = 0,
) -> Design:  # fmt: skip
    """Is it this pattern, or would any other word do? All controls of one site in one design.

    Parameters
    ----------
    scrambles : orders of the pattern's own letters, as many as are unlike it (6 letters have some 100)
        From 20 on p is calibrated on them: ``effects.calibration``.
    kmers : words of the same length and GC with other letters
    positive : a pattern that is known to work, if there is one; its middle stands where the pattern's does

    flanks : letters on either side that are drawn anew for each background, to see what the junctions add
        Fewer on the left where the sequence begins; on the right there must be as many.

    Contrasts: ``effect``; ``specific`` (pattern − mean of scrambles); ``beyond k-mers`` (pattern − mean of words);
    ``positive``; ``identity`` (an edit that writes nothing, exactly 0, or the run is refused); ``junctions`` (effect
    between flanks drawn anew − ``effect``); and of a Motif with other letters than its consensus ``consensus gain``
    (consensus − letters drawn from its matrix), as consensus sites are rare and do more than those that a genome has.

    Raises
    ------
    InputError
        A pattern of which no scramble, or no word of its GC, is unlike it: one letter repeated.

    Examples
    --------
    >>> print(controls("GATTACA", at=20, scrambles=20, positive="TATA"))
    controls: Is it GATTACA, or would any other word do?
      arms       44: none, GATTACA@20, GATTACA~1@20, GATTACA~2@20, GATTACA~3@20, …, NNNNNNN@20
      contrasts  effect (1), specific (1), beyond k-mers (1), positive (1), identity (1)
      cost       44,000 forward passes of each model member at n=1000
    """
    build, motif, start = Builder(), as_motif(pattern), place(at)
    treated = build.arm(Site(motif, start))
    build.effect(treated)
    build.scrambled(scrambles)
    words = [build.arm(Site(word, start)) for word in matched(motif, place(kmers, "kmers", 0), rng=0)]
    if kmers and not words:
        raise InputError(
            f"pattern {motif}: no word of its length and GC is unlike it", "controls have other letters",
            "Write kmers=0, or give a longer pattern",
        )  # fmt: skip
    if words:
        build.contrast("beyond k-mers", {treated: 1.0} | dict.fromkeys(words, -1.0 / len(words)))
    if positive is not None:
        known = as_motif(positive)
        build.effect(build.arm(Site(known, start + (motif.width - known.width) // 2)), name="positive")
    if place(flanks, "flanks", 0):
        beside = _flanks(start, motif.width, flanks)
        between, alone = build.arm(*beside, Site(motif, start)), build.arm(*beside)
        build.contrast("junctions", {between: 1.0, alone: -1.0, treated: -1.0, NONE: 1.0})
    nothing = Motif("N" * motif.width, np.zeros((motif.width, 4)), axis=1)
    build.contrast("identity", {build.arm(Site(nothing, start)): 1.0, NONE: -1.0}, identity=IDENTITY)
    if isinstance(pattern, Motif) and not pattern.certain:
        drawn = Motif(f"{pattern.name} (drawn)", pattern.matrix, pattern.alphabet, axis=1)
        build.contrast("consensus gain", {treated: 1.0, build.arm(Site(drawn, start)): -1.0})
    return build.design("controls", f"Is it {motif}, or would any other word do?")


def _flanks(start: int, width: int, letters: int) -> list[Site]:
    """Uniform letters on either side of a place, fewer on the left where the sequence begins."""
    ends = {"left flank": (max(start - letters, 0), start), "right flank": (start + width, start + width + letters)}
    return [
        Site(Motif(name, np.full((end - first, 4), 0.25), axis=1), first)
        for name, (first, end) in ends.items()
        if end > first
    ]
