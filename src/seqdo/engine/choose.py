"""The choice of the engine that evaluates a model, with the reason."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

from seqdo.engine.engine import BuildError, DisagreementError, Engine, UnsuitedError
from seqdo.engine.full import Full
from seqdo.errors import InputError, RunError
from seqdo.models.checks import probe_codes
from seqdo.models.model import Model
from seqdo.sequences.sequences import Sequences

WORTH = 1.2
"""A faster engine whose gain is below this is not worth its preparation."""


@dataclass(frozen=True)
class Choice:
    """An engine and the reason for it."""

    engine: Engine
    reason: str

    def explain(self) -> str:
        """The choice in a sentence, then what is computed and how, layer by layer."""
        return "\n".join(filter(None, [f"engine {self.engine.name}: {self.reason}", self.engine.explain()]))


def full(model: Model) -> Full:
    """The plain engine, which suits any model, with the user's batch or the largest that one of the members prefers."""
    networks = [member.network for member in model.members]
    return Full(model, max(network.limit.preferred(model.usual_batch(network.batch)) for network in networks))


def incremental(model: Model) -> Engine:
    """The engine that recomputes only what an edit can reach.

    Raises
    ------
    UnsuitedError
        A model that is not of PyTorch modules, or can't be traced, or predicts otherwise than its trace.
    BuildError
        The engine failed while it was built.
    """
    for member in model.members:
        if member.network.torch_module is None:
            raise UnsuitedError(f"{member.name} is not a PyTorch module, so its layers can't be read")
    from seqdo.engine.incremental.build import incremental

    return incremental(model)


ENGINES: dict[str, Callable[[Model], Engine]] = {"incremental": incremental, "full": full}
"""Name to what builds the engine, the fastest first: the one table to extend."""


def choose_engine(model: Model, name: str = "auto") -> Choice:
    """The engine for a model: the fastest that is exact for it, or the one that is named.

    Each engine is compared with the model before it is used. With "auto", an engine that disagrees with the model or
    fails is skipped with a warning that names the layer, and every sequence is predicted from end to end.

    Parameters
    ----------
    model : the model that a design will run on
    name : "auto", "incremental" or "full"

    Returns
    -------
    A Choice: ``engine``, ``reason``, and ``explain()`` for both in lines of text

    Raises
    ------
    InputError
        No engine has that name, or the engine is named and does not suit the model.
    RunError
        The engine is named and fails while it is built.

    Examples
    --------
    >>> from seqdo.models.planted import additive
    >>> print(choose_engine(additive({"GATTACA": 2.0}, length=60)).explain())
    engine full: additive is not a PyTorch module, so its layers can't be read
    every edited sequence is predicted from end to end, 512 sequences in one call
    """
    if not isinstance(model, Model):
        raise InputError(
            f"`model` is of type {type(model).__name__}", "a wrapped model is needed", "Write sd.wrap(model, ...)"
        )
    if name == "auto":
        return _fastest(model)
    if name not in ENGINES:
        raise InputError(f"`engine={name!r}`", f"one of auto, {', '.join(ENGINES)} is needed", 'Write engine="auto"')
    try:
        return Choice(ENGINES[name](model), "it was named in the call")
    except UnsuitedError as error:
        raise InputError(f"`engine={name!r}` for {model.name}", str(error), 'Write engine="auto"') from error
    except BuildError as error:
        raise RunError(f"`engine={name!r}` for {model.name}", str(error), 'Write engine="auto"') from error


def _fastest(model: Model) -> Choice:
    """The first engine of the table that suits the model, works, and gains enough."""
    reason = "only what an edit can reach is recomputed"
    for label, build in ENGINES.items():
        if build is full:
            break
        try:
            engine = build(model)
            if engine.gain >= WORTH:
                return Choice(engine, reason)
            reason = "an edit reaches nearly all numbers that the model computes"
        except UnsuitedError as error:
            reason = str(error)
            if isinstance(error, DisagreementError):
                _warn_of_full(reason)
        except Exception as error:  # a faster engine may break in many ways, and none of them may stop a run
            # A model that is itself broken, such as one in train mode, raises its own error here.
            model.predict(Sequences.from_codes(probe_codes(model.length, 2), model.alphabet))
            failure = str(error) if isinstance(error, BuildError) else f"{model.name}: {type(error).__name__}: {error}"
            reason = f"the {label} engine failed: {failure}"
            _warn_of_full(reason)
    return Choice(full(model), reason)


def _warn_of_full(reason: str) -> None:
    message = f"{reason}; every sequence is predicted whole instead"
    warnings.warn(message, stacklevel=4)  # the line that calls choose_engine, above _fastest and this function
