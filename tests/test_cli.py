"""The command line: exit codes, messages without tracebacks, nothing half-written."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from specs.test_spec import GOOD


def seqdo(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """The command as a user's shell runs it."""
    return subprocess.run(
        [sys.executable, "-m", "seqdo", *arguments], capture_output=True, text=True, cwd=cwd, check=False
    )


@pytest.fixture
def good(tmp_path: Path) -> Path:
    folder = tmp_path / "with a space"
    folder.mkdir()
    (folder / "study.yaml").write_text(GOOD, encoding="utf-8")
    return folder


def test_a_study_runs_from_another_folder_and_says_where_the_report_is(good, tmp_path):
    done = seqdo("run", str(good / "study.yaml"), "--out", "results", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert str((tmp_path / "results" / "report.html").resolve()) in done.stdout
    assert "GATTACA" in done.stdout
    assert "present" in done.stdout
    assert "nan" not in done.stdout.lower()
    again = seqdo("run", str(good / "study.yaml"), "--out", "results", cwd=tmp_path)
    assert again.returncode == 2
    assert "--overwrite" in again.stderr
    assert seqdo("run", str(good / "study.yaml"), "--out", "results", "--overwrite", cwd=tmp_path).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run"], 2, ["Missing argument"]),
        (["run", "nope.yaml"], 2, ["nope.yaml"]),
        (["runn"], 2, ["runn"]),
        (["run", "--bogus"], 2, ["bogus"]),
        (["models", "residualbind"], 2, ["residualbind-rncmpt00002"]),
        (["plan"], 2, ["study.yaml"]),
        (["demo", "--seed", "-1"], 2, ["seed"]),
    ],
)
def test_mistakes_exit_with_2_and_a_message(arguments, code, words, tmp_path):
    done = seqdo(*arguments, cwd=tmp_path)
    assert done.returncode == code
    assert not [word for word in words if word not in done.stderr], done.stderr
    assert "Traceback" not in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_pattern_that_does_not_fit_leaves_nothing_behind(good, tmp_path):
    (good / "study.yaml").write_text(GOOD.replace("at: 20", "at: 57"), encoding="utf-8")
    done = seqdo("run", str(good / "study.yaml"), "--out", str(tmp_path / "out"), cwd=tmp_path)
    assert done.returncode == 2
    assert "GATTACA at 57" in done.stderr
    assert "53" in done.stderr  # 60 letters, 7 of them the pattern
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", [[], ["demo"], ["run"], ["plan"], ["schema"], ["models"], ["backgrounds"]])
def test_help_has_an_example(command, tmp_path):
    done = seqdo(*command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert "Example: seqdo" in done.stdout


def test_lists_and_version(tmp_path):
    assert "residualbind-rncmpt00002" in seqdo("models", cwd=tmp_path).stdout
    assert "Pearson" in seqdo("models", "residualbind-rncmpt00002", cwd=tmp_path).stdout
    assert "shuffled" in seqdo("backgrounds", cwd=tmp_path).stdout
    assert seqdo("--version", cwd=tmp_path).stdout.startswith("seqdo ")


def test_plan_costs_nothing_and_schema_prints_the_schema(good):
    done = seqdo("plan", "study.yaml", cwd=good)
    assert done.returncode == 0
    assert "1,128 forward passes" in done.stdout  # 2 arms on 64 backgrounds, and 1,000 for the margin
    assert '"designs"' in seqdo("schema", cwd=good).stdout
    assert seqdo("plan", "--schema", cwd=good).stdout == seqdo("schema", cwd=good).stdout
    assert "--schema" not in seqdo("plan", "--help", cwd=good).stdout


def test_strict_exits_with_3_when_backgrounds_are_unfit(good, tmp_path):
    (good / "biased.py").write_text(
        "import seqdo as sd\n"
        "def make():\n"
        "    real = sd.Sequences.from_strings(['GC' * 30, 'CG' * 30] * 50)\n"
        "    counts = lambda x: x[:, 0, :20].sum(1)\n"
        "    model = sd.wrap(counts, alphabet=sd.DNA, length=60, outputs=['y'])\n"
        "    reference = sd.Reference.measure(real, model.predict(real).mean(0), outputs=['y'], source='GC repeats')\n"
        "    return sd.wrap(counts, alphabet=sd.DNA, length=60, outputs=['y'], reference=reference)\n",
        encoding="utf-8",
    )
    (good / "study.yaml").write_text(
        GOOD.replace("model: {planted: {GATTACA: 2.0}, length: 60}", "model: {python: 'biased:make'}"), encoding="utf-8"
    )
    done = seqdo("run", "study.yaml", "--out", "out", "--trust", "--strict", cwd=good)
    assert done.returncode == 3, done.stderr  # uniform backgrounds against repeats of GC: k-mers differ without overlap
    assert (good / "out" / "report.html").is_file()
    assert seqdo("run", "study.yaml", "--out", "out2", cwd=good).returncode == 2  # not trusted


def test_ctrl_c_exits_with_130_and_leaves_nothing(good, tmp_path):
    """The model itself says, by a file, when the run is under way."""
    (good / "slow.py").write_text(
        "import pathlib, time\nimport seqdo as sd\n"
        "def ask(x):\n"
        "    if len(x) > 8:  # more than the probe\n"
        "        pathlib.Path(__file__).with_name('began').touch()\n"
        "        time.sleep(60)\n"
        "    return x[:, 0].sum(1)\n"
        "def make():\n    return sd.wrap(ask, alphabet=sd.DNA, length=60)\n",
        encoding="utf-8",
    )
    (good / "study.yaml").write_text(
        GOOD.replace("{planted: {GATTACA: 2.0}, length: 60}", "{python: 'slow:make'}"), encoding="utf-8"
    )
    command = [sys.executable, "-m", "seqdo", "run", str(good / "study.yaml"), "--out", "out", "--trust"]

    def listen() -> None:
        """A shell lets the jobs in its background ignore Ctrl-C, and the tests may be such a job."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path, preexec_fn=listen) as child:
        while child.poll() is None and not (good / "began").exists():
            time.sleep(0.05)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=60)
    assert (child.returncode, said) == (130, "seqdo: stopped; nothing was written\n")
    assert [path.name for path in tmp_path.iterdir()] == [good.name]


SLOW = (
    "import pathlib, time\nimport seqdo as sd\n"
    "def predict(x):\n"
    "    if len(x) > 8:  # more than the probe\n"
    "        pathlib.Path(__file__).with_name('began').touch()\n"
    "        while not pathlib.Path(__file__).with_name('go').exists():\n"
    "            time.sleep(0.05)\n"
    "    return x[:, 0].sum(1)\n"
    "def make():\n    return sd.wrap(predict, alphabet=sd.DNA, length=60)\n"
)
"""A model that waits, while it predicts, until a file says that it may go on."""


def test_a_second_run_into_one_folder_is_refused_at_its_start_and_the_first_ends_well(good):
    (good / "slow.py").write_text(SLOW, encoding="utf-8")
    (good / "study.yaml").write_text(
        GOOD.replace("{planted: {GATTACA: 2.0}, length: 60}", "{python: slow.make}"), encoding="utf-8"
    )
    arguments = ["run", "study.yaml", "--trust", "--out", "out"]
    command = [sys.executable, "-m", "seqdo", *arguments]
    for ends in ("killed", "well"):
        with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=good) as first:
            while first.poll() is None and not (good / "began").exists():
                time.sleep(0.05)
            second = seqdo(*arguments, cwd=good)
            assert second.returncode == 2
            assert f"`--out` out: another run is writing to it (process {first.pid} on " in second.stderr
            assert not (good / "out").exists()
            (good / "began").unlink()
            if ends == "killed":
                first.kill()
            else:
                (good / "go").touch()
            first.communicate(timeout=60)
        assert (first.returncode == 0) == (ends == "well")
    assert (good / "out" / "report.html").is_file()
    assert not list(good.glob(".out*")), "neither the lock nor half of a folder is left"


def test_help_of_run_names_trust_before_the_other_options(good):
    text = " ".join(seqdo("run", "--help", cwd=good).stdout.split())
    assert text.index("only with --trust") < text.index("--trust Run") < text.index("--out <path>")
