"""The public surface: what is exported, and that importing it brings no framework."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

import seqdo
from seqdo.deprecated import DEPRECATED
from seqdo.experiments import catalog


def imported(statement: str) -> set[str]:
    """Top-level modules after a statement in a fresh interpreter."""
    code = f"import sys\n{statement}\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_all_is_sorted_and_is_what_the_namespace_exposes():
    exposed = {name for name, value in vars(seqdo).items() if not name.startswith("_")}
    folders = {name for name in exposed if isinstance(getattr(seqdo, name), types.ModuleType)} - set(seqdo.__all__)
    assert exposed - folders == set(seqdo.__all__)
    assert seqdo.__all__[-len(catalog.__all__) :] == catalog.__all__
    assert len(set(seqdo.__all__)) == len(seqdo.__all__)
    for names in (seqdo.__all__[: -len(catalog.__all__)], catalog.__all__):
        assert names == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))


@pytest.mark.parametrize("old", DEPRECATED)
def test_an_old_name_works_for_one_release_and_its_warning_gives_the_new_one(old):
    with pytest.warns(DeprecationWarning, match=f"`{old}` is now called `{DEPRECATED[old]}`") as warned:
        assert getattr(seqdo, old) is getattr(seqdo, DEPRECATED[old])
    assert warned[0].filename == __file__
    assert old not in seqdo.__all__
    with pytest.raises(AttributeError, match="no attribute 'designs_'"):
        _ = seqdo.designs_


def test_the_version_is_that_of_the_installed_package_and_read_only_when_wanted():
    assert seqdo.__version__ == importlib.metadata.version("seqdo")
    assert re.match(r"\d+\.\d+", seqdo.__version__)
    assert "__version__" not in vars(seqdo)
    assert "__version__" not in seqdo.__all__


def test_importing_brings_no_framework():
    frameworks = {"torch", "tensorflow", "jax", "keras", "ray", "matplotlib", "numba"}
    assert not imported("import seqdo") & frameworks
    assert "torch" in imported("import seqdo, torch"), "the test can fail"


def test_every_name_that_a_message_or_docstring_tells_to_write_exists():
    """``sd.readouts.tasks`` would be refused by Python, and a user sent there is lost."""
    folder = Path(seqdo.__file__).parent
    nodes = [node for path in folder.rglob("*.py") for node in ast.walk(ast.parse(path.read_text("utf-8")))]
    texts = [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    named = {name for text in texts for name in re.findall(r"\bsd((?:\.[a-z_]+)+)", text)}
    assert {".wrap", ".readout.tasks"} <= named, "the test can fail"
    missing = [name for name in named if not _exists(name)]
    assert not missing


def _exists(dotted: str) -> bool:
    found: object = seqdo
    for part in dotted.strip(".").split("."):
        if not hasattr(found, part):
            return False
        found = getattr(found, part)
    return True
