"""Further inputs of a study: files with a row for each background, refused by a plan as by a run."""

from __future__ import annotations

import re
import sys

import numpy as np
import pytest
import yaml
from typer.testing import CliRunner

import seqdo as sd
from seqdo.cli import app
from seqdo.errors import InputError

L = 30
CODE = """\
import seqdo as sd
def network():
    def counts(x, dose, control):
        return x[:, 2].sum(1) * dose[:, 0] + control.sum((1, 2))
    return counts
def module():
    import torch
    class Counts(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.last = torch.nn.Conv1d(4, 1, 1, bias=False)
            with torch.no_grad():
                self.last.weight[:] = torch.tensor([0.0, 0, 1, 0])[:, None]
        def forward(self, x, dose, control):
            return self.last(x).sum(2) * dose + control.sum((1, 2))[:, None]
    return Counts().eval()
def make():
    return sd.wrap(network(), alphabet=sd.DNA, length=30, outputs=["y"], inputs={"dose": (1,), "control": (2, 3)})
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "my_dosed.py").write_text(CODE, encoding="utf-8")
    yield tmp_path
    sys.modules.pop("my_dosed", None)


MODEL = {"python": "my_dosed.network", "alphabet": "dna", "length": L, "outputs": ["y"],
         "inputs": {"dose": [1], "control": [2, 3]}}  # fmt: skip


def rows(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {"dose": rng.integers(1, 9, (n, 1)), "control": rng.integers(0, 5, (n, 2, 3))}


def written(folder, arrays: dict[str, np.ndarray]) -> dict[str, str]:
    np.save(folder / "control.npy", arrays["control"])
    lines = ["dose in nM", *(str(value) for value in arrays["dose"][:, 0])]
    (folder / "dose.csv").write_text("\n".join(lines) + "\n")
    return {"dose": "dose.csv", "control": "control.npy"}


def called(folder, command: str, *options: str, **keys) -> tuple[int, str]:
    design = {"experiment": "embed", "pattern": "GGG", "at": 10}
    study = {"model": MODEL, "background": {"kind": "uniform"}, "n": 40, "seed": 3, "designs": [design], **keys}
    (folder / "study.yaml").write_text(yaml.safe_dump(study))
    more = ["--trust", "--out", str(folder / "out")] if command == "run" else []
    result = CliRunner().invoke(app, [command, str(folder / "study.yaml"), *more, *options])
    if result.exception and not isinstance(result.exception, InputError | SystemExit):
        raise result.exception
    return result.exit_code, str(result.exception or result.output)


def outcomes_of(folder) -> sd.Outcomes:
    return sd.Outcomes.load(next((folder / "out" / "outcomes").iterdir()))


def expected(sequences: sd.Sequences, inputs: dict[str, np.ndarray]) -> list[float]:
    letters = sequences.to_strings()
    return [
        text.count("G") * dose + control.sum()
        for text, dose, control in zip(letters, inputs["dose"][:, 0], inputs["control"], strict=True)
    ]


@pytest.mark.parametrize("place", ["study", "design"])
@pytest.mark.parametrize("python", ["my_dosed.network", "my_dosed.make", "my_dosed.module"])
def test_each_background_has_the_row_of_the_files(folder, place, python, seed):
    inputs, files = rows(40, seed), written(folder, rows(40, seed))
    design = {"experiment": "embed", "pattern": "GGG", "at": 10}
    keys = {"inputs": files} if place == "study" else {"designs": [design | {"inputs": files}]}
    model = {"python": python} if python.endswith("make") else MODEL | {"python": python}
    keys |= {"model": model, "background": {"kind": "uniform", "length": L}}
    for command in ("plan", "run"):
        code, output = called(folder, command, **keys)
        assert code == 0, output
    outcomes = outcomes_of(folder)
    assert outcomes.y.sel(arm="none", output="y")[0].values.tolist() == expected(outcomes.backgrounds, inputs)
    edited = outcomes.edited("GGG@10")
    assert outcomes.y.sel(arm="GGG@10", output="y")[0].values.tolist() == expected(edited, inputs)
    assert outcomes.provenance["inputs"]["dose"]["shape"] == [40, 1]


def test_a_search_reads_rows_for_both_parts(folder, seed):
    inputs = rows(60, seed)
    design = {"experiment": "positions", "pattern": "GGG", "at": [3, 9, 15], "search": {"keep": 1, "screen": 20}}
    for command in ("plan", "run"):
        code, output = called(folder, command, inputs=written(folder, inputs), designs=[design])
        assert code == 0, output
    outcomes = outcomes_of(folder)
    reporting = {name: array[20:] for name, array in inputs.items()}
    assert outcomes.y.sel(arm="none", output="y")[0].values.tolist() == expected(outcomes.backgrounds, reporting)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"inputs": {"dose": "few.npy"}}, r"`inputs\['dose'\]` has shape \(39, 1\) for n: 40"),
        ({"inputs": {"doses": "dose.csv"}}, r"`inputs` has 'doses'"),
        ({"inputs": {"control": "flat.npy"}}, r"shape \(40, 6\).*a row has the shape \(2, 3\)"),
        ({"inputs": {"dose": "missing.npy"}}, "there is no such file"),
        ({"inputs": {"dose": "notes.txt"}}, r"\.npy or \.npz file, or"),
        ({"inputs": {"dose": "names.csv"}}, "text in the column 'cell'"),
        ({"inputs": {"dose": "pickled.npy"}}, "can't be read"),
        ({"inputs": {"dose": "broken.npy"}}, "can't be read"),
        ({"inputs": {"dose": "several.npz"}}, "has the arrays a, b"),
        ({"inputs": {"dose": "nan.npy"}}, "NaN"),
        ({"inputs": {"dose": "dose.csv"}, "extra": 5}, r"shape \(40, 1\) for n: 40 and extra: 5"),
        ({"inputs": {"dose": "dose.csv"}, "real": "real.fa"}, "`?real`? together with"),
        ({"inputs": {"dose": "dose.csv"}, "model": {"planted": {"GATA": 1.0}, "length": L}}, "no further inputs"),
        ({"inputs": {}}, "inputs"),
        ({"inputs": {"dose": 3}}, "text is needed"),
    ],
)  # fmt: skip
def test_a_plan_refuses_what_a_run_refuses(folder, keys, message, seed):
    written(folder, rows(40, seed))
    np.save(folder / "few.npy", np.ones((39, 1)))
    np.save(folder / "flat.npy", np.ones((40, 6)))
    np.save(folder / "nan.npy", np.full((40, 1), np.nan))
    np.save(folder / "pickled.npy", np.array([{}] * 40), allow_pickle=True)
    np.savez(folder / "several.npz", a=np.ones((40, 1)), b=np.ones((40, 1)))
    (folder / "broken.npy").write_bytes(b"\x93NUMPY")
    (folder / "notes.txt").write_text("1\n")
    (folder / "names.csv").write_text("cell,dose\n" + "K562,1\n" * 40)
    (folder / "real.fa").write_text("".join(f">s{i}\n{'ACGT' * 7}AC\n" for i in range(100)))
    planned, ran = (called(folder, command, **keys)[1] for command in ("plan", "run"))
    assert planned.replace("`my_dosed.network`", "`counts`") == ran  # a plan runs no code, and names the function
    assert re.search(rf"(?s)study\.yaml, line \d+.*{message}", planned), planned
    assert not re.search(r"\bsd\.|\w=\S|\bTrue\b|\bNone\b|range\(", planned), planned
    assert not (folder / "out").exists()


@pytest.mark.parametrize(
    ("name", "text"), [("dose.tsv", "1\t2\n3\t4\n"), ("dose.csv", "1,2\n3,4\n"), ("dose.csv", "a,b\n1,2\n3,4\n")]
)
def test_a_table_has_a_header_or_none(tmp_path, name, text):
    from seqdo.study.input_files import open_inputs

    (tmp_path / name).write_text(text)
    assert open_inputs({"dose": name}, tmp_path)["dose"].tolist() == [[1, 2], [3, 4]]


def test_an_archive_has_the_array_of_the_name_or_one(tmp_path):
    from seqdo.study.input_files import open_inputs

    np.savez(tmp_path / "both.npz", dose=np.ones((2, 1)), control=np.zeros((2, 3)))
    np.savez(tmp_path / "one.npz", whatever=np.full((2, 1), 5))
    arrays = open_inputs({"dose": "both.npz", "control": "both.npz", "other": "one.npz"}, tmp_path)
    assert {name: array.shape for name, array in arrays.items()} == {"dose": (2, 1), "control": (2, 3), "other": (2, 1)}
    assert arrays["other"].sum() == 10


def test_the_row_of_a_model_may_be_a_file(folder, seed):
    """The same outcomes as with that row for each background."""
    row = rows(1, seed)
    np.save(folder / "row.npy", row["control"])
    (folder / "row.csv").write_text(f"{row['dose'][0, 0]}\n")
    model = MODEL | {"inputs": {"dose": "row.csv", "control": "row.npy"}}
    for command in ("plan", "run"):
        code, output = called(folder, command, model=model)
        assert code == 0, output
    outcomes = outcomes_of(folder)
    repeated = {name: np.repeat(array, 40, axis=0) for name, array in row.items()}
    assert outcomes.y.sel(arm="none", output="y")[0].values.tolist() == expected(outcomes.backgrounds, repeated)


@pytest.mark.parametrize(
    ("value", "message"),
    [("none.npy", "there is no such file"), ("two.npy", r"shape \(2, 1\)"), ("word.txt", r"\.npy"), (3, "needed")],
)
def test_a_model_s_row_that_does_not_fit_is_refused(folder, value, message):
    np.save(folder / "two.npy", np.ones((2, 1)))
    (folder / "word.txt").write_text("1")
    model = MODEL | {"inputs": {"dose": value, "control": [2, 3]}}
    planned, ran = (called(folder, command, model=model)[1] for command in ("plan", "run"))
    assert planned == ran
    assert re.search(rf"(?s)study\.yaml, line \d+, .*inputs.*{message}", planned), planned


@pytest.mark.parametrize(
    ("inputs", "fix"),
    [
        ({"dose": [2], "control": [3]}, r"control of shape \(1, 3\)\S* Write inputs: \{control: \[1, 3\]\}"),
        ({"dose": [1]}, r"needs control .*Write inputs: \{control: row.npy\}"),
    ],
)
def test_a_row_that_the_network_refuses_is_named_as_the_study_writes_it(folder, inputs, fix):
    error = called(folder, "run", model=MODEL | {"inputs": inputs})[1]
    assert re.search(rf"study\.yaml, line \d+, model.*{fix}", error), error


def test_the_line_is_that_of_the_inputs(folder, seed):
    files = written(folder, rows(39, seed))
    error = called(folder, "plan", inputs=files)[1]
    line = (folder / "study.yaml").read_text().splitlines()[int(re.search(r"line (\d+)", error)[1]) - 1]
    assert line.startswith("inputs:")


def test_the_cost_counts_no_pilot_where_inputs_differ(folder, seed):
    """Without rows 1,000 pilot backgrounds are predicted for the margin; with rows the run's own serve."""
    files = written(folder, rows(40, seed))
    assert "1,000 for the margin" in called(folder, "plan")[1]
    assert "for the margin" not in called(folder, "plan", inputs=files)[1]
    written(folder, rows(300, seed))
    output = called(folder, "plan", inputs=files, n=300, until={"half_width": 0.1})[1]
    assert "300 for the margin" in output
