"""Names that have changed: each old name works for one release, with a warning that gives the new one."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

DEPRECATED = {
    "Beside": "AssayComparison",
    "Measured": "AssayEffects",
    "beside": "compare_with_assay",
    "design": "design_from_table",
    "measured": "measured_effects",
}
"""Old name to new name, of what the package exports. An experiment keeps its old name in study files, too."""

ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "copies": {"slots": "at"},
    "gc_context": {"left": "left_at", "right": "right_at"},
    "gc_scan": {"starts": "patch_at"},
    "kmers": {"strands": "strand"},
    "positions": {"starts": "at"},
    "spacing": {"orientations": "strand"},
}
"""Experiment to the old names of its arguments, and the new ones. ``at`` is where something begins, and ``strand`` the
strand on which it is written, in every experiment. Old names work in study files, too."""

VALUES: Mapping[tuple[str, Any], Any] = {("strands", "one"): "+"}
"""Old name and value of an argument to the value that means the same under the new name."""


def renamed_arguments(function: str, names: Mapping[str, Any]) -> dict[str, str]:
    """Old name to new name, of the arguments in ``names`` whose new name is not among them.

    Parameters
    ----------
    function : name of the experiment
    names : the arguments that were passed
    """
    renamed = ARGUMENTS.get(function, {})
    return {old: new for old, new in renamed.items() if old in names and new not in names}


def current_arguments(
    function: str, arguments: Mapping[str, Any], *, quiet: bool = False, stacklevel: int = 3
) -> dict[str, Any]:
    """The arguments of an experiment under the names that they have now; old ones are warned of.

    Parameters
    ----------
    function : name of the experiment
    arguments : name to value
    quiet : whether the arguments were recorded under the old names, and need no warning
    stacklevel : of the warning; by default it points at the caller of the function that asks
    """
    renamed = renamed_arguments(function, arguments)
    for old, new in renamed.items() if not quiet else ():
        message = f"`{old}` of `{function}` is now called `{new}`: write `{new}`"
        warnings.warn(message, DeprecationWarning, stacklevel=stacklevel)
    return {
        renamed.get(name, name): VALUES.get((name, value), value)
        if isinstance(value, str) and name in renamed
        else value
        for name, value in arguments.items()
    }


def current_name(name: str, *, stacklevel: int = 3) -> str:
    """The name as it is now; an old one is warned of.

    Parameters
    ----------
    name : a name that the package exports or exported
    stacklevel : of the warning; by default it points at the caller of the function that asks
    """
    if name in DEPRECATED:
        new = DEPRECATED[name]
        warnings.warn(f"`{name}` is now called `{new}`: write `{new}`", DeprecationWarning, stacklevel=stacklevel)
    return DEPRECATED.get(name, name)
