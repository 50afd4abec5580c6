"""Keys from signatures: types as a file has them, defaults, and parameters that no file holds."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from typing import Literal

import pytest

from seqdo.backgrounds.catalog import BACKGROUNDS
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.specs import arguments, background_keys
from seqdo.specs.keys import Number, Searched
from seqdo.specs.signatures import default_of, file_type, keys_of


def scan(
    starts: Sequence[int], width: int | None = None, kind: Literal["a", "b"] | None = "a", *,
    scale: float | None = None, either: int | Iterable[int] = 3, rule: Callable[[int], int] | None = None,
) -> None:  # fmt: skip
    """Has parameters of several types."""


def test_keys_are_the_parameters_with_their_types_in_a_file_and_their_defaults():
    assert keys_of(scan, arguments.TYPES) == {
        "starts": (list[int], ...),
        "width": (int | None, None),
        "kind": (Literal["a", "b"] | None, "a"),
        "scale": (Number | None, None),
        "either": (int | list[int] | arguments.Range, 3),
    }


def test_a_required_parameter_that_no_file_holds_is_an_error_with_its_type():
    def custom(function: Callable[[int], int]) -> None:
        """Needs a function."""

    with pytest.raises(TypeError, match=r"no file holds a parameter of the type .*Callable"):
        keys_of(custom, {})
    with pytest.raises(TypeError, match="complex"):
        file_type(int | complex, {})


def left_out(rows, table):
    """Function and parameter, of parameters that are no keys."""
    return {
        (name, parameter)
        for name, row in rows.items()
        for parameter in set(inspect.signature(row.function).parameters) - set(keys_of(row.function, table))
    }


def test_no_parameter_is_left_out_but_those_of_functions_and_arrays():
    assert left_out(EXPERIMENTS, arguments.TYPES) == set()
    kinds = {name: row for name, row in BACKGROUNDS.items() if name != "custom"}
    assert left_out(kinds, background_keys.TYPES) == {
        ("profile", "weights"), ("natural", "scores"), ("natural", "quantile"),
    }  # fmt: skip
    assert set(background_keys.KINDS) == set(kinds) | {"reference"}


def test_a_default_is_that_of_the_function():
    assert default_of(scan, "either") == 3
    assert (Searched().keep, Searched().screen, Searched().by) == (10, 100, "largest")
