"""The experiments, one row each. A new experiment needs its file and one row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from seqdo.designs.call import Call
from seqdo.designs.design import Design
from seqdo.errors import InputError
from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.controls import controls
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.experiments.from_table import design_from_table
from seqdo.experiments.hairpin import compensatory, hairpin, hairpin_series
from seqdo.experiments.mutagenesis import mutagenesis, pairwise_mutagenesis
from seqdo.experiments.occlusion import occlude, transplant
from seqdo.experiments.sequence_context import flanks, gc_context, gc_scan, swap
from seqdo.experiments.variants import variants

__all__ = [
    "compensatory", "controls", "copies", "design_from_table", "embed", "flanks", "gc_context", "gc_scan", "hairpin",
    "hairpin_series", "interaction", "kmers", "mutagenesis", "mutants", "occlude", "orientation",
    "pairwise_mutagenesis", "positions", "spacing", "swap", "transplant", "variants",
]  # fmt: skip


@dataclass(frozen=True)
class Experiment:
    """An experiment: its function, and the contrasts that answer its question.

    Attributes
    ----------
    function : the function that returns the design; its name is the name of the experiment everywhere
    main : names of the contrasts that answer the question, the most important first
        If empty: ``effect``, ``interaction``, and with more than two patterns the interaction of all of them.
    main_as_listed : whether the first contrasts of the design answer the question, whatever their names
    """

    function: Callable[..., Design]
    main: tuple[str, ...] = ()
    main_as_listed: bool = False


EXPERIMENTS: Mapping[str, Experiment] = {
    row.function.__name__: row
    for row in (
        Experiment(embed),
        Experiment(positions),
        Experiment(orientation, main=("effect", "asymmetry")),
        Experiment(mutants, main=("change",)),
        Experiment(kmers),
        Experiment(copies, main=("effect", "step")),
        Experiment(spacing, main=("effect", "interaction")),
        Experiment(interaction),
        Experiment(flanks, main=("relative",)),
        Experiment(swap, main=("effect", "swap")),
        Experiment(gc_context, main=("in context", "interaction")),
        Experiment(gc_scan, main=("interaction", "in context")),
        Experiment(controls),
        Experiment(mutagenesis, main=("substitution",)),
        Experiment(pairwise_mutagenesis, main=("interaction",)),
        Experiment(occlude, main=("on the treated", "beyond the sum", "swap")),
        Experiment(transplant),
        Experiment(variants),
        Experiment(hairpin, main=("effect", "structure")),
        Experiment(hairpin_series),
        Experiment(compensatory, main=("effect", "break")),
        Experiment(design_from_table, main_as_listed=True),
    )
}
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
