"""Controls of one site: scrambles, other k-mers, other flanks, and an edit that changes nothing."""

from __future__ import annotations

import numpy as np

from seqdo.designs.builder import Builder
from seqdo.designs.call import recorded
from seqdo.designs.changes.site import NONE, Site, place
from seqdo.designs.design import Design
from seqdo.errors import InputError
from seqdo.experiments.embed import Pattern
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import LEAD_SPECIFIC, Comparison, Finding
from seqdo.motifs.motif import Motif, as_motif
from seqdo.motifs.scramble import matched

IDENTITY = "the edit writes the bases that are already there"
"""Why the contrast of the edit that changes nothing is exactly 0."""


@recorded
def controls(
    pattern: Pattern, at: int, *,
    scrambles: int = 200, kmers: int = 20, positive: Pattern | None = None, flanks: int = 0,
) -> Design:  # fmt: skip
    """Effect of a pattern at one position, with all its controls in one design.

    Parameters
    ----------
    pattern : IUPAC letters, or a Motif, which is written as its consensus
    at : 0-based start of the pattern
    scrambles : largest number of scrambles: the same letters in another order that resembles the pattern little
        A 6-mer has about 100. With 20 or more, ``effects.calibration`` ranks the pattern among them.
    kmers : number of k-mers of the same length and GC content, with other letters
    positive : a pattern that is known to have an effect; it is centered on the position of ``pattern``
    flanks : number of positions on either side that are resampled for each background
        There are fewer on the left if the sequence begins there. On the right there must be that many.

    Returns
    -------
    Design
        Contrasts: ``effect`` (pattern − none), ``specific`` (pattern − mean of the scrambles), ``beyond k-mers``
        (pattern − mean of the k-mers), ``positive`` (that pattern − none), ``identity`` (an edit that changes nothing:
        exactly 0, or :func:`seqdo.estimate` refuses the run), and ``junctions`` (effect with resampled flanks −
        ``effect``). A Motif with uncertain letters also has ``consensus gain`` (consensus − letters drawn from the
        matrix), because genomic sites rarely have the consensus.

    Raises
    ------
    InputError
        No scramble or no k-mer of the same GC content differs enough from the pattern (one repeated letter).

    Examples
    --------
    >>> print(controls("GATTACA", at=20, scrambles=20, positive="TATA"))
    controls: Is the effect specific to GATTACA?
      arms       44: none, GATTACA@20, GATTACA~1@20, GATTACA~2@20, GATTACA~3@20, …, NNNNNNN@20
      contrasts  effect (1), specific (1), beyond k-mers (1), positive (1), identity (1)
      cost       44,000 forward passes of each model member at n=1000, and up to 1,000 for a default margin
    """
    build, motif, start = Builder(), as_motif(pattern), place(at)
    treated = build.arm(Site(motif, start))
    build.effect(treated)
    build.scrambled(scrambles)
    others = [build.arm(Site(kmer, start)) for kmer in matched(motif, place(kmers, "kmers", 0), rng=0)]
    if kmers and not others:
        raise InputError(
            f"`kmers={kmers}` with pattern {motif}: no k-mer of its length and GC content differs enough from it",
            "controls must have other letters", "Write kmers=0, or choose a longer pattern",
        )  # fmt: skip
    if others:
        build.contrast("beyond k-mers", {treated: 1.0} | dict.fromkeys(others, -1.0 / len(others)))
    if positive is not None:
        positive_motif = as_motif(positive)
        centered = start + (motif.width - positive_motif.width) // 2
        build.effect(build.arm(Site(positive_motif, centered)), name="positive")
    if place(flanks, "flanks", 0):
        flank_sites = _flanks(start, motif.width, flanks)
        with_pattern, alone = build.arm(*flank_sites, Site(motif, start)), build.arm(*flank_sites)
        build.contrast("junctions", {with_pattern: 1.0, alone: -1.0, treated: -1.0, NONE: 1.0})
    nothing = Motif("N" * motif.width, np.zeros((motif.width, 4)), axis=1)
    build.contrast("identity", {build.arm(Site(nothing, start)): 1.0, NONE: -1.0}, identity=IDENTITY)
    if isinstance(pattern, Motif) and not pattern.certain:
        drawn = Motif(f"{pattern.name} (drawn)", pattern.matrix, pattern.alphabet, axis=1)
        build.contrast("consensus gain", {treated: 1.0, build.arm(Site(drawn, start)): -1.0})
    return build.design("controls", f"Is the effect specific to {motif}?")


def _flanks(start: int, width: int, size: int) -> list[Site]:
    """Random bases, all equally likely, on both sides of a site; fewer on the left if the sequence begins there."""
    ends = {"left flank": (max(start - size, 0), start), "right flank": (start + width, start + width + size)}
    return [
        Site(Motif(name, np.full((end - first, 4), 0.25), axis=1), first)
        for name, (first, end) in ends.items()
        if end > first
    ]


ROWS = (
    Experiment(
        controls, phrases=(
            Finding(contrast="effect", subject="{arm}"),
            LEAD_SPECIFIC,
            Comparison(contrast="beyond k-mers", opening="Compared with other k-mers of the same GC content"),
            Finding(contrast="positive", subject="the positive control"),
            Comparison(contrast="junctions", opening="With the flanks resampled"),
            Comparison(contrast="consensus gain", opening="Its consensus compared with letters drawn from its matrix"),
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
