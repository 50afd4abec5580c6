"""An experiment, and what is known of it: the row that its file hands to the catalog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from seqdo.designs.design import Design
from seqdo.experiments.phrases import Phrase


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
    phrases: tuple[Phrase, ...] = ()
