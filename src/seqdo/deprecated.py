"""Names that have changed: each old name works for one release, with a warning that gives the new one."""

from __future__ import annotations

import warnings

DEPRECATED = {
    "Beside": "AssayComparison",
    "Measured": "AssayEffects",
    "beside": "compare_with_assay",
    "design": "design_from_table",
    "measured": "measured_effects",
}
"""Old name to new name, of what the package exports. An experiment keeps its old name in study files, too."""


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
