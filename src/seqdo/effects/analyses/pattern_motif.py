"""The motif of many patterns, weighted by their effects."""

from __future__ import annotations

import numpy as np

from seqdo.effects.estimates import Estimates
from seqdo.errors import InputError
from seqdo.motifs.alignment import aligned
from seqdo.motifs.motif import Motif

SIGNS = ("highest", "lowest", "largest")
"""Which estimates are the weights: those above 0, those below 0, or those with the sign of the largest."""


def motif_of(
    effects: Estimates, contrast: str = "effect", output: str | None = None, *, by: str = "largest",
    both_strands: bool = False,
) -> Motif:  # fmt: skip
    """Motif of a run over ``kmers`` or ``flanks``: the letters of its patterns, weighted by their effects.

    Each k-mer is aligned with the k-mer that has the largest effect (:func:`seqdo.motifs.alignment.aligned`). The
    fillings of a pattern are aligned already.

    Parameters
    ----------
    effects : effects of :func:`seqdo.kmers` or :func:`seqdo.flanks`; the rows that the table has now are used
    contrast : name of the contrast whose estimates are the weights
    output : name of an output; by default the first
    by : "highest" (estimates above 0), "lowest" (below 0), or "largest" (those with the sign of the largest)
    both_strands : whether the reverse complement of a k-mer is aligned where it matches better; not for RNA

    Raises
    ------
    InputError
        The effects are those of another experiment, ``by`` or ``output`` is another name, or no estimate has the sign.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"GAT": 2.0, "GAC": 1.0}, length=40)
    >>> outcomes = sd.run(sd.flanks("G..", at=20), model, sd.backgrounds.uniform(40), n=300, rng=0)
    >>> site = motif_of(sd.estimate(outcomes), "relative")
    >>> site.text, bool(site.matrix[2, 3] > site.matrix[2, 1])
    ('GAT', True)
    """
    if not isinstance(effects, Estimates):
        raise InputError(
            f"`effects` is of type {type(effects).__name__}", "effects of kmers or flanks are needed",
            "Write sd.motif_of(sd.estimate(outcomes))",
        )  # fmt: skip
    if by not in SIGNS:
        raise InputError(f"`by={by!r}`", f"one of {', '.join(SIGNS)} is needed", 'Write by="largest"')
    design = effects.outcomes.design
    if not {"kmer", "flank"} & design.factors.keys():
        raise InputError(
            f"`effects` of {design.experiment}", "effects of kmers or flanks are needed",
            "Write sd.search(sd.kmers(6, at=20), model, background).motif()",
        )  # fmt: skip
    weights, motifs = list[float](), list[Motif]()
    names = effects.outcomes.y["output"].values.tolist()
    if output is not None and output not in names:
        raise InputError(f"`output={output!r}`", f"one of {', '.join(map(str, names))} is needed")
    for estimate, (place, number) in zip(effects.table["estimate"], effects.row_places, strict=True):
        row = design.contrasts[place]
        if row.name == contrast and names[number] == (output or names[0]) and np.isfinite(estimate):
            (site,) = design.arms[max(row.weights, key=row.weights.__getitem__)].sites
            motifs += site.patterns
            weights.append(float(estimate))
    down = by == "lowest" or (by == "largest" and max(weights, key=abs, default=0.0) < 0)
    signed = np.maximum(0, np.array(weights) * (-1 if down else 1))
    if not signed.any():
        side = "below" if down else "above"
        raise InputError(
            f"`contrast={contrast!r}` has {len(weights)} estimates for {output or names[0]}, and none is {side} 0",
            f"a motif needs estimates {side} 0", "Choose another contrast, output or by",
        )  # fmt: skip
    alphabet = effects.outcomes.backgrounds.alphabet
    if "kmer" in design.factors:
        return aligned(motifs, signed, alphabet=alphabet, both_strands=both_strands)
    counts = np.tensordot(signed, np.stack([motif.matrix for motif in motifs]), 1)
    return Motif.from_counts(f"motif of {motifs[int(signed.argmax())].text}", counts, alphabet=alphabet, axis=1)


def searched(effects: Estimates, output: str) -> Motif | None:
    """Motif of the k-mers or flanks that a search kept, by the contrast and the rank of the search.

    k-mers of both strands are aligned on both strands. There is no motif for other effects, for motifs with names of
    their own, and where no estimate has the sign.

    Parameters
    ----------
    effects : effects of any run
    output : name of an output
    """
    search = effects.outcomes.provenance.search
    if search is None or effects.outcomes.design.experiment not in ("kmers", "flanks"):
        return None
    design = effects.outcomes.design
    letters = {motif.name: motif.text for arm in design.arms.values() for site in arm.sites for motif in site.patterns}
    if any(letters[str(level)] != str(level).upper().replace(".", "N") for level in design.factors.get("kmer", ())):
        return None
    try:
        return motif_of(effects, search.contrast, output, by=search.by, both_strands=design.stranded)
    except InputError:
        return None
