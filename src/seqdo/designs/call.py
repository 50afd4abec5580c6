"""How a design was made: the public function and its arguments, as a record and as text that makes the design again."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import wraps
from numbers import Real
from os import PathLike
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd

from seqdo.deprecated import current_arguments
from seqdo.motifs.motif import Motif
from seqdo.sequences.alphabet import ALPHABETS
from seqdo.sequences.sequences import FileRead, Sequences, alphabet_of_letters

BRIEF = 2_000
"""Characters up to which sequences from a file are written out; longer ones are read from that file again."""

LONGEST = 20_000
"""Characters up to which any other argument is written out; a longer one is named by its parameter."""

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, eq=False)
class Call:
    """A public function and its arguments, with what was then changed of the design that it returned.

    Attributes
    ----------
    function : name of the function in the package, such as ``positions``
    arguments : parameter to value, for every argument that was passed, in the order of the signature
        Numbers, texts, lists, ranges, mappings, motifs and sequences; a table is a mapping of columns.
    leading : how many arguments at the front are written without their names
    steps : methods of the design that were called afterwards, each with its argument
    """

    function: str
    arguments: Mapping[str, Any]
    leading: int = 0
    steps: tuple[tuple[str, Any], ...] = field(default=())

    @property
    def text(self) -> str:
        """The call as Python, where ``sd`` is the package and long data go by the names in :attr:`data`.

        >>> Call("positions", {"pattern": "GATTACA", "at": range(0, 50, 5)}, leading=1).text
        'sd.positions("GATTACA", at=range(0, 50, 5))'
        """
        data = self.data
        values = [name if name in data else _spelled(value) for name, value in self.arguments.items()]
        written = values[: self.leading] + [
            f"{name}={value}" for name, value in list(zip(self.arguments, values, strict=True))[self.leading :]
        ]
        methods = [f".{method}({method if method in data else _spelled(value)})" for method, value in self.steps]
        return f"sd.{self.function}({', '.join(map(str, written))}){''.join(methods)}"

    @property
    def data(self) -> dict[str, Any]:
        """What the text does not write out: name in the text to value. Empty for most calls."""
        return {name: value for name, value in [*self.arguments.items(), *self.steps] if _spelled(value) is None}

    def then(self, method: str, argument: Any) -> Call:  # noqa: ANN401 - what the method takes
        """The call, followed by a method of the design."""
        return Call(self.function, self.arguments, self.leading, (*self.steps, (method, argument)))


def recorded(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function that returns a design record its call as the design's ``origin``.

    Iterators are read into lists before the call, because the function uses them up.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def with_origin(*args: P.args, **kwargs: P.kwargs) -> R:
        positional = [list(value) if isinstance(value, Iterator) else value for value in args]
        passed_by_name = current_arguments(function.__name__, kwargs)
        named = {name: list(value) if isinstance(value, Iterator) else value for name, value in passed_by_name.items()}
        design = function(*positional, **named)  # type: ignore[arg-type]
        passed = signature.bind(*positional, **named).arguments
        arguments = {name: plain(value) for name, value in passed.items()}
        origin = Call(function.__name__, arguments, _leading(signature, arguments))
        object.__setattr__(design, "origin", origin)  # the design is frozen, and no caller has it yet
        return design

    return with_origin


def plain(value: Any) -> Any:  # noqa: ANN401 - any argument of an experiment
    """An argument as a value that can be written and stored, and that the caller can't change later.

    Arrays become lists (an array of codes becomes Sequences), tables become mappings of columns, paths become texts.

    >>> plain((np.int64(3), np.array([1, 2])))
    [3, [1, 2]]
    """
    if isinstance(value, np.generic) or (isinstance(value, np.ndarray) and value.ndim == 0):
        return value.item()
    if value is None or isinstance(value, bool | str | int | float | range | Motif | Sequences):
        return value
    if isinstance(value, PathLike):
        return str(value)
    if isinstance(value, pd.DataFrame):
        return _columns(value)
    if isinstance(value, np.ndarray) and value.ndim == 2 and value.dtype.kind in "iu":
        return Sequences.from_codes(value)
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, Iterable):
        return [plain(item) for item in value]
    return float(value) if isinstance(value, Real) else value


def _columns(table: pd.DataFrame) -> dict[str, list[Any]] | pd.DataFrame:
    """A table as columns of plain cells, None where one is missing; a copy where cells or names are of other kinds."""
    cells = {
        name: [None if gone else plain(cell) for cell, gone in zip(column.tolist(), column.isna(), strict=True)]
        for name, column in table.items()
    }
    simple = all(isinstance(cell, bool | int | float | str | None) for column in cells.values() for cell in column)
    if not simple or len(cells) < table.shape[1] or not all(isinstance(name, str) for name in cells):
        return table.copy()
    return {str(name): column for name, column in cells.items()}


def _leading(signature: inspect.Signature, arguments: Mapping[str, Any]) -> int:
    """Arguments that are clear without their names: the first one, and the patterns or data that follow it."""
    count, order = 0, list(signature.parameters)
    for name, value in arguments.items():
        parameter = signature.parameters[name]
        # An argument that one form of a call leaves out, such as `second` of spacing, has the default None.
        required = parameter.default in (parameter.empty, None) and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        required = required and order[count] == name
        numbers = isinstance(value, int | range) or (isinstance(value, list) and all(isinstance(n, int) for n in value))
        if not required or (count and numbers):
            break
        count += 1
    return count


def _spelled(value: Any) -> str | None:  # noqa: ANN401 - any argument of a call
    """The value as Python; None if it has no such form, or one that is too long."""
    if isinstance(value, Sequences):
        return _sequences(value)
    text = _expression(value)
    return None if text is None or len(text) > LONGEST else text


def _expression(value: Any) -> str | None:  # noqa: ANN401 - any argument of a call
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, Motif):
        return _motif(value)
    if isinstance(value, Mapping):
        items = [(_expression(key), _expression(item)) for key, item in value.items()]
        whole = [f"{key}: {item}" for key, item in items if key is not None and item is not None]
        return f"{{{', '.join(whole)}}}" if len(whole) == len(items) else None
    if isinstance(value, list | tuple):
        return _list(list(value))
    if isinstance(value, float) and not math.isfinite(value):
        return f'float("{value}")'
    return repr(value) if value is None or isinstance(value, bool | int | float | range) else None


def _quoted(text: str) -> str:
    """The text in double quotes, as one line of printable characters."""
    shown = repr(text)
    return shown if shown[0] == '"' else '"' + shown[1:-1].replace('"', '\\"') + '"'


def _list(values: list[Any]) -> str | None:
    """A list; four or more whole numbers at even steps as a range."""
    if len(values) > 3 and all(type(value) is int for value in values):
        step = values[1] - values[0]
        evenly = range(values[0], values[-1] + 1, step) if step > 0 else ()
        if list(evenly) == values:
            return repr(range(values[0], values[-1] + step, step))
    items = [_expression(value) for value in values]
    written = [item for item in items if item is not None]
    return f"[{', '.join(written)}]" if len(written) == len(items) else None


def _motif(motif: Motif) -> str:
    """A motif: from its letters where they make the same matrix, otherwise with its probabilities."""
    same = Motif.from_string(motif.text, motif.name)
    alphabet = "" if motif.alphabet is None else f", sd.{motif.alphabet.name.upper()}"
    if same.alphabet == motif.alphabet and np.array_equal(same.matrix, motif.matrix):
        name = "" if motif.name == motif.text else f", {_quoted(motif.name)}"
        return f"sd.Motif.from_string({_quoted(motif.text)}{name})"
    return f"sd.Motif({_quoted(motif.name)}, {motif.matrix.tolist()!r}{alphabet}, axis=1)"


def _sequences(sequences: Sequences) -> str | None:
    """Sequences by their letters if they are few, else by their file if they have one; None for other long ones."""
    file = sequences.file
    most = LONGEST if file is None else BRIEF
    text = _letters(sequences) if sequences.lengths.sum() <= most else None
    if text is not None and len(text) <= most:
        return text
    return None if file is None else _read(file)


def _letters(sequences: Sequences) -> str | None:
    texts = sequences.to_strings()
    alphabet = "" if sequences.alphabet is None else f", sd.{sequences.alphabet.name.upper()}"
    padded = sequences.codes.shape[1] > int(sequences.lengths.max())
    if padded or (
        sequences.alphabet is None and alphabet_of_letters(texts) is not None
    ):  # letters would say less, or more
        return None if sequences.names else f"sd.Sequences.from_codes({sequences.codes.tolist()!r}{alphabet})"
    options = "" if alphabet_of_letters(texts) == sequences.alphabet else alphabet
    options += f", names={_expression(list(sequences.names))}" if sequences.names else ""
    return f"sd.Sequences.from_strings({_expression(texts)}{options})"


def _read(file: FileRead) -> str:
    options = [
        f", {name}=" + (f"sd.{value.upper()}" if name == "alphabet" and value in ALPHABETS else str(_expression(value)))
        for name, value in file.options.items()
    ]  # fmt: skip
    return f"sd.{file.function}({_quoted(file.path)}{''.join(options)})"
