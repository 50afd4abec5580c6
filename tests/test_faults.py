"""The catalogue of faults: what a user does wrong, and what must come back (rows in faults/).

The whole table also runs under ``python -O`` (``python -O tests/test_faults.py``): no check may live in an assert.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import traceback
import warnings
from importlib.util import find_spec
from pathlib import Path

import pytest
from faults import backgrounds, designs, models, motifs, sequences, statistics

FAULTS = [row for part in (sequences, motifs, designs, backgrounds, models, statistics) for row in part.ROWS]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_fault(fault, tmp_path):
    if fault.needs:
        pytest.importorskip(fault.needs)
    fault.hold(tmp_path)


@pytest.mark.slow
def test_every_check_holds_under_python_O():
    done = subprocess.run(
        [sys.executable, "-O", __file__], capture_output=True, text=True, check=False, cwd=Path(__file__).parent
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_two_rows_have_one_name():
    names = [fault.id for fault in FAULTS]
    assert len(names) == len(set(names))


def failures() -> list[str]:
    """What fails, without pytest."""
    failed = []
    for fault in FAULTS:
        if not fault.needs or find_spec(fault.needs):
            with tempfile.TemporaryDirectory() as folder:
                try:
                    fault.hold(Path(folder))
                except Exception:
                    failed.append(f"{fault.id}\n{traceback.format_exc()}")
    return failed


if __name__ == "__main__":
    warnings.simplefilter("error")
    sys.exit("\n".join(failures()) or 0)
