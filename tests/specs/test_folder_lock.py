"""One run at a time in a folder, between real processes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from seqdo.errors import InputError
from seqdo.specs.folder_lock import locked
from seqdo.specs.result_folder import claimed

HOLD = """
import sys, time
from pathlib import Path
from seqdo.specs.result_folder import claimed
with claimed(Path(sys.argv[1]), overwrite=False):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that writes to a folder."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "held\n"
        yield child
        child.kill()


def test_a_second_run_is_refused_with_the_process_and_the_time_of_the_first(tmp_path, holder):
    year = time.strftime("%Y-")
    with pytest.raises(InputError, match=rf"`--out` .*out: another run.*process {holder.pid} on .*since {year}"):  # noqa: SIM117
        with claimed(tmp_path / "out", overwrite=True):
            pytest.fail("it was let in")
    assert not (tmp_path / "out").exists()
    with claimed(tmp_path / "other", overwrite=False):
        pass


def test_another_spelling_of_the_same_folder_is_the_same_folder(tmp_path, holder):
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputError, match="another run"), locked(tmp_path / "sub" / ".." / "out"):
        pytest.fail("it was let in")


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_the_lock_of_a_killed_process_is_free_and_its_file_is_taken_over(tmp_path, holder, end):
    holder.send_signal(end)
    holder.wait()
    assert (tmp_path / ".out.lock").exists(), "a process that is killed cleans nothing up"
    with claimed(tmp_path / "out", overwrite=False):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_lock_is_free_after_an_error_and_leaves_no_file(tmp_path):
    for _ in range(2):
        with pytest.raises(ZeroDivisionError), claimed(tmp_path / "out", overwrite=False):
            raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks_is_said_once_and_the_run_goes_on(tmp_path, monkeypatch):
    def none(_: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr("seqdo.specs.folder_lock._lock", none)
    with pytest.warns(UserWarning, match="can't be locked") as warned, locked(tmp_path / "out"):
        pass
    assert len(warned) == 1
    assert list(tmp_path.iterdir()) == []


def test_many_processes_that_start_at_once_let_one_in_at_a_time(tmp_path):
    """Each writes its number twice; a second one in between would split a pair."""
    code = f"""
import sys, time
from pathlib import Path
from seqdo.errors import InputError
from seqdo.specs.folder_lock import locked
log = Path({str(tmp_path / "log")!r})
ends, done = time.time() + 30, 0
while done < 20 and time.time() < ends:
    try:
        with locked(Path({str(tmp_path / "out")!r})):
            with log.open("a") as file:
                print(sys.argv[1], file=file, flush=True)
                print(sys.argv[1], file=file, flush=True)
            done += 1
    except InputError:
        time.sleep(0.001)
"""
    children = [subprocess.Popen([sys.executable, "-c", code, str(number)]) for number in range(3)]
    assert [child.wait() for child in children] == [0, 0, 0]
    lines = (tmp_path / "log").read_text().split()
    assert len(lines) == 3 * 20 * 2
    assert lines[::2] == lines[1::2]
