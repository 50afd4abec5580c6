"""BPNet: the same numbers as Keras' definitions give, motifs on their own factors, and readouts an engine sees into."""

from __future__ import annotations

import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

import seqdo as sd
from seqdo.errors import InputError
from seqdo.sequences.stream import root, stream
from seqdo.zoo import CATALOG, bpnet
from seqdo.zoo.bpnet import TASKS, BPNet, Reads, from_keras, heights, peaks, totals

WEIGHTS = Path(__file__).parents[2] / ".." / "shared" / "data" / "bpnet_oskn" / "bpnet_oskn_weights.npz"
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_file(),
    reason="bpnet_oskn_weights.npz is in ../shared/data/bpnet_oskn, which is not next to this clone",
)
MOTIFS = {"Oct4": "TATGCAAAT", "Sox2": "GAACAATGG", "Nanog": "AGCCATCA", "Klf4": "CCACGCCC"}
N = 64


def random_arrays(seed=0):
    """Arrays with the names and shapes of Keras, whose values keep activations and log counts near 1."""
    rng = np.random.default_rng(seed)
    shapes = {"conv1d_1": (25, 4, 64)}
    shapes |= {f"conv1d_{i}": (3, 64, 64) for i in range(2, 11)}
    shapes |= {f"conv2d_transpose_{i}": (25, 1, 2, 64) for i in range(1, 5)}
    shapes |= {f"dense_{i}": (64, 2) for i in (1, 3, 5, 7)}
    arrays = {}
    for name, shape in shapes.items():
        outputs = shape[2] if len(shape) == 4 else shape[-1]
        share = 1.0 if name in ("conv1d_1", "conv2d_transpose_1") else 0.3  # ten layers are summed
        arrays[f"{name}__kernel"] = rng.normal(0, share * (np.prod(shape) / outputs) ** -0.5, shape).astype(np.float32)
        arrays[f"{name}__bias"] = rng.normal(0, 0.3, outputs).astype(np.float32)
    return arrays


def trained():
    with np.load(WEIGHTS, allow_pickle=False) as arrays:
        return dict(arrays)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """Tests in parallel processes with two threads of torch each take eight times as long."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def network(arrays):
    net = BPNet().eval()
    net.load_state_dict(from_keras(arrays))
    return net


def convolved(x, kernel, bias, dilation=1):
    """Keras' Conv1D, "same": y[i] = b + sum over t of x[i + d (t - (width - 1) / 2)] W[t], zeros beyond the ends."""
    half = dilation * (len(kernel) - 1) // 2
    padded = np.pad(x, ((half, half), (0, 0)))
    return bias + sum(padded[t * dilation : t * dilation + len(x)] @ kernel[t] for t in range(len(kernel)))


def transposed(x, kernel, bias):
    """Keras' Conv2DTranspose, "same": the gradient of a "same" convolution, so that inputs are spread over outputs."""
    half = (len(kernel) - 1) // 2
    spread = np.zeros((len(x) + 2 * half, kernel.shape[2]))
    for t in range(len(kernel)):
        spread[t : t + len(x)] += x @ kernel[t, 0].T
    return bias + spread[half : half + len(x)]


def as_keras(arrays, codes):
    """Profiles (n, tasks, 2, 1000) and counts (n, tasks, 2), layer by layer in float64."""
    weights = {name: array.astype(np.float64) for name, array in arrays.items()}
    profiles, counts = [], []
    for letters in codes:
        x = np.maximum(convolved(np.eye(4)[letters], weights["conv1d_1__kernel"], weights["conv1d_1__bias"]), 0)
        for i in range(2, 11):
            kernel, bias = weights[f"conv1d_{i}__kernel"], weights[f"conv1d_{i}__bias"]
            x = x + np.maximum(convolved(x, kernel, bias, 2 ** (i - 1)), 0)
        layers = [f"conv2d_transpose_{i}" for i in (1, 2, 3, 4)]
        profiles.append([transposed(x, weights[f"{name}__kernel"], weights[f"{name}__bias"]).T for name in layers])
        layers = [f"dense_{i}" for i in (1, 3, 5, 7)]
        counts.append([x.mean(0) @ weights[f"{name}__kernel"] + weights[f"{name}__bias"] for name in layers])
    return np.array(profiles), np.array(counts)


def softmax(x):
    odds = np.exp(x - x.max(-1, keepdims=True))
    return odds / odds.sum(-1, keepdims=True)


def one_hot(codes):
    return torch.eye(4)[torch.from_numpy(codes).long()].permute(0, 2, 1)


@pytest.mark.parametrize("arrays", [random_arrays, pytest.param(trained, marks=needs_weights)])
def test_predictions_equal_those_of_keras_layers_by_definition(arrays):
    codes = np.random.default_rng(1).integers(0, 4, (2, 1000))
    profiles, counts = as_keras(arrays(), codes)
    with torch.no_grad():
        predictions = network(arrays())(one_hot(codes))
    assert list(predictions) == list(TASKS)
    for task, reads in enumerate(predictions.values()):
        assert reads.profile.shape == (2, 2, 1000)
        assert np.abs(reads.profile.numpy() - profiles[:, task]).max() < 1e-4
        assert np.abs(reads.counts.numpy() - counts[:, task]).max() < 1e-4


def test_it_has_as_many_parameters_as_documented():
    count = sum(weight.numel() for weight in BPNet().parameters())
    assert f"{count:,} parameters" in BPNet.__doc__
    assert f"{count:,} parameters" in CATALOG["bpnet-oskn"].card


@pytest.fixture(scope="module")
def answers():
    """Random profiles and log counts of four factors for 5 sequences, in the network's shapes."""
    rng = np.random.default_rng(2)
    return rng.normal(0, 5, (5, 4, 2, 1000)), rng.normal(3, 1, (5, 4, 2))


@pytest.fixture(scope="module")
def answer(answers):
    profile, counts = (torch.from_numpy(part) for part in answers)
    return {task: Reads(profile[:, i], counts[:, i]) for i, task in enumerate(TASKS)}


def test_totals_are_the_reads_of_both_strands(answers, answer):
    assert np.allclose(totals(answer), (np.exp(answers[1]) - 1).sum(2), rtol=1e-12)


def test_heights_are_the_share_of_a_position_times_the_reads_of_its_strand(answers, answer):
    scaled = softmax(answers[0]) * (np.exp(answers[1]) - 1)[..., None]
    expected = np.stack([scaled[:, 2, 0, 497] + scaled[:, 2, 1, 510], scaled[:, 0, 0, 3] + scaled[:, 0, 1, 999]], 1)
    reads = heights({"Nanog": (497, 510), "Oct4": [3, 999]})(answer)
    assert np.allclose(reads, expected, rtol=1e-12)


def test_a_height_of_a_sharp_profile_is_all_reads(answer):
    """Logits above the range of exp in float32 do not overflow."""
    profile = torch.zeros(1, 2, 1000)
    profile[:, 0, 7] = profile[:, 1, 9] = 500
    sharp = {"Sox2": Reads(profile, torch.log(torch.tensor([[11.0, 31.0]])))}
    assert heights({"Sox2": (7, 9)})(sharp).item() == pytest.approx(40)


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ({"Esrrb": (497, 510)}, "the factors are Oct4, Sox2, Nanog, Klf4"),
        ({"Nanog": (497,)}, "two positions from 0 to 999"),
        ({"Nanog": (497, 1000)}, "two positions from 0 to 999"),
        ({}, "at least one"),
    ],
)
def test_heights_of_unknown_factors_or_positions_are_refused(at, message):
    with pytest.raises(InputError, match=message):
        heights(at)


@pytest.fixture(scope="module")
def wrapped():
    """Readout to the model of a random network with that readout."""
    net = network(random_arrays())
    return lambda readout: sd.wrap(net, alphabet=sd.DNA, length=1000, layout="NCL", readout=readout)


def test_peaks_are_where_the_mean_profile_of_the_motif_alone_is_highest(wrapped):
    """Klf4 of this network detects C: on one strand at its own position, on the other 10 bp before it."""
    net = network({name: np.zeros_like(array) for name, array in random_arrays().items()})
    with torch.no_grad():
        net.scan.weight[0, 1, 12] = 1  # C
        net.profiles[3].weight[0, 0, 12] = 9
        net.profiles[3].weight[0, 1, 2] = 9
        net.counts[3].bias[:] = 3
    model = sd.wrap(net, alphabet=sd.DNA, length=1000, layout="NCL", readout=totals)
    # AAAACAAA starts at 496: C is at 500, and random backgrounds have a C at a quarter of the other positions.
    assert peaks(model, "AAAACAAA", "Klf4", n=16) == (500, 490)
    assert peaks(model, "AAAACAAA", "Klf4", n=16, at=600, window=(560, 640)) == (604, 594)
    assert peaks(model, "AAAACAAA", "Klf4", n=16, window=(480, 500))[1] == 490


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task": "Esrrb"}, "the factors are"),
        ({"window": (550, 450)}, "0 <= start < stop <= 1000"),
        ({"model": sd.planted.additive({"GATTACA": 1.0}, length=1000)}, "which is not a BPNet"),
    ],
)
def test_peaks_of_unusable_arguments_are_refused(wrapped, changes, message):
    with pytest.raises(InputError, match=message):
        peaks(**({"model": wrapped(totals), "motif": "AGCCATCA", "task": "Nanog"} | changes))


@pytest.mark.parametrize("readout", [totals, heights({"Nanog": (497, 510)})], ids=["counts", "height"])
def test_the_incremental_engine_equals_whole_predictions(wrapped, readout):
    model = wrapped(readout)
    choice = sd.choose_engine(model)
    assert choice.engine.name == "incremental"
    assert choice.engine.gain > 3
    heads = set(re.findall(r"profiles\.\d", choice.explain()))
    assert heads == (set() if readout is totals else {"profiles.2"})  # heads that the readout does not use are skipped
    null = sd.backgrounds.uniform(1000).sample(4, rng=0)
    arms = sd.spacing("AGCCATCA", "AGCCATCA", gaps=[3, 40, 152], at=496).arms.values()
    edits = [arm.edits(root(0), 0, null) for arm in arms]
    incremental, whole = (
        engine.evaluate(engine.prepare(null), edits)
        for engine in (choice.engine, sd.choose_engine(model, "full").engine)
    )
    assert np.allclose(incremental, whole, rtol=1e-5, atol=1e-6 * np.abs(whole).max())


@pytest.fixture(scope="module")
def model():
    return sd.zoo.load("bpnet-oskn", weights=WEIGHTS)


@pytest.fixture(scope="module")
def mean_reads(model):
    """Mean profile in reads (4 factors, 2, 1000) and mean counts (4,), without a motif and with each in the middle."""
    net = model.members[0].predict.module
    codes = stream(root(0), "test of the card").integers(0, 4, (N, 1000), dtype=np.uint8)
    means = {}
    for name, motif in {"none": "", **MOTIFS}.items():
        start = (1000 - len(motif)) // 2
        written = codes.copy()
        written[:, start : start + len(motif)] = ["ACGT".index(letter) for letter in motif]
        with torch.no_grad():
            answer = net(one_hot(written))
        reads = np.stack([np.expm1(answer[task].counts.double().numpy()) for task in MOTIFS], 1)
        profile = np.stack([softmax(answer[task].profile.double().numpy()) for task in MOTIFS], 1)
        means[name] = (profile * reads[..., None]).mean(0), reads.sum(2).mean(0)
    return means


def fold(mean_reads, motif, task):
    """Height of the profile at a motif's peaks, searched from 450 to 550, relative to the height without the motif."""
    at = [450 + strand[450:550].argmax() for strand in mean_reads[motif][0][task]]
    with_it, without = (
        sum(profile[task, s, p] for s, p in enumerate(at)) for profile in (mean_reads[motif][0], mean_reads["none"][0])
    )
    return with_it / without


@needs_weights
def test_each_motif_raises_its_own_factor(mean_reads):
    """The order of factors in the file: another order would put the largest fold off the diagonal.

    The smallest is Oct4's, 4.3 with a standard error of 0.34: below 2.9 for 1 of 30,000 seeds.
    """
    folds = np.array([[fold(mean_reads, motif, task) for task in range(4)] for motif in MOTIFS])
    own = np.diag(folds)
    assert (own > 2.9).all()
    assert (own[1:] == folds.max(1)[1:]).all()
    # The Oct4 motif is half of the composite motif of Oct4 and Sox2: the Sox2 motif distinguishes the two factors.
    assert own[1] > 2 * folds[1, 0]
    assert set(np.argsort(folds[0])[2:]) == {0, 1}


@needs_weights
def test_the_card_states_the_measured_ratios(mean_reads):
    rows = re.findall(r"^\| (\w+) \| (\w+) \| ([\d.]+) \| ([\d.]+) \|", CATALOG["bpnet-oskn"].card, re.MULTILINE)
    assert [row[:2] for row in rows] == list(MOTIFS.items())
    for task, (name, _, height, counts) in enumerate(rows):
        # On 64 other backgrounds the SEs are up to 9 % and 3.5 %. 1 of 2000 seeds is more than four SEs off.
        assert float(height) == pytest.approx(fold(mean_reads, name, task), rel=0.36)
        assert float(counts) == pytest.approx(mean_reads[name][1][task] / mean_reads["none"][1][task], rel=0.14)


@needs_weights
@pytest.mark.parametrize("task", ["Sox2", "Klf4"])
def test_peaks_on_pilot_backgrounds_are_those_on_others(model, mean_reads, task):
    expected = [450 + strand[450:550].argmax() for strand in mean_reads[task][0][TASKS.index(task)]]
    assert peaks(model, MOTIFS[task], task, n=N) == tuple(expected)


@needs_weights
def test_stored_predictions_are_those_of_keras_definitions(model):
    """The stored predictions were computed in float64. Here they are computed in float64 in another way."""
    golden = json.loads((CATALOG["bpnet-oskn"].folder / "reference.json").read_text(encoding="utf-8"))["golden"]
    codes = stream(root(golden["seed"]), "golden").integers(0, 4, (golden["n"], 1000), dtype=np.uint8)
    expected = np.expm1(as_keras(trained(), codes)[1]).sum(2)
    assert np.allclose(golden["predictions"][0], expected, rtol=1e-7)


@needs_weights
def test_another_readout_has_names_of_its_own(model):
    named = sd.zoo.load(
        "bpnet-oskn", weights=WEIGHTS, readout=bpnet.heights({"Nanog": (497, 510)}), outputs=["Nanog height"]
    )
    assert named.outputs == ("Nanog height",)
    assert "heights(at={'Nanog': (497, 510)})" in named.members[0].reading
    assert model.outputs == tuple(f"{task} counts" for task in TASKS)
    renamed = sd.zoo.load("bpnet-oskn", weights=WEIGHTS, outputs=TASKS)
    null = sd.backgrounds.uniform(1000).sample(2, rng=0)
    assert (renamed.predict(null) == model.predict(null)).all()


def test_responses_are_heights_and_then_totals():
    rng = np.random.default_rng(3)
    answer = {
        task: bpnet.Reads(torch.tensor(rng.normal(size=(2, 2, 1000))), torch.tensor(rng.uniform(1, 3, (2, 2))))
        for task in bpnet.TASKS
    }
    at = {"Nanog": (497, 510), "Sox2": (486, 512)}
    both = bpnet.responses(at)(answer)
    assert torch.equal(both[:, :2], bpnet.heights(at)(answer))
    assert torch.equal(both[:, 2:], bpnet.totals(answer)[:, [2, 1]])


def keras_file(path: Path, change: float = 0.0) -> Path:
    """The weights as Keras saves a model: a group for each layer holds a group of the same name with the arrays."""
    with np.load(WEIGHTS, allow_pickle=False) as arrays, h5py.File(path, "w") as file:
        for name in arrays:
            layer, kind = name.split("__")
            file[f"model_weights/{layer}/{layer}/{kind}:0"] = arrays[name] + np.float32(change)
        file["optimizer_weights/conv1d_1/kernel:0"] = np.zeros(3)
    return path


@needs_weights
def test_the_file_that_keras_saved_gives_the_same_network_and_another_one_is_refused(tmp_path, monkeypatch):
    """A file of the same layout is read in place of the public file."""
    source = sd.zoo.CATALOG["bpnet-oskn"].source
    assert source is not None
    assert source.address is not None
    assert source.checksum is not None
    monkeypatch.delenv("SEQDO_MIRROR", raising=False)
    monkeypatch.setenv("SEQDO_CACHE", str(tmp_path / "cache"))
    for change in (0.0, 0.01):
        content = keras_file(tmp_path / "bpnet.model.h5", change).read_bytes()
        monkeypatch.setattr(type(source), "_public", lambda *_, content=content: content)
        if not change:
            from_keras_file, from_copy = sd.zoo.load("bpnet-oskn"), sd.zoo.load("bpnet-oskn", weights=WEIGHTS)
            sequences = sd.backgrounds.uniform(1000).sample(3, rng=1)
            assert np.array_equal(from_keras_file.predict(sequences), from_copy.predict(sequences))
        else:
            with pytest.raises(InputError, match=r"off the stored values.*have to be those of bpnet_oskn_weights\.npz"):
                sd.zoo.load("bpnet-oskn")
    with h5py.File(tmp_path / "bpnet.model.h5", "w") as file:
        file["model_weights/conv1d_9/conv1d_9/kernel:0"] = np.zeros(3)
    other = (tmp_path / "bpnet.model.h5").read_bytes()
    monkeypatch.setattr(type(source), "_public", lambda *_: other)
    with pytest.raises(InputError, match=r"conv1d_1__kernel.*another network"):
        sd.zoo.load("bpnet-oskn")
