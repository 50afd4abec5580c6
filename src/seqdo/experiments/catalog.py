"""The experiments, one row each. A new experiment needs its file and one row here."""

from __future__ import annotations

from collections.abc import Mapping

from seqdo.designs.call import Call
from seqdo.designs.design import Design
from seqdo.errors import InputError
from seqdo.experiments.arrange import ROWS as SEVERAL_SITES
from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.controls import ROWS as CONTROLS
from seqdo.experiments.controls import controls
from seqdo.experiments.embed import ROWS as ONE_SITE
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.from_table import ROWS as FROM_TABLE
from seqdo.experiments.from_table import design_from_table
from seqdo.experiments.hairpin import ROWS as HAIRPINS
from seqdo.experiments.hairpin import compensatory, hairpin, hairpin_series
from seqdo.experiments.haplotypes import ROWS as HAPLOTYPES
from seqdo.experiments.haplotypes import haplotypes
from seqdo.experiments.mutagenesis import ROWS as MUTAGENESIS
from seqdo.experiments.mutagenesis import mutagenesis, pairwise_mutagenesis
from seqdo.experiments.occlusion import ROWS as OCCLUSION
from seqdo.experiments.occlusion import occlude, transplant
from seqdo.experiments.sequence_context import ROWS as CONTEXT
from seqdo.experiments.sequence_context import flanks, gc_context, gc_scan, swap
from seqdo.experiments.variants import ROWS as VARIANTS
from seqdo.experiments.variants import variants

__all__ = [
    "compensatory", "controls", "copies", "design_from_table", "embed", "flanks", "gc_context", "gc_scan", "hairpin",
    "hairpin_series", "haplotypes", "interaction", "kmers", "mutagenesis", "mutants", "occlude", "orientation",
    "pairwise_mutagenesis", "positions", "spacing", "swap", "transplant", "variants",
]  # fmt: skip


EXPERIMENTS: Mapping[str, Experiment] = {
    row.function.__name__: row
    for rows in (
        ONE_SITE, SEVERAL_SITES, CONTEXT, CONTROLS, MUTAGENESIS, OCCLUSION, VARIANTS, HAPLOTYPES, HAIRPINS, FROM_TABLE,
    )
    for row in rows
}  # fmt: skip
"""Name to experiment. Study files, reports and the names of the package come from these rows."""


def execute(call: Call) -> Design:
    """The design that a recorded call makes.

    Parameters
    ----------
    call : the function of an experiment, its arguments, and the methods of the design that were called afterwards

    Raises
    ------
    InputError
        The call names a function that is no experiment.

    Examples
    --------
    >>> from seqdo.experiments.embed import embed
    >>> execute(embed("GATTACA", at=20).origin).call
    'sd.embed("GATTACA", at=20)'
    """
    if call.function not in EXPERIMENTS:
        raise InputError(f"`call` has the function {call.function!r}", f"the experiments are {', '.join(EXPERIMENTS)}")
    design = EXPERIMENTS[call.function].function(**call.arguments)
    for method, argument in call.steps:
        design = getattr(design, method)(argument)
    return design
