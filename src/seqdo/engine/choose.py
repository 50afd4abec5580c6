"""Which engine evaluates a model, and why."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from seqdo.engine.engine import DisagreementError, Engine, UnsuitedError
from seqdo.engine.full import Full
from seqdo.errors import InputError
from seqdo.models.model import Model

SMALL, LARGE = 128, 512
"""Sequences in one call of a network on a CPU, whose caches its layers should fit, and of anything else.

One ResidualBind on two cores takes 123, 107, 171 and 204 us for an evaluation in calls of 64, 128, 256 and 512, and an
ensemble of five 106, 95, 103 and 120 (medians of 11 alternating rounds).
"""


WORTH = 1.2
"""Gain below which nothing is gained."""


@dataclass(frozen=True)
class Choice:
    """An engine and the reason for it."""

    engine: Engine
    reason: str

    def explain(self) -> str:
        """The choice in a sentence, then what is computed how, layer by layer."""
        return "\n".join(filter(None, [f"engine {self.engine.name}: {self.reason}", self.engine.explain()]))


def full(model: Model) -> Full:
    """The plain engine, which any model has."""
    on_cpu = all(getattr(member.predict, "on_cpu", False) for member in model.members)
    return Full(model, SMALL if on_cpu else LARGE)


def incremental(model: Model) -> Engine:
    """The engine that recomputes what an edit can reach.

    Raises
    ------
    UnsuitedError
        A model that is not of PyTorch modules, or can't be traced, or answers otherwise than its trace.
    """
    if not all(hasattr(member.predict, "module") for member in model.members):
        raise UnsuitedError("only the layers of a PyTorch module can be seen; any other model is a function")
    from seqdo.engine.incremental.build import incremental

    return incremental(model)


ENGINES: dict[str, Callable[[Model], Engine]] = {"incremental": incremental, "full": full}
"""Name to what makes the engine, the fastest first: the one table to extend."""


def choose_engine(model: Model, name: str = "auto") -> Choice:
    """The engine for a model: the fastest that is exact for it, or the one named.

    An engine that answers otherwise than the model, which is tried before it is used, is passed over with a warning
    that names the layer.

    Raises
    ------
    InputError
        There is no engine of that name, or it is named and does not suit the model.

    Examples
    --------
    >>> from seqdo.models.planted import additive
    >>> print(choose_engine(additive({"GATTACA": 2.0}, length=60)).explain())
    engine full: only the layers of a PyTorch module can be seen; any other model is a function
    every edited sequence is predicted whole, in calls of 512
    """
    if name != "auto" and name not in ENGINES:
        raise InputError(f"engine={name!r}", f"one of auto, {', '.join(ENGINES)} is needed", 'Write engine="auto"')
    if name != "auto":
        try:
            return Choice(ENGINES[name](model), "asked for")
        except UnsuitedError as error:
            raise InputError(f"engine={name!r} for {model.name}", str(error), 'Write engine="auto"') from error
    passed: list[str] = []
    for make in ENGINES.values():
        try:
            engine = make(model)
            if engine.gain >= WORTH or make is full:
                return Choice(engine, passed[-1] if passed else "only what an edit can reach is computed again")
            passed.append("an edit reaches nearly all that is computed")
        except UnsuitedError as error:
            passed.append(str(error))
            if isinstance(error, DisagreementError):
                warnings.warn(f"{error}; every sequence is predicted whole instead", stacklevel=2)
    raise AssertionError("the last engine suits every model")
