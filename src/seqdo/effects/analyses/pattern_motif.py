"""The motif that the effects of many patterns add up to."""

from __future__ import annotations

import numpy as np

from seqdo.effects.estimates import Estimates
from seqdo.errors import InputError
from seqdo.motifs.alignment import aligned
from seqdo.motifs.motif import Motif

SIGNS = ("highest", "lowest", "largest")
"""Which estimates weigh."""


def motif_of(
    effects: Estimates, contrast: str = "effect", output: str | None = None, *, by: str = "largest",
    both_strands: bool = False,
) -> Motif:  # fmt: skip
    """The motif of a run over ``kmers`` or ``flanks``: letters of its patterns, counted with their effects as weights.

    k-mers are laid beside the one with the largest effect (:func:`seqdo.motifs.alignment.aligned`); the fillings of a
    pattern have its places already, and are counted as they stand.

    Parameters
    ----------
    contrast : whose estimates are the weights
    output : by default the first
    by : "highest", the estimates above 0; "lowest", those below; "largest", those of the sign of the largest
    both_strands : align the reverse complement of a k-mer where it matches better; not for RNA

    Raises
    ------
    InputError
        What is no effects, or of another experiment; another ``by`` or output; or none of the sign asked for.

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
            f"a motif of a {type(effects).__name__}", "effects of many patterns are needed, of kmers or flanks",
            "Write sd.motif_of(sd.estimate(outcomes))",
        )  # fmt: skip
    if by not in SIGNS:
        raise InputError(f"by={by!r}", f"one of {', '.join(SIGNS)} is needed")
    design = effects.outcomes.design
    if not {"kmer", "flank"} & design.factors.keys():
        raise InputError(
            f"a motif of {design.experiment}", "effects of many patterns are needed, of kmers or flanks",
            "Write sd.search(sd.kmers(6, at=20), model, background).motif()",
        )  # fmt: skip
    weights, motifs = list[float](), list[Motif]()
    names = effects.outcomes.y["output"].values.tolist()
    if output is not None and output not in names:
        raise InputError(f"output={output!r}", f"one of {', '.join(map(str, names))} is needed")
    for row, (place, number) in zip(effects.table["estimate"], effects.asked, strict=True):
        one = design.contrasts[place]
        if one.name == contrast and names[number] == (output or names[0]) and np.isfinite(row):
            (site,) = design.arms[max(one.weights, key=one.weights.__getitem__)].sites
            motifs += site.patterns
            weights.append(float(row))
    down = by == "lowest" or (by == "largest" and max(weights, key=abs, default=0.0) < 0)
    signed = np.maximum(0, np.array(weights) * (-1 if down else 1))
    if not signed.any():
        raise InputError(
            f"{len(weights)} estimates of {contrast!r} for {output or names[0]}",
            f"a motif is made of those {'below' if down else 'above'} 0, and there is none",
            "Name another contrast or output",
        )  # fmt: skip
    alphabet = effects.outcomes.backgrounds.alphabet
    if "kmer" in design.factors:
        return aligned(motifs, signed, alphabet=alphabet, both_strands=both_strands)
    counts = np.tensordot(signed, np.stack([motif.matrix for motif in motifs]), 1)
    return Motif.from_counts(f"motif of {motifs[int(signed.argmax())].text}", counts, alphabet=alphabet, axis=1)


def searched(effects: Estimates, output: str) -> Motif | None:
    """The motif of what a search among k-mers or flanks kept, by the contrast and the rank that chose it.

    Of k-mers that were asked about on both strands both are aligned.

    None of other effects, of motifs that have names of their own (which are not one motif's words), and where no
    estimate has the sign that was asked for.
    """
    search = effects.outcomes.provenance.search
    if search is None or effects.outcomes.design.experiment not in ("kmers", "flanks"):
        return None
    design = effects.outcomes.design
    letters = {motif.name: motif.text for arm in design.arms.values() for site in arm.sites for motif in site.patterns}
    if any(letters[str(level)] != str(level).upper().replace(".", "N") for level in design.factors.get("kmer", ())):
        return None
    both = design.stranded
    try:
        return motif_of(effects, search.contrast, output, by=search.by, both_strands=both)
    except InputError:
        return None
