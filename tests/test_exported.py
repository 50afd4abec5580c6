"""The public surface: what is exported, and that importing it brings no framework."""

from __future__ import annotations

import subprocess
import sys
import types

import seqdo


def imported(statement: str) -> set[str]:
    """Top-level modules after a statement in a fresh interpreter."""
    code = f"import sys\n{statement}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_all_is_sorted_and_is_what_the_namespace_exposes():
    exposed = {name for name, value in vars(seqdo).items() if not name.startswith("_")}
    folders = {name for name in exposed if isinstance(getattr(seqdo, name), types.ModuleType)} - set(seqdo.__all__)
    assert exposed - folders == set(seqdo.__all__)
    assert list(seqdo.__all__) == sorted(
        seqdo.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name)
    )


def test_importing_brings_no_framework():
    frameworks = {"torch", "tensorflow", "jax", "keras", "ray", "matplotlib", "numba"}
    assert not imported("import seqdo") & frameworks
    assert "torch" in imported("import seqdo, torch"), "the test can fail"
