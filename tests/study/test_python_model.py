"""A study whose model is a function of the user: what it may be, and every way in which it can be wrong."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import seqdo as sd
from seqdo.cli import app
from seqdo.errors import InputError
from seqdo.specs.model_keys import PythonModel
from seqdo.study.open_model import open_model
from seqdo.study.plan import planned

STUDY = """\
model: %s
background: {kind: uniform, length: 40}
n: 32
designs:
  - {experiment: embed, pattern: GATTACA, at: 10}
"""

CALLABLE = """\
import numpy as np
import seqdo as sd
def network(scale=1.0):
    return lambda x: scale * x[:, 2].sum(1)
def make(scale=1.0):
    return sd.wrap(network(scale), alphabet=sd.DNA, length=40, outputs=["G"])
def needs(channels, *, depth=2):
    return network()
def fails():
    {}["missing key"]
def leaves():
    raise SystemExit("bye")
def nothing():
    network()
def number():
    return 3
constant = 3
"""

TORCH = """\
import torch
import seqdo as sd
class Net(torch.nn.Module):
    def __init__(self, channels=2):
        super().__init__()
        self.conv = torch.nn.Conv1d(4, channels, 3)
        self.drop = torch.nn.Dropout(0.5)
        self.out = torch.nn.Linear(channels, 1)
    def forward(self, x):
        return self.out(self.drop(self.conv(x).mean(2)))
def wrapped(channels=2):
    return sd.wrap(Net(channels).eval(), alphabet=sd.DNA, length=40, outputs=["y"])
def reads(weights):
    from safetensors.torch import load_file
    net = Net()
    net.load_state_dict(load_file(weights))
    return sd.wrap(net.eval(), alphabet=sd.DNA, length=40)
"""


@pytest.fixture
def folder(tmp_path):
    """A study's folder with a module of functions and a module of networks."""
    (tmp_path / "my_models.py").write_text(CALLABLE, encoding="utf-8")
    (tmp_path / "my_nets.py").write_text(TORCH, encoding="utf-8")
    yield tmp_path
    for name in ("my_models", "my_nets"):
        sys.modules.pop(name, None)


def run(folder: Path, model: str, *options: str) -> tuple[int, str]:
    """Exit code of the study with this model, and its error."""
    (folder / "study.yaml").write_text(STUDY % model, encoding="utf-8")
    result = CliRunner().invoke(app, ["run", str(folder / "study.yaml"), "--out", str(folder / "out"), *options])
    if result.exception and not isinstance(result.exception, InputError | SystemExit):
        raise result.exception
    return result.exit_code, str(result.exception or "")


def opened(folder: Path, **keys: object) -> sd.Model:
    return open_model(PythonModel(**keys), folder, trust=True)


@pytest.mark.parametrize("name", ["my_models.make", "my_models:make"])
def test_a_function_is_named_with_a_dot_or_a_colon(folder, name):
    assert opened(folder, python=name).outputs == ("G",)


def test_arguments_are_passed_to_the_function(folder):
    sequences = sd.Sequences.from_strings(["G" * 40])
    values = [opened(folder, python="my_models.make", arguments={"scale": s}).predict(sequences).item() for s in (1, 3)]
    assert values == [40, 120]  # 40 G, each counts as much as the scale


def test_a_network_that_is_not_wrapped_gets_the_keys_of_the_study(folder):
    keys = {"alphabet": "rna", "length": 20, "outputs": ["guanines"], "pad": "left"}
    model = opened(folder, python="my_models.network", **keys)
    assert (model.alphabet, model.length, model.outputs, model.pad) == (sd.RNA, 20, ("guanines",), "left")


def test_a_module_next_to_the_study_is_read_anew_in_each_folder(folder, tmp_path):
    """Two studies of one process may each have a my_models.py."""
    assert opened(folder, python="my_models.make").length == 40
    other = tmp_path / "other"
    other.mkdir()
    (other / "my_models.py").write_text(CALLABLE.replace("length=40", "length=30"), encoding="utf-8")
    assert opened(other, python="my_models.make").length == 30
    assert opened(folder, python="my_models.make").length == 40


def test_without_trust_no_code_runs_and_the_error_is_the_command_to_write(folder):
    (folder / "my_models.py").write_text("raise SystemExit('it was imported')", encoding="utf-8")
    code, error = run(folder, "{python: my_models.make}", "--strict")
    assert code
    study, out = folder / "study.yaml", folder / "out"
    assert f"{study}, line 1, model.python: `python` my_models.make: this model is code" in error
    assert error.endswith(f"run: seqdo run {study} --out {out} --strict --trust")
    assert not out.exists()


def saved(folder: Path, name: str = "w.safetensors", **changes: tuple[int, ...] | None) -> dict[str, np.ndarray]:
    """Weights of Net in a file; a change is another shape of a weight, or None to leave it out."""
    torch = pytest.importorskip("torch")
    shapes = {"conv.weight": (2, 4, 3), "conv.bias": (2,), "out.weight": (1, 2), "out.bias": (1,)} | changes
    rng = np.random.default_rng(5)
    arrays = {key: rng.normal(size=shape).astype(np.float32) for key, shape in shapes.items() if shape is not None}
    tensors = {key: torch.from_numpy(array) for key, array in arrays.items()}
    if name.endswith(".safetensors"):
        from safetensors.torch import save_file

        save_file(tensors, folder / name)
    else:
        torch.save(tensors, folder / name)
    return arrays


def by_hand(arrays: dict[str, np.ndarray], text: str) -> float:
    """The prediction of Net, computed in numpy: the mean over positions of a convolution, and a linear layer."""
    one_hot = np.eye(4)[["ACGT".index(letter) for letter in text]].T
    windows = np.stack([one_hot[:, start : start + 3] for start in range(len(text) - 2)])
    hidden = np.einsum("pcw,kcw->pk", windows, arrays["conv.weight"]).mean(0) + arrays["conv.bias"]
    return float((arrays["out.weight"] @ hidden + arrays["out.bias"])[0])


@pytest.mark.parametrize(
    ("function", "file"),
    [
        ("my_nets.Net", "w.safetensors"), ("my_nets.Net", "w.pt"), ("my_nets.wrapped", "w.safetensors"),
        ("my_nets.wrapped", "w.pth"), ("my_nets.reads", "w.safetensors"),
    ],
)  # fmt: skip
def test_weights_go_into_the_network_however_the_function_returns_it(folder, function, file):
    arrays, text = saved(folder, file), "GATTACAGGT" * 4
    declared = {"alphabet": "dna", "length": 40} if function == "my_nets.Net" else {}
    model = opened(folder, python=function, weights=file, **declared)
    assert model.predict(sd.Sequences.from_strings([text])).item() == pytest.approx(by_hand(arrays, text), abs=1e-5)
    assert model.members[0].sha256 == model.members[0].network.weights_sha256()


def test_several_files_are_the_members_of_an_ensemble(folder):
    saved(folder, "a.safetensors")
    saved(folder, "b.safetensors", **{"conv.bias": (2,)})
    with pytest.raises(InputError, match="same"):  # the same weights twice are no ensemble
        opened(folder, python="my_nets.wrapped", weights=["a.safetensors", "b.safetensors"])
    from safetensors.torch import load_file, save_file

    save_file(
        {key: 2 * tensor for key, tensor in load_file(folder / "a.safetensors").items()}, folder / "b.safetensors"
    )
    model = opened(folder, python="my_nets.wrapped", weights=["a.safetensors", "b.safetensors"])
    assert len(model.members) == 2


def test_names_with_a_shared_prefix_fit(folder):
    """As torch.nn.DataParallel and Lightning save them."""
    torch = pytest.importorskip("torch")
    arrays = saved(folder)
    torch.save({"state_dict": {f"model.{key}": torch.from_numpy(a) for key, a in arrays.items()}}, folder / "w.ckpt")
    model = opened(folder, python="my_nets.wrapped", weights="w.ckpt")
    text = "ACGT" * 10
    assert model.predict(sd.Sequences.from_strings([text])).item() == pytest.approx(by_hand(arrays, text), abs=1e-5)


def test_weights_of_another_network_are_listed_by_name_and_shape(folder):
    saved(folder, **{"conv.weight": (8, 4, 3), "out.bias": None, "head.bias": (3,)})
    with pytest.raises(InputError) as error:
        opened(folder, python="my_nets.wrapped", weights="w.safetensors")
    for words in (
        "w.safetensors does not fit Net", "missing in the file: out.bias", "not in the network: head.bias",
        "conv.weight (8, 4, 3) where the network has (2, 4, 3)",
    ):  # fmt: skip
        assert words in str(error.value)


def test_a_file_that_holds_code_is_refused_and_does_not_run(folder):
    torch = pytest.importorskip("torch")

    class Harm:
        def __reduce__(self):
            return (Path.touch, (folder / "harm",))

    torch.save({"conv.weight": Harm()}, folder / "w.pt")
    with pytest.raises(InputError, match=r"w\.pt.*more than weights.*safetensors"):
        opened(folder, python="my_nets.wrapped", weights="w.pt")
    assert not (folder / "harm").exists()


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("{python: nowhere.make}", ["model.python", "no module nowhere", "a file nowhere.py"]),
        ("{python: my_model.make}", ["no module my_model", "Did you mean my_models?"]),
        ("{python: my_models.mak}", ["my_models has no function mak", "make", "Did you mean make?"]),
        ("{python: my_models.constant}", ["of the type int", "a function that returns the model"]),
        ("{python: my_models.fails}", ["fails failed (my_models.py, line 10)", "KeyError: 'missing key'"]),
        ("{python: my_models.leaves}", ["leaves failed", "SystemExit: bye"]),
        ("{python: my_models.nothing}", ["returned nothing (None)", "return sd.wrap(...)"]),
        ("{python: my_models.number}", ["returned a int", "a wrapped model is needed"]),
        ("{python: my_models.network}", ["which is not wrapped", "Add alphabet: dna and length: 1000"]),
        ("{python: my_models.needs}", ["the function takes channels, depth=2", "Write arguments: {channels: VALUE}"]),
        ("{python: my_models.make, arguments: {size: 2}}", ["model.arguments", "size", "takes scale=1.0"]),
        ("{python: my_models.make, arguments: [2]}", ["model.arguments", "a mapping is needed"]),
        ("{python: my_models.make, weights: no.safetensors}", ["model.weights", "no such file", "folder of the study"]),
        ("{python: my_models.make, weights: my_models.py}", ["one PyTorch network", "a parameter `weights`"]),
        ("{python: my_models.make, length: 50}", ["model.length", "has 40", "Write length: 40"]),
        ("{python: my_models.make, outputs: [A]}", ["model.outputs", "have to agree"]),
        ("{python: my_models.make, wieghts: w}", ["'wieghts'", "weights, alphabet, length", "Did you mean weights?"]),
        ("{python: my_models.py}", ["no function py"]),
        ("{python: 'my_models.py:make'}", ["model.python", "such as my_models.make"]),
        ("{pyton: my_models.make}", ["python (with arguments, weights", "Did you mean python?"]),
        ("{python: broken.make}", ["importing it failed (broken.py, line 2)", "SyntaxError"]),
        ("{python: lacking.make}", ["importing it failed (lacking.py, line 1)", "No module named 'not_installed'"]),
        ("{python: json.make}", ["json.py has the name of a module of Python", "Rename it"]),
        ("{python: picky.make}", ["make failed (picky.py, line 2)", "`length=0`"]),
    ],
)
def test_what_a_user_can_do_wrong_is_named_with_the_file_and_the_key(folder, model, words):
    (folder / "broken.py").write_text("x = 1\ndef make(:\n", encoding="utf-8")
    (folder / "lacking.py").write_text("import not_installed\n", encoding="utf-8")
    (folder / "json.py").write_text(CALLABLE, encoding="utf-8")
    (folder / "picky.py").write_text(
        "import seqdo as sd\ndef make(): return sd.wrap(len, alphabet=sd.DNA, length=0)\n", encoding="utf-8"
    )
    code, error = run(folder, model, "--trust")
    assert code
    assert not [word for word in [f"{folder / 'study.yaml'}, line 1", *words] if word not in error], error
    assert not (folder / "out").exists()


def test_plan_uses_what_the_file_declares_and_imports_nothing(folder):
    from seqdo.specs.spec import read_spec

    (folder / "my_models.py").write_text("raise SystemExit('it was imported')", encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY % "{python: my_models.make, alphabet: rna, length: 40}", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 5, designs\.0\.pattern: `pattern` GATTACA is DNA: the model reads rna"):
        planned(*read_spec(folder / "study.yaml"), folder)
    (folder / "study.yaml").write_text(STUDY % "{python: my_models.make}", encoding="utf-8")
    assert re.search("64 forward passes", planned(*read_spec(folder / "study.yaml"), folder))  # 2 arms on 32
