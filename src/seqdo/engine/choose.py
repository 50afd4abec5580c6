"""The choice of the engine that evaluates a model, with the reason."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from numpy.typing import NDArray

from seqdo.engine.engine import BuildError, DisagreementError, Engine, UnsuitedError
from seqdo.engine.full import Full
from seqdo.errors import InputError, RunError
from seqdo.models.checks import probe_codes
from seqdo.models.model import Model
from seqdo.models.readout import in_words
from seqdo.models.reference_peak import WholeProfile
from seqdo.sequences.sequences import Sequences

WORTH = 1.2
"""A faster engine whose gain is below this is not worth its preparation."""

PREPARATION = 9e10
"""Multiplications of plain torch in the time that a faster engine takes to be traced, compiled and checked.

That is 3 seconds at 30 billion multiplications a second, as measured on two cores. The number is fixed: the choice must
not depend on how busy a machine is, since another engine rounds otherwise.
"""

CHECKED = 12
"""Whole predictions of each member while a faster engine is prepared: 2 for its state, and 10 to compare it with."""

DIFFER = "inputs differ between backgrounds"
SMALL = "the run is small: preparing a faster engine would take longer than it saves"


@dataclass(frozen=True)
class Choice:
    """An engine and the reason for it.

    Attributes
    ----------
    engine : evaluates the edits
    reason : why this engine
    automatic : is it a faster engine that was not chosen by name, so that the plain one may replace it?
    """

    engine: Engine
    reason: str
    automatic: bool = False

    def explain(self) -> str:
        """The choice in a sentence, then what is computed and how, layer by layer."""
        return "\n".join(filter(None, [f"engine {self.engine.name}: {self.reason}", self.engine.explain()]))


def full(model: Model) -> Full:
    """The plain engine, which suits any model, with the user's batch or the largest that one of the members prefers."""
    model = model.evaluated
    networks = [member.network for member in model.members]
    return Full(model, max(network.limit.preferred(model.usual_batch(network, network.batch)) for network in networks))


def incremental(model: Model) -> Engine:
    """The engine that recomputes only what an edit can reach.

    Raises
    ------
    UnsuitedError
        A model that is not of PyTorch modules, or can't be traced, or predicts otherwise than its trace.
    BuildError
        The engine failed while it was built.
    """
    model = model.evaluated
    for member in model.members:
        if member.network.torch_module is None:
            raise UnsuitedError(f"{member.name} is not a PyTorch module, so its layers can't be read")
    from seqdo.engine.incremental.build import incremental

    return incremental(model)


ENGINES: dict[str, Callable[[Model], Engine]] = {"incremental": incremental, "full": full}
"""Name to what builds the engine, the fastest first: the one table to extend."""


def choose_engine(model: Model, name: str | Choice = "auto", evaluations: int | None = None) -> Choice:
    """The engine for a model: the fastest that is exact for it, or the one that is named.

    Each engine is compared with the model before it is used. With "auto", an engine that disagrees with the model or
    fails is skipped with a warning that names the layer, and every sequence is predicted from end to end.

    Parameters
    ----------
    model : the model that a design will run on
    name : "auto", "incremental" or "full"; an earlier choice for the same model is returned as it is
    evaluations : edited sequences that each member will predict; None for many
        With "auto", a few are not worth the seconds that it takes to prepare a faster engine.

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
    if isinstance(name, Choice):
        return _same_model(name, model)
    if name == "auto":
        return Choice(full(model), SMALL) if _is_small(model, evaluations) else _fastest(model)
    if name not in ENGINES:
        raise InputError(f"`engine={name!r}`", f"one of auto, {', '.join(ENGINES)} is needed", 'Write engine="auto"')
    try:
        return Choice(ENGINES[name](model), "it was named in the call")
    except UnsuitedError as error:
        raise InputError(f"`engine={name!r}` for {model.name}", str(error), 'Write engine="auto"') from error
    except BuildError as error:
        raise RunError(f"`engine={name!r}` for {model.name}", str(error), 'Write engine="auto"') from error


def engine_of_rows(model: Model, name: str | Choice, rows: Mapping[str, NDArray[Any]]) -> Choice:
    """The plain engine, for further inputs that differ between backgrounds: a faster one keeps one row for all.

    Parameters
    ----------
    model, name : as for :func:`choose_engine`
    rows : name of an input to its rows (n, ...)

    Raises
    ------
    InputError
        Another engine is named.
    """
    label = name.engine.name if isinstance(name, Choice) else name
    if label != "full" and label in ENGINES:
        raise InputError(
            f"`engine={label!r}` together with `inputs`",
            "where inputs differ between backgrounds, the engine full predicts every sequence whole",
            'Leave engine out, or write engine="full"',
        )
    engine = choose_engine(model, "full" if label == "auto" else name).engine
    assert isinstance(engine, Full)  # noqa: S101 - no other engine has that name
    return Choice(replace(engine, inputs=rows), DIFFER)


def _same_model(choice: Choice, model: Model) -> Choice:
    """The choice, if it was made for the networks of this model."""
    theirs, own = ([member.network.source for member in chosen.members] for chosen in (choice.engine.model, model))
    if len(theirs) != len(own) or any(a is not b for a, b in zip(theirs, own, strict=True)):
        raise InputError(
            f"`engine` was chosen for {choice.engine.model.name}, not for {model.name}",
            "an engine evaluates the model that it was chosen for",
            "Write engine=sd.choose_engine(model), with the model of this run",
        )
    readouts = [[member.network.readout for member in chosen.members] for chosen in (choice.engine.model, model)]
    if any(WholeProfile in (type(a), type(b)) and a != b for a, b in zip(*readouts, strict=True)):
        raise InputError(
            f"`engine` was chosen for {model.name} with another readout",
            f"it reads {in_words(readouts[0][0]) or 'the whole output'}, and the model of this run "
            f"{in_words(readouts[1][0]) or 'the whole output'}",
            "Write engine=sd.choose_engine(model), with the model of this run",
        )
    return choice


def _is_small(model: Model, evaluations: int | None) -> bool:
    """Would plain predictions be done before a faster engine were ready?"""
    if evaluations is None:
        return False
    counted = [member.network.work(model.length) for member in model.members]
    multiplications = [work.multiplications if work else 0 for work in counted]
    return (evaluations - CHECKED) * sum(multiplications) < PREPARATION if all(multiplications) else False


def _fastest(model: Model) -> Choice:
    """The first engine of the table that suits the model, works, and gains enough."""
    reason = "only what an edit can reach is recomputed"
    for label, build in ENGINES.items():
        if build is full:
            break
        try:
            engine = build(model)
            if engine.gain >= WORTH:
                return Choice(engine, reason, automatic=True)
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
