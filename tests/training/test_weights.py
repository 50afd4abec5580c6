"""A trained folder opens as the same model, and is refused if any file changed."""

from __future__ import annotations

import shutil
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from training.planted import counts, recipe, write_csv

import seqdo as sd
from seqdo.errors import InputError
from seqdo.training import open_trained
from seqdo.training.recipe import Network
from seqdo.training.train import train
from seqdo.training.weights import NETWORKS, build, write_weights


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> tuple[Path, np.ndarray, np.ndarray]:
    """A folder with two members, codes, and the predictions of the networks before they were written."""
    folder = tmp_path_factory.mktemp("written")
    write_csv(folder / "planted.csv", *counts(120))
    trained = train(recipe(epochs=2, seeds=[1, 2]), folder)
    out = folder / "out"
    out.mkdir()
    write_weights(out, trained.nets, trained.recipe, trained.reference)
    codes = np.random.default_rng(2).integers(0, 4, (30, 40)).astype(np.uint8)
    x = torch.nn.functional.one_hot(torch.from_numpy(codes).long(), 4).transpose(1, 2).float()
    with torch.no_grad():
        predictions = np.stack([net(x).numpy() for net in trained.nets])
    return out, codes, predictions


def test_a_folder_opens_as_the_model_that_was_trained(written):
    out, codes, predictions = written
    model = open_trained(out)
    assert np.allclose(model.predict(sd.Sequences.from_codes(codes, sd.DNA)), predictions, atol=1e-6)
    assert (model.name, model.outputs, len(model.members)) == ("planted", ("count",), 2)
    assert model.reference.n == 30  # a quarter of 120
    outcomes = sd.run(sd.embed("GAT", at=18), model, sd.backgrounds.uniform(40), n=8, rng=0)
    assert dict(outcomes.y.sizes) == {"model": 2, "background": 8, "arm": 2, "output": 1}


@pytest.mark.parametrize("name", ["1.safetensors", "2.safetensors", "reference.json", "recipe.yaml"])
def test_one_changed_byte_is_refused(name, written, tmp_path):
    copy = shutil.copytree(written[0], tmp_path / "copy")
    content = bytearray((copy / name).read_bytes())
    content[-5] ^= 1  # the lowest bit of a weight changes no prediction visibly
    (copy / name).write_bytes(content)
    with pytest.raises(InputError, match=rf"{name} changed after it was written"):
        open_trained(copy)


@pytest.mark.parametrize("name", ["1.safetensors", "reference.json", "recipe.yaml", "SHA256SUMS"])
def test_a_missing_file_is_refused(name, written, tmp_path):
    copy = shutil.copytree(written[0], tmp_path / "copy")
    (copy / name).unlink()
    with pytest.raises(InputError, match=rf"(?s)no trained model.*{name}"):
        open_trained(copy)


def test_a_list_of_checksums_without_a_file_is_refused(written, tmp_path):
    copy = shutil.copytree(written[0], tmp_path / "copy")
    sums = (copy / "SHA256SUMS").read_text().splitlines(keepends=True)
    (copy / "SHA256SUMS").write_text("".join(line for line in sums if "2.safetensors" not in line))
    with pytest.raises(InputError, match=r"2\.safetensors"):
        open_trained(copy)


def test_members_in_another_order_are_refused_by_their_predictions(written, tmp_path):
    """Updated checksums do not hide that the members give other predictions."""
    copy = shutil.copytree(written[0], tmp_path / "copy")
    for number, other in (("1", "2"), ("2", "1")):
        shutil.copy(written[0] / f"{number}.safetensors", copy / f"{other}.safetensors")
    text = (copy / "SHA256SUMS").read_text()
    swapped = text.replace("1.safetensors", "x").replace("2.safetensors", "1.safetensors").replace("x", "2.safetensors")
    (copy / "SHA256SUMS").write_text(swapped)
    with pytest.raises(InputError, match=r"off the stored values.*Train again"):
        open_trained(copy)


def test_a_folder_without_a_trained_model_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no trained model.*seqdo train"):
        open_trained(tmp_path)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        ({"name": "promotor", "length": 40, "output": "y"}, "promotor.*residualbind, promoter, peaks"),
        ({"name": "peaks", "arguments": {"filtres": 8}, "length": 400, "output": "y"}, "filtres.*filters"),
        ({"name": "residualbind", "length": 60, "output": "y"}, "residualbind with .* length 60"),
        ({"name": "promoter", "arguments": {"filters": -1}, "length": 110, "output": "y"}, "filters"),
    ],
)
def test_a_network_that_cannot_be_built_is_refused_by_name(network, message):
    with pytest.raises(InputError, match=message):
        build(Network.model_validate(network))


def test_without_torch_the_error_states_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(InputError, match=r"seqdo\[torch\]"):
        build(recipe().network)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_of_the_table_can_be_built_and_predicts_one_output(name):
    length = {"residualbind": 41, "promoter": 110, "peaks": 400}[name]
    assert not build(Network(name=name, length=length, output="y")).training


def test_files_of_different_trainings_are_refused_without_a_traceback(written, tmp_path):
    """The checksums were updated after a file was truncated."""
    folder = tmp_path / "cut"
    shutil.copytree(written[0], folder)
    cut = folder / "1.safetensors"
    cut.write_bytes(cut.read_bytes()[:-40])
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    names = [line.split()[1] for line in lines]
    sums = [f"{sha256((folder / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (folder / "SHA256SUMS").write_text("".join(sums))
    with pytest.raises(InputError, match=r"have to be of one training.*Train again"):
        open_trained(folder)
