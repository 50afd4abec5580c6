"""Readouts and the call of a network, written in a study file: the same numbers as the same calls of Python."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import seqdo as sd
from seqdo.cli import app
from seqdo.errors import InputError
from seqdo.specs.model_keys import PythonModel
from seqdo.specs.spec import read_spec
from seqdo.study.open_model import open_model
from seqdo.study.plan import planned

torch = pytest.importorskip("torch")

STUDY = """\
background: {kind: uniform, length: 40}
n: 32
designs:
  - {experiment: embed, pattern: GATTACA, at: 10}
model:
  python: profile_nets.make
  alphabet: dna
  length: 40
  layout: NCL
"""

NETS = """\
import torch
class Net(torch.nn.Module):
    '''At each position: is it A, C, G, T? The four channels are the tracks of the head "profile".'''
    def forward(self, x):
        return {"profile": x + 1, "cytosines": x[:, 1].sum(1)}
class Controlled(torch.nn.Module):
    def forward(self, x, control):
        return x[:, 1].sum(1) + control.sum(1)
class Small(torch.nn.Module):
    def forward(self, x):
        assert len(x) <= 3
        return x[:, 2].sum(1)
class Sites(torch.nn.Module):
    '''The profile of a base in each position and the next, with weights for the four bases.'''
    def __init__(self, gain=((1.0,), (2.0,), (4.0,), (8.0,))):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.tensor(gain))
    def forward(self, x):
        signal = (self.gain * x).sum(1)
        return 10 * signal[:, :-1] + signal[:, 1:]
def peaked():
    import seqdo as sd
    read = sd.readout.head(axes="n positions").window(5, 35).at_reference_peak()
    return sd.wrap(Sites().eval(), alphabet=sd.DNA, length=40, layout="NCL", readout=read, outputs=["sites"])
def make(): return Net().eval()
def controlled(): return Controlled().eval()
def small(): return Small().eval()
def wrapped():
    import seqdo as sd
    return sd.wrap(lambda x: x[:, 2].sum(1), alphabet=sd.DNA, length=40)
class Weighted(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.gain = torch.nn.Parameter(torch.zeros(4, 1))
    def forward(self, x):
        return (self.gain * x).sum((1, 2))
def lettered():
    import seqdo as sd
    net = Weighted()
    with torch.no_grad(): net.gain += torch.tensor([[1.0], [2.0], [3.0], [4.0]])
    return sd.wrap(net.eval(), alphabet=sd.DNA, length=40, letters="TGCA", batch=5)
"""

LETTERS = "ACGT"


@pytest.fixture
def folder(tmp_path):
    """A study's folder with networks of a profile."""
    (tmp_path / "profile_nets.py").write_text(NETS, encoding="utf-8")
    yield tmp_path
    sys.modules.pop("profile_nets", None)


@pytest.fixture
def sequences(seed):
    """Random sequences as codes and as Sequences."""
    codes = np.random.default_rng(seed).integers(0, 4, (12, 40)).astype(np.uint8)
    return codes, sd.Sequences.from_codes(codes)


def opened(folder: Path, name: str = "make", **keys: object) -> sd.Model:
    keys = {"alphabet": "dna", "length": 40, "layout": "NCL"} | keys
    return open_model(PythonModel(python=f"profile_nets.{name}", **keys), folder, trust=True)


AXES = {"head": "profile", "axes": "n tracks positions", "names": ["A", "C", "G", "T"]}


def counted(codes, letter, start=0, stop=40):
    """The profile of one letter, summed: one at each position, and one more where the letter stands."""
    return (codes[:, start:stop] == LETTERS.index(letter)).sum(1) + (stop - start)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ({"tracks": ["G"], "window": [10, 20], "counts": True}, lambda c: [counted(c, "G", 10, 20)]),
        ({"window": [10, 20], "tracks": ["T", "A"], "sum": True},
         lambda c: [counted(c, "T", 10, 20), counted(c, "A", 10, 20)]),
        ({"tracks": [2], "bins": 4, "mean": True}, lambda c: [counted(c, "G", 18, 22) / 4]),
        ({"average": {"GC": ["G", "C"], "A": ["A"]}, "counts": True},
         lambda c: [(counted(c, "G") + counted(c, "C")) / 2, counted(c, "A")]),
        ({"tracks": ["C"], "counts": True, "log_fold": True}, lambda c: [np.log2(counted(c, "C") + 1)]),
        ({"tracks": ["C"], "counts": True, "log_fold": 2.5}, lambda c: [np.log2(counted(c, "C") + 2.5)]),
        ({"tracks": ["C"], "window": [0, 3], "max": True}, lambda c: [1.0 + (c[:, :3] == 1).any(1)]),
        ({"tracks": ["C"], "window": [0, 3], "at_reference_peak": True}, lambda c: [1.0 + (c[:, :3] == 1).any(1)]),
        ({"tracks": ["C"], "bins": 2, "at_reference_peak": True, "log_fold": 3},
         lambda c: [np.log2(4.0 + (c[:, 19:21] == 1).any(1))]),
        ({"tracks": ["C"], "counts": True, "at_reference_peak": False}, lambda c: [counted(c, "C")]),
        ({"tracks": ["C"], "counts": True, "mean": False}, lambda c: [counted(c, "C")]),
    ],
)  # fmt: skip
def test_steps_of_a_file_compute_what_they_say(folder, sequences, steps, expected):
    codes, rows = sequences
    model = opened(folder, readout=AXES | steps)
    np.testing.assert_allclose(model.predict(rows)[0], np.array(expected(codes)).T, rtol=1e-5)


def test_steps_are_taken_in_the_order_of_the_file(folder, sequences):
    """The largest share within a window is larger than that in all positions."""
    codes, rows = sequences
    start = AXES | {"tracks": ["G"]}
    inside = opened(folder, readout=start | {"window": [10, 20], "softmax": True, "max": True}).predict(rows)[0]
    share = opened(folder, readout=start | {"softmax": True, "window": [10, 20], "max": True}).predict(rows)[0]
    powers = np.exp(1.0 + (codes == 2))
    highest = powers[:, 10:20].max(1)
    np.testing.assert_allclose(inside[:, 0], highest / powers[:, 10:20].sum(1), rtol=1e-5)
    np.testing.assert_allclose(share[:, 0], highest / powers.sum(1), rtol=1e-5)


def test_a_record_of_the_study_keeps_the_order(folder):
    keys = PythonModel(python="a.b", readout={"window": [1, 5], "softmax": True, "head": "profile", "max": True})
    again = PythonModel(**keys.model_dump(mode="json", exclude_none=True))
    assert str(again.readout.readout()) == str(keys.readout.readout()) == "head('profile').window(1, 5).softmax().max()"


def test_a_key_is_a_readout(folder, sequences):
    codes, rows = sequences
    np.testing.assert_allclose(opened(folder, readout="cytosines").predict(rows)[0, :, 0], (codes == 1).sum(1))


def test_outputs_name_the_tracks_that_a_file_selects_in_any_order(folder, sequences):
    codes, rows = sequences
    steps = {"head": "profile", "axes": "n tracks positions", "counts": True}
    for chosen in (["T", "C"], ["T", "G", "C", "A"]):
        model = opened(folder, outputs=list(LETTERS), readout={"tracks": chosen} | steps)
        assert model.outputs == tuple(chosen)
        np.testing.assert_allclose(model.predict(rows)[0], np.array([counted(codes, x) for x in chosen]).T)


def test_letters_inputs_and_batch_reach_the_network(folder, sequences):
    codes, rows = sequences
    controlled = opened(folder, "controlled", inputs={"control": [7]}, letters="AGCT")
    np.testing.assert_allclose(controlled.predict(rows)[0, :, 0], (codes == 2).sum(1))  # the second channel is G
    small = opened(folder, "small", batch=3, device="cpu")
    np.testing.assert_allclose(small.predict(rows)[0, :, 0], (codes == 2).sum(1))


def test_weights_of_a_file_leave_letters_and_batch_of_a_wrapped_model(folder, sequences):
    from safetensors.torch import save_file

    codes, rows = sequences
    save_file({"gain": torch.tensor([[1.0], [10.0], [100.0], [1000.0]])}, folder / "w.safetensors")
    model = open_model(PythonModel(python="profile_nets.lettered", weights="w.safetensors"), folder, trust=True)
    expected = np.array([1000.0, 100, 10, 1])[codes].sum(1)  # channels are T, G, C, A
    np.testing.assert_allclose(model.predict(rows)[0, :, 0], expected)
    assert model.members[0].network.limit.most == 5


def at_first_peaks(gains: list[float], codes: np.ndarray, edited: np.ndarray) -> list[float]:
    """The planted profile of edited sequences where that of the sequences without edits is highest, by loops."""

    def profile(row: np.ndarray) -> list[float]:
        return [10 * gains[row[i]] + gains[row[i + 1]] for i in range(5, 35)]

    return [
        profile(after)[profile(before).index(max(profile(before)))] for before, after in zip(codes, edited, strict=True)
    ]


def test_weights_of_a_file_leave_the_readout_at_the_reference_peak(folder, sequences):
    from safetensors.torch import save_file

    gains = [3.0, 1.0, 7.0, 5.0]
    save_file({"gain": torch.tensor(gains)[:, None]}, folder / "w.safetensors")
    codes, rows = sequences
    for weights, own in ((None, [1.0, 2, 4, 8]), ("w.safetensors", gains)):
        model = open_model(PythonModel(python="profile_nets.peaked", weights=weights), folder, trust=True)
        outcomes = sd.run(sd.embed("GATTACA", at=14), model, rows)
        for name in outcomes.design.arms:
            edited = codes if name == outcomes.design.unedited else outcomes.edited(name).codes
            assert outcomes.y.sel(arm=name).values.ravel().tolist() == at_first_peaks(own, codes, edited)


def test_a_study_reads_at_the_reference_peak(folder):
    keys = "readout: {axes: n positions, window: [5, 35], at_reference_peak: true}"
    nets = folder / "profile_nets.py"
    nets.write_text(nets.read_text("utf-8") + "def sites(): return Sites().eval()\n", "utf-8")
    study = STUDY.replace("profile_nets.make", "profile_nets.sites")
    (folder / "study.yaml").write_text(f"{study}  {keys}\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["run", str(folder / "study.yaml"), "--out", str(folder / "out"), "--trust"])
    assert result.exit_code == 0, result.output
    (path,) = (folder / "out").rglob("*.nc")
    outcomes = sd.Outcomes.load(path)
    for name in outcomes.design.arms:
        edited = outcomes.backgrounds if name == outcomes.design.unedited else outcomes.edited(name)
        expected = at_first_peaks([1.0, 2, 4, 8], outcomes.backgrounds.codes, edited.codes)
        assert outcomes.y.sel(arm=name).values.ravel().tolist() == expected


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("readout: {counts: true, at_reference_peak: true}", ["model.readout", "after `.counts()`", "none are left"]),
        ("readout: {at_reference_peak: true, window: [2, 9]}", ["model.readout", "after `.at_reference_peak()`"]),
        ("readout: {at_reference_peak: 3}", ["model.readout.at_reference_peak", "true or false"]),
        ("readout: {window: [20, 10], counts: true}", ["line 10, model.readout.window", "0 <= start < stop"]),
        ("readout: {window: [20], counts: true}", ["model.readout.window", "2 or more items"]),
        ("readout: {windw: [2, 3]}", ["'windw'", "window", "Did you mean window?"]),
        ("readout: {axes: tracks n}", ["model.readout.axes", "n first"]),
        ("readout: {names: [A, B], tracks: [C], sum: true}", ["model.readout", "'C'", "none of the 2 tracks"]),
        ("readout: {tracks: [-1], sum: true}", ["model.readout.tracks", "0 or more"]),
        ("readout: {counts: 3}", ["model.readout.counts", "true or false"]),
        ("readout: {log_fold: -2}", ["model.readout.log_fold", "0 or more"]),
        ("readout: [profile]", ["model.readout", "text is needed"]),
        ("letters: ACGG", ["line 10, model.letters", "four letters"]),
        ("batch: 0", ["model.batch", "1 or more"]),
        ("inputs: {control: zeros}", ["model.inputs.control", "a list is needed"]),
        ("inputs: {control: [0]}", ["model.inputs.control.0", "1 or more"]),
    ],
)
def test_plan_refuses_what_cannot_be_read_with_the_file_and_the_key(folder, lines, words):
    path = folder / "study.yaml"
    path.write_text(f"{STUDY}  {lines}\n", encoding="utf-8")
    with pytest.raises(InputError) as error:
        planned(*read_spec(path), folder)
    assert not [word for word in [str(path), *words] if word not in str(error.value)], str(error.value)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (
            "readout: {head: profile, axes: n tracks positions, window: [0, 50], sum: true}",
            ["line 10, model.readout", "40 positions"],
        ),
        ("readout: {head: profil, sum: true}", ["model.readout", "profile"]),
        ("readout: {head: profile, axes: n tracks positions, tracks: [9], sum: true}", ["model.readout", "0 to 3"]),
        ("inputs: {contrl: [7]}", ["model.inputs", "contrl"]),
        ("device: nowhere", ["model.device", "nowhere"]),
    ],
)
def test_what_only_the_network_tells_is_named_with_the_key_too(folder, lines, words):
    (folder / "study.yaml").write_text(f"{STUDY}  {lines}\n", encoding="utf-8")
    result = CliRunner().invoke(app, ["run", str(folder / "study.yaml"), "--out", str(folder / "out"), "--trust"])
    assert isinstance(result.exception, InputError)
    assert not [word for word in [str(folder / "study.yaml"), *words] if word not in str(result.exception)], str(
        result.exception
    )


def test_a_wrapped_model_keeps_what_its_function_declared(folder):
    for key, value in {"readout": "cytosines", "letters": "TGCA", "batch": 3, "inputs": {"c": [2]}}.items():
        with pytest.raises(InputError, match=f"`{key}` is for a network"):
            opened(folder, "wrapped", **{key: value})


def test_plan_names_the_outputs_that_a_readout_leaves(folder):
    from seqdo.study.outline import outline

    keys = {"python": "profile_nets.make", "alphabet": "dna", "length": 40}
    for outputs, readout, left in [
        (None, {"names": ["A", "B"], "tracks": ["B"]}, ("B",)),
        (["A", "B"], {"tracks": ["B", "A"]}, ("B", "A")),
        (["A", "B", "C"], {"tracks": [2]}, ("C",)),
        (["second"], {"names": ["A", "B"], "tracks": ["B"]}, ("second",)),
        (["A"], {"counts": True}, ("A",)),
        (["ninth"], {"tracks": [9]}, ("ninth",)),
        (["first", "second"], {"tracks": [1, 0]}, ("first", "second")),
        (None, {"counts": True}, None),
        (["A", "B", "C"], {"tracks": [2], "at_reference_peak": True}, ("C",)),
    ]:
        assert outline(PythonModel(outputs=outputs, readout=readout, **keys), folder).outputs == left
