"""Further inputs in each framework: one row for all sequences, a row for each background, gradients, and errors."""

from __future__ import annotations

import controlled_networks
import frameworks
import numpy as np
import pytest
from controlled_networks import CONTROLLED, INPUTS, truth
from frameworks import FRAMEWORKS, LENGTH, OUTPUTS, Framework, Weights

import seqdo as sd
from seqdo.engine.choose import choose_engine
from seqdo.errors import InputError

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

DESIGN = sd.embed("GATTACA", at=9)


@pytest.fixture(params=CONTROLLED)
def key(request) -> str:
    if FRAMEWORKS[request.param].missing:
        pytest.skip(FRAMEWORKS[request.param].missing)
    return request.param


@pytest.fixture
def row(key) -> Framework:
    return FRAMEWORKS[key]


def rows(n: int, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=(n, *shape)).astype(np.float32) for name, shape in INPUTS.items()}


def wrapped(key: str, inputs=INPUTS, **more) -> sd.Model:
    obj = CONTROLLED[key](Weights())
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": LENGTH, "outputs": ["a", "b"], "inputs": inputs, **more})


def drawn(seed: int, n: int = 11) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 4, (n, LENGTH), np.uint8)


def one_hot(codes: np.ndarray) -> np.ndarray:
    return np.eye(4)[codes].transpose(0, 2, 1)


def repeated(row: dict[str, np.ndarray], n: int) -> dict[str, np.ndarray]:
    return {name: np.repeat(array, n, axis=0) for name, array in row.items()}


def test_one_row_for_all_sequences_in_batches_of_any_size(key, seed):
    row, codes = rows(1, seed), drawn(seed)
    model, expected = wrapped(key, row), truth(Weights(), one_hot(codes), **repeated(row, 11))
    for batch in (512, 4, 1):
        predictions = model.predict(sd.Sequences.from_codes(codes), batch=batch)[0]
        np.testing.assert_allclose(predictions, expected, atol=2e-5)
    zeros = wrapped(key).predict(sd.Sequences.from_codes(codes))[0]
    np.testing.assert_allclose(zeros, np.zeros((11, OUTPUTS)), atol=2e-5)  # the dose is zero
    assert "control=constant(2x24) dose=constant(1)" in model.members[0].reading


@pytest.mark.parametrize("batch", [None, 5, 1])
def test_each_background_has_its_row_in_every_arm(key, batch, seed):
    codes, inputs = drawn(seed, 13), rows(13, seed)
    outcomes = sd.run(DESIGN, wrapped(key), sd.Sequences.from_codes(codes), rng=0, inputs=inputs, batch=batch, block=6)
    edited = codes.copy()
    edited[:, 9:16] = sd.DNA.encode("GATTACA")
    for arm, letters in (("none", codes), ("GATTACA@9", edited)):
        expected = truth(Weights(), one_hot(letters), **inputs)
        np.testing.assert_allclose(outcomes.y.sel(arm=arm)[0].values, expected, atol=2e-5)


def test_rows_equal_to_the_constant_are_the_run_without_rows(key, seed):
    row, codes = rows(1, seed), sd.Sequences.from_codes(drawn(seed, 7))
    model = wrapped(key, row)
    with_rows = sd.run(DESIGN, model, codes, rng=0, inputs=repeated(row, 7))
    without = sd.run(DESIGN, model, codes, rng=0, engine="full")
    np.testing.assert_allclose(with_rows.y.values, without.y.values, atol=2e-6)


def test_gradients_are_those_of_the_rows(key, row, seed):
    model, codes, inputs = wrapped(key), drawn(seed, 3), rows(3, seed)
    sequences = sd.Sequences.from_codes(codes)
    if not row.gradients:
        with pytest.raises(InputError, match=r"sd\.mutagenesis"):
            model.gradients(sequences, "a")
        return
    x, step = one_hot(codes), 1e-5
    shifted = np.eye(4 * LENGTH).reshape(-1, 4, LENGTH) * step
    for output in range(OUTPUTS):
        expected = [
            (Weights()(each + shifted) - Weights()(each - shifted))[:, output] / (2 * step) * dose
            for each, dose in zip(x, inputs["dose"], strict=True)
        ]
        gradients = model.with_rows(inputs).gradients(sequences, "ab"[output], batch=2)[0]
        np.testing.assert_allclose(gradients, np.reshape(expected, (3, 4, LENGTH)), atol=2e-5)


def test_shuffled_weights_and_the_last_layer_keep_the_inputs(key, row, seed):
    constant, codes = rows(1, seed), drawn(seed)
    model = wrapped(key, constant)
    observed = model.members[0].network.last_layer_input(codes)
    assert observed is None or observed.values.shape == (11, Weights().hidden(one_hot(codes)).shape[1])
    if row.shuffled:
        shuffled = sd.shuffled_weights(model, rng=0).predict(sd.Sequences.from_codes(codes))
        assert np.abs(shuffled - model.predict(sd.Sequences.from_codes(codes))).max() > 0.01


def test_the_fast_engine_keeps_the_constant(key, row, seed):
    if row.engine:
        constant, codes = rows(1, seed), drawn(seed)
        model = wrapped(key, constant)
        engine = choose_engine(model, "incremental")
        outcomes = sd.run(DESIGN, model, sd.Sequences.from_codes(codes), rng=0, engine=engine)
        expected = truth(Weights(), one_hot(codes), **repeated(constant, 11))
        np.testing.assert_allclose(outcomes.y.sel(arm="none")[0].values, expected, atol=2e-5)


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"control": (OUTPUTS, LENGTH)}, r"needs dose next to the sequence.*dose"),
        ({}, r"needs .*(control and dose|dose and control) next to the sequence"),
        ({**INPUTS, "tracks": (2,)}, r"`inputs` has 'tracks'\W.*control.*"),
        ({"dose": (1,), "controls": (2, LENGTH)}, r"`inputs` has 'controls'\W.*dose.*control"),
        ({**INPUTS, "control": (LENGTH + 1,)}, r"`inputs\['control'\]`.*shape \(25,\).*shape \([12], 2[45]\)"),
        ({**INPUTS, "dose": (3,)}, r"`inputs\['dose'\]`.*shape \(3,\).*shape \([12],\)"),
        ({**INPUTS, "control": (3, LENGTH)}, r"`inputs\['control'\]`.*shape \(3, 24\).*shape \([12], 24\)"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(key, inputs, message):
    with pytest.raises(InputError, match=f"(?s){message}"):
        wrapped(key, inputs)


def test_the_table_says_which_frameworks_take_them():
    lines = dict(zip(FRAMEWORKS, frameworks.table().splitlines()[2:], strict=True))
    column = frameworks.table().splitlines()[0].split(" | ").index("further inputs")
    for name, line in lines.items():
        assert (line.split(" | ")[column] == "yes") == (name in CONTROLLED)


@pytest.mark.parametrize("name", [name for name in FRAMEWORKS if name not in CONTROLLED])
def test_models_that_read_text_take_none(name):
    if FRAMEWORKS[name].missing:
        pytest.skip(FRAMEWORKS[name].missing)
    obj = FRAMEWORKS[name].make(Weights())
    with pytest.raises(InputError, match=r"`inputs` of .*reads text"):
        sd.wrap(obj, alphabet=sd.DNA, length=LENGTH, inputs=INPUTS)


@pytest.mark.parametrize("batch", [None, 7])
@pytest.mark.parametrize("fixed", [1, 4])
def test_an_onnx_model_of_a_fixed_number_of_sequences_gets_the_rows_of_each(fixed, batch, seed):
    pytest.importorskip("onnxruntime", reason="onnxruntime is not installed: make test-frameworks")
    model = sd.wrap(
        controlled_networks.onnx_model(Weights(), fixed), alphabet=sd.DNA, length=LENGTH, inputs=INPUTS,
        outputs=["a", "b"],
    )  # fmt: skip
    codes, inputs = drawn(seed, 10), rows(10, seed)
    outcomes = sd.run(DESIGN, model, sd.Sequences.from_codes(codes), rng=0, inputs=inputs, batch=batch)
    expected = truth(Weights(), one_hot(codes), **inputs)
    np.testing.assert_allclose(outcomes.y.sel(arm="none")[0].values, expected, atol=2e-5)
