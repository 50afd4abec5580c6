"""``remote``: a slow or remote predictor, called no faster than allowed, again after failures, and once a sequence."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError, RunError, SeqdoError
from seqdo.models.prediction_cache import PredictionCache
from seqdo.sequences.alphabet import DNA, Alphabet
from seqdo.sequences.file_path import file_path

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
"""Seconds before the first repetition of a failed call, and the most. Each wait is twice the one before."""

MISTAKES = (TypeError, NameError, AttributeError, ImportError, NotImplementedError)
"""Errors of a function that would come again: such a call is not repeated."""

Values = NDArray[np.float64]


@dataclass(eq=False)
class Remote:
    """A function of letters that is slow, costs money, or may fail; made by :func:`remote`, accepted by ``sd.wrap``.

    Attributes
    ----------
    function : from a sequence, or a list of them, to numbers
    name : how messages refer to it, and to whom a cache belongs
    pause : seconds from the start of a call to the start of the next
    retries : how often a failed call is repeated
    per_call : sequences in a call; None for a function of one sequence
    alphabet : DNA or RNA, the letters that the function receives
    cache : predictions that were received already
    calls : number of calls so far
    """

    function: Callable[[Any], Any]
    name: str
    pause: float
    retries: int
    per_call: int | None
    alphabet: Alphabet
    cache: PredictionCache
    calls: int = 0
    _next: float = 0.0
    _lock: Lock = field(default_factory=Lock, repr=False)

    def __call__(self, letters: Sequence[str]) -> Values:
        """Numbers (n, outputs) for sequences as text; a sequence that was predicted before is not sent again.

        Parameters
        ----------
        letters : the sequences

        Raises
        ------
        RunError
            A call that failed and was repeated in vain. What was received before is kept.
        InputError
            Numbers of another shape than one row for each sequence.
        """
        with self._lock:
            missing = [text for text in dict.fromkeys(letters) if self.cache.get(text) is None]
            size = self.per_call or 1
            for start in range(0, len(missing), size):
                some = missing[start : start + size]
                self.cache.put(some, self._rows(some, self._call(some)))
            return np.stack([self.cache[text] for text in letters])

    def _call(self, letters: list[str]) -> Any:  # noqa: ANN401 - a function may return anything
        """The function's output for some sequences, after as many repetitions as it needs."""
        for attempt in range(self.retries + 1):
            self._wait_for_turn()
            try:
                return self.function(letters if self.per_call else letters[0])
            except (SeqdoError, *MISTAKES) as error:
                raise self._failure(letters, error, 1) from error
            except Exception as error:  # a client may raise anything where a connection fails
                if attempt == self.retries:
                    raise self._failure(letters, error, attempt + 1) from error
                time.sleep(min(FIRST_WAIT * 2**attempt, LONGEST_WAIT))
        raise AssertionError  # the last attempt returns or raises

    def _wait_for_turn(self) -> None:
        if (early := self._next - time.monotonic()) > 0:
            time.sleep(early)
        self._next = time.monotonic() + self.pause
        self.calls += 1

    def _failure(self, letters: list[str], error: Exception, attempts: int) -> RunError:
        shown = letters[0] if len(letters[0]) <= 40 else f"{letters[0][:40]}… ({len(letters[0])} positions)"
        return RunError(
            f"`{self.name}` failed on {shown}" + (f" after {attempts} calls" if attempts > 1 else ""),
            f"{type(error).__name__}: {error}",
            self.cache.how_to_go_on(),
        )

    def _rows(self, letters: list[str], output: Any) -> Values:  # noqa: ANN401
        """Numbers (n, outputs), all of them finite, so that no failure is kept as a prediction."""
        try:
            values = np.asarray(output.detach().cpu() if hasattr(output, "detach") else output, np.float64)
            rows = values.reshape(len(letters), -1)
        except (TypeError, ValueError) as error:
            raise self._wrong(letters, f"returned a {type(output).__name__}") from error
        if not rows.size or values.ndim > (2 if self.per_call else 1) or (self.per_call and len(values) != len(rows)):
            raise self._wrong(letters, f"returned the shape {values.shape} for {len(letters)} sequences")
        if not np.isfinite(rows).all():
            raise self._wrong(letters, "returned a number that is not finite")
        return rows

    def _wrong(self, letters: list[str], problem: str) -> InputError:
        return InputError(
            f"`{self.name}` {problem}",
            f"{len(letters)} rows of numbers are needed"
            if self.per_call
            else "a number or a list of numbers is needed",
            "Return float(...) of what matters for one sequence, or write per_call= for a function of many sequences",
        )


def remote(
    function: Callable[[Any], Any],
    *,
    per_minute: float | None = None,
    cache: str | os.PathLike[str] | None = None,
    retries: int = 3,
    per_call: int | None = None,
    alphabet: Alphabet = DNA,
    name: str | None = None,
) -> Remote:
    """A slow or remote predictor, ready for ``sd.wrap``: a rate limit, repetitions, and a cache on disk.

    Each sequence is sent once. Predictions that were received are kept, so an interrupted run goes on where it stopped.

    Parameters
    ----------
    function : receives one sequence as text, such as "GATTACA", and returns a number or a list of numbers
        With ``per_call`` it receives a list of sequences and returns one row for each.
    per_minute : the most calls in a minute; None for no limit
    cache : folder that keeps predictions for later runs; None keeps them in memory
        A folder belongs to one ``name``. Take another folder, or another name, for a function that changed.
    retries : how often a failed call is repeated, after 1, 2, 4, ... seconds
    per_call : sequences in a call of a function of many sequences; None for a function of one sequence
    alphabet : sd.DNA or sd.RNA, whose letters the function receives (T or U)
    name : how messages refer to the function, and to whom the cache belongs; by default the function's name

    Raises
    ------
    InputError
        A function that can't be called, a number out of range, a folder that belongs to another function.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.wrap(sd.remote(lambda text: text.count("G"), per_minute=6e6), alphabet=sd.DNA, length=7)
    >>> model.predict(sd.Sequences.from_strings(["GATTAGA"])).tolist()
    [[[2.0]]]
    """
    if not callable(function):
        raise InputError(
            f"`function` is of type {type(function).__name__}",
            "a function from one sequence to numbers is needed",
            "Write sd.remote(lambda sequence: client.predict_sequence(sequence).mean(), ...)",
        )
    if per_minute is not None and not 0 < per_minute < np.inf:
        raise InputError(f"`per_minute={per_minute}`", "a positive number of calls is needed", "Write per_minute=60")
    for argument, value, least in (("retries", retries, 0), ("per_call", per_call, 1)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < least):
            raise InputError(f"`{argument}={value!r}`", f"a whole number of at least {least} is needed")
    label = name or getattr(function, "__name__", type(function).__name__).replace("<lambda>", "lambda")
    store = (
        PredictionCache.in_memory() if cache is None else PredictionCache.in_folder(file_path(cache, "cache"), label)
    )
    return Remote(function, label, 60 / per_minute if per_minute else 0.0, retries, per_call, alphabet, store)
