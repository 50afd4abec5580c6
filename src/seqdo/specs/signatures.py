"""Keys of a file from the signatures of functions: a parameter's name, its type in a file, and its default."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

PLAIN = (int, str, bool)
"""Types that a file holds as they are. Every other type needs its row in a table."""


def keys_of(function: Callable[..., Any], table: Mapping[Any, Any]) -> dict[str, tuple[Any, Any]]:
    """Parameter to its type in a file and its default (``...`` for none), as pydantic takes fields.

    A parameter of a type that no file can hold is left out where it has a default.

    Parameters
    ----------
    function : the function whose parameters the keys of a file are
    table : type in a signature to type in a file, for types that are not the same in both

    Raises
    ------
    TypeError
        A parameter without a default whose type is in no table: the function can't be named in a file.

    Examples
    --------
    >>> def scan(starts: Sequence[int], step: Literal[1, 2] = 1, model: Callable | None = None) -> None: ...
    >>> keys_of(scan, {})
    {'starts': (list[int], Ellipsis), 'step': (typing.Literal[1, 2], 1)}
    """
    hints, keys = get_type_hints(function), dict[str, tuple[Any, Any]]()
    for name, parameter in inspect.signature(function).parameters.items():
        required = parameter.default is parameter.empty
        try:
            keys[name] = (file_type(hints[name], table), ... if required else parameter.default)
        except TypeError:
            if required:
                raise
    return keys


def file_type(hint: Any, table: Mapping[Any, Any]) -> Any:  # noqa: ANN401 - types are values here
    """The type in a file of a parameter with this type: of the table, or built from the types it is made of."""
    if hint in table:
        return table[hint]
    if hint is None or hint is type(None) or hint in PLAIN or get_origin(hint) is Literal:
        return hint
    choices = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        members = [choice for choice in choices if choice is not type(None)]
        whole: Any = Union[tuple(members)]  # noqa: UP007 - made of a tuple
        kinds = [table[whole]] if whole in table else [file_type(member, table) for member in members]
        return Union[tuple(kinds + [None] * (len(members) < len(choices)))]  # noqa: UP007
    if get_origin(hint) is Sequence:
        return list[file_type(choices[0], table)]  # type: ignore[misc]
    raise TypeError(f"no file holds a parameter of the type {hint}")


def default_of(function: Callable[..., Any], name: str) -> Any:  # noqa: ANN401 - any parameter's
    """The default of a parameter, so that a key of the same meaning need not repeat it."""
    return inspect.signature(function).parameters[name].default
