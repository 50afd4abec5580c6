"""The experiments by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.context import flanks, gc_context, gc_scan, swap
from seqdo.experiments.controls import controls
from seqdo.designs.design import Design
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.experiments.natural.mutagenesis import mutagenesis, pairwise_mutagenesis
from seqdo.experiments.natural.occlusion import occlude, transplant
from seqdo.experiments.natural.variants import variants
from seqdo.experiments.structure.hairpin import compensatory, hairpin, hairpin_series
from seqdo.experiments.table import design

EXPERIMENTS: Mapping[str, Callable[..., Design]] = {
    function.__name__: function
    for function in (
        embed, positions, orientation, mutants, kmers, copies, spacing, interaction, flanks, swap, gc_context, gc_scan,
        controls, mutagenesis, pairwise_mutagenesis, occlude, transplant, variants,
        hairpin, hairpin_series, compensatory,
        design,
    )
}  # fmt: skip
"""Name to experiment: the one table to extend. Specs and reports read it."""
