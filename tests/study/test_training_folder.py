"""``seqdo train``: mistakes are named by file, line and key; the folder is whole or not there."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from training.planted import content, counts, write_csv

from seqdo import cli
from seqdo.errors import InputError, RunError
from seqdo.study import training_folder as module
from seqdo.study.training_folder import read_recipe, train_into
from seqdo.training import open_trained
from seqdo.training.data import READERS
from seqdo.training.recipe import Recipe
from seqdo.training.target import UNITS
from seqdo.training.weights import NETWORKS

CONFIGS = Path(__file__).parents[2] / "recipes/configs"


@pytest.fixture
def config(tmp_path) -> Path:
    folder = tmp_path / "with a space"
    folder.mkdir()
    write_csv(folder / "planted.csv", *counts(120))
    (folder / "recipe.yaml").write_text(yaml.safe_dump(content() | {"epochs": 2}))
    return folder / "recipe.yaml"


def seqdo(monkeypatch, capsys, *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of the command."""
    monkeypatch.setattr(sys, "argv", ["seqdo", *arguments])
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = int(end.code or 0)
    shown = capsys.readouterr()
    return code, shown.out, shown.err


def test_the_recipe_of_the_documentation_is_one_and_names_every_key():
    text = (CONFIGS.parents[1] / "docs/training.md").read_text(encoding="utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    found = Recipe.model_validate(yaml.safe_load(shown))
    assert Recipe.model_fields.keys() - found.model_fields_set == {"schema_version"}
    assert not [name for name in (*READERS, *NETWORKS, *UNITS) if f"`{name}`" not in text]


@pytest.mark.parametrize(
    ("part", "key", "words"),
    [("split", "tets", "test"), ("data", "mesured", "measured"), ("network", "lenght", "length")],
)
def test_a_misspelt_key_inside_a_recipe_is_told_which_there_are(part, key, words, config):
    content = yaml.safe_load(config.read_text())
    content[part][key] = 1
    config.write_text(yaml.safe_dump(content))
    with pytest.raises(InputError, match=f"'{key}'.*allowed are .*Did you mean {words}"):
        read_recipe(config)


def test_the_command_writes_a_folder_that_opens_and_can_be_rerun(config, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    code, said, errors = seqdo(monkeypatch, capsys, "train", str(config), "--out", str(out))
    assert code == 0, errors
    assert "Test of count: Pearson r" in said
    names = {path.name for path in out.iterdir()}
    weights = {"1.safetensors", "recipe.yaml", "reference.json", "SHA256SUMS"}
    assert names == weights | {"card.md", "curves.svg", "training.json"}
    assert open_trained(out).name == "planted"
    assert 'aria-label="Learning curves of planted"' in (out / "curves.svg").read_text()
    record = json.loads((out / "training.json").read_text())
    assert len(record["members"][0]["history"]) == 2
    assert set(record["versions"]) >= {"python", "torch", "seqdo"}
    code, _, errors = seqdo(monkeypatch, capsys, "train", str(config), "--out", str(out))
    assert (code, "it holds files" in errors) == (2, True)
    again = tmp_path / "again"
    arguments = ("train", str(out / "recipe.yaml"), "--data", str(config.parent), "--out", str(again))
    assert seqdo(monkeypatch, capsys, *arguments)[0] == 0
    first, second = (hashlib.sha256((each / "1.safetensors").read_bytes()).hexdigest() for each in (out, again))
    assert first == second


def test_epochs_can_be_fewer_for_a_trial(config, tmp_path, monkeypatch, capsys):
    out = tmp_path / "out"
    assert seqdo(monkeypatch, capsys, "train", str(config), "--out", str(out), "--epochs", "1")[0] == 0
    assert read_recipe(out / "recipe.yaml").epochs == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("epochs: 2 -> epoch: 2", ["line", "'epoch'", "Did you mean epochs"]),
        ("reader: csv -> reader: excel", ["line", "data", "excel"]),
        ("by: random -> by: chance", ["line", "split", "chance"]),
        ("measured: y -> measured: why", ["data.measured", "'why'", "letters, y"]),
        ("file: planted.csv -> file: none.csv", ["data.file", "none.csv", "--data"]),
        ("name: promoter -> name: promotor", ["network.name", "promotor", "residualbind"]),
        ("target: zscore -> target: rank", ["line", "target", "rank"]),
        ("test: 0.25 -> test: 0.95", ["leave nothing to train on"]),
        ("learning_rate: 0.01 -> learning_rate: true", ["line", "learning_rate"]),
        ("learning_rate: 0.01 -> strands: both\nalphabet: rna", ["alphabet", "second time"]),
        ("- 1 -> - 1\n- 1", ["seed is given twice"]),
        ("claim: How often -> claimed: How often", ["line", "'claimed'"]),
    ],
)
def test_a_mistake_in_a_recipe_is_named_and_leaves_nothing(change, words, config, tmp_path, monkeypatch, capsys):
    old, new = change.split(" -> ")
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new, 1))
    code, _, errors = seqdo(monkeypatch, capsys, "train", str(config), "--out", str(tmp_path / "out"))
    assert code == 2
    assert not [word for word in words if word not in errors], errors
    assert "Traceback" not in errors
    assert [path.name for path in tmp_path.iterdir()] == ["with a space"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), OSError(28, "No space left on device")])
def test_what_is_stopped_while_it_is_written_leaves_nothing(failure, config, tmp_path, monkeypatch):
    def broken(_: object) -> str:
        raise failure

    monkeypatch.setattr(module, "card", broken)
    kind = RunError if isinstance(failure, OSError) else KeyboardInterrupt
    with pytest.raises(kind):
        train_into(tmp_path / "out", read_recipe(config), config.parent)
    assert [path.name for path in tmp_path.iterdir()] == ["with a space"]


def test_a_folder_that_holds_something_is_refused_before_training(config, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "train", lambda *_: pytest.fail("training began"))
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(InputError, match="it holds files"):
        train_into(tmp_path / "out", read_recipe(config), config.parent)


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_recipe_of_the_project_is_read(path):
    recipe = read_recipe(path)
    assert recipe.source.endswith(".")
    assert path.stem in path.read_text().splitlines()[0]
