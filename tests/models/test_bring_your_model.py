"""Every Python block of "Bring your model" runs by itself, in a process of its own, without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "bring_your_model.md"
PARTS = re.split(r"^## ", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
SECTIONS = [part for part in PARTS if "```python" in part and not part.startswith("Frameworks\n")]
"""The sections whose code needs PyTorch alone; ``test_frameworks_page.py`` runs the others."""


@pytest.mark.parametrize("section", SECTIONS, ids=[part.splitlines()[0] for part in SECTIONS])
def test_the_code_of_a_section_runs(section, tmp_path):
    for code in re.findall(r"^```python\n(.*?)^```", section, re.DOTALL | re.MULTILINE):
        for needed in re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE):
            pytest.importorskip(needed)
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.strip()
