"""Further inputs that differ between backgrounds: row i goes with background i, in every arm, batch and block."""

from __future__ import annotations

import json
import warnings
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.errors import InputError, RunError
from seqdo.outcomes.provenance import Provenance

L, PATTERN = 40, "GATA"
NULL = sd.backgrounds.uniform(L)
DESIGN = sd.positions(PATTERN, at=[3, 17])


def sites(letters: list[str]) -> np.ndarray:
    """The number of GATA in each sequence, counted by string search."""
    return np.array([sum(text.startswith(PATTERN, i) for i in range(L)) for text in letters], float)


def expected(outcomes: sd.Outcomes, arm: str, control: np.ndarray, dose: np.ndarray) -> np.ndarray:
    """Closed form: sites times the sum of the control row, plus 7 times the dose, of each background."""
    unedited = arm == outcomes.design.unedited
    letters = (outcomes.backgrounds if unedited else outcomes.edited(arm)).to_strings()
    return sites(letters) * control.sum((1, 2)) + 7 * dose[:, 0]


def function(x, control, dose):
    """The closed form, from one-hot input; it spoils its inputs, which must be copies."""
    numbers = sum(
        np.prod([x[:, "ACGT".index(letter), i + k] for k, letter in enumerate(PATTERN)], 0) for i in range(L - 3)
    )
    numbers = numbers.astype(float) * control.sum((1, 2), dtype=float) + 7 * dose[:, 0]
    control[:], dose[:] = -9, -9
    return numbers


class Net(nn.Module):
    """The same as a network: a convolution that counts GATA."""

    def __init__(self, writes: bool = False, scale: int = 1) -> None:
        super().__init__()
        self.count, self.writes, self.scale = nn.Conv1d(4, 1, 4, bias=False), writes, scale
        with torch.no_grad():
            self.count.weight[:] = scale * torch.eye(4)[["ACGT".index(letter) for letter in PATTERN]].T

    def forward(self, x, control, dose):
        sites = torch.relu(self.count(x) / self.scale - 3).sum((1, 2))
        y = sites * control.sum((1, 2)) + 7 * dose[:, 0]
        if self.writes:
            control.zero_()
        return y


OBJECTS = {
    "function": lambda: function,
    "module": lambda: Net().eval(),
    "module that writes": lambda: Net(writes=True).eval(),
    "function of torch": lambda: _torch_function,
    "ensemble": lambda: [Net().eval(), Net(writes=True, scale=2).eval()],
}


def _torch_function(x, control, dose):
    return Net()(torch.as_tensor(x), torch.as_tensor(control), torch.as_tensor(dose)).detach()


def wrapped(obj=function, **more):
    inputs = {"control": (2, L), "dose": (1,)}
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": L, "outputs": ["y"], "inputs": inputs, **more})


def rows(n: int, seed: int) -> dict[str, np.ndarray]:
    """Whole numbers, whose sums are exact in float32."""
    rng = np.random.default_rng(seed)
    return {"control": rng.integers(1, 9, (n, 2, L)), "dose": rng.integers(-5, 6, (n, 1)).astype(float)}


def assert_exact(outcomes: sd.Outcomes, inputs: dict[str, np.ndarray]) -> None:
    for arm in outcomes.design.arms:
        for member in outcomes.y.sel(arm=arm, output="y").values:
            np.testing.assert_array_equal(member, expected(outcomes, arm, **inputs))


@pytest.mark.parametrize("kind", OBJECTS)
def test_each_background_has_its_row_in_every_arm(kind, seed):
    model, n = wrapped(OBJECTS[kind](), layout="NCL"), 30
    for _ in range(2):  # nothing that the model writes into its inputs is kept
        inputs = rows(n, seed)
        outcomes = sd.run(DESIGN, model, NULL, n=n, rng=seed, inputs=inputs)
        assert_exact(outcomes, inputs)
        assert inputs["control"].min() >= 1
    assert sum(sites(outcomes.backgrounds.to_strings()) != sites(outcomes.edited(f"{PATTERN}@3").to_strings())) > 20


def test_the_effect_of_a_background_is_its_control(seed):
    """On backgrounds without G, GATA adds one site, so the effect is the sum of the control row, and no dose."""
    poor = ["".join(letters) for letters in np.random.default_rng(seed).choice(list("ACT"), (25, L))]
    inputs = rows(25, seed)
    outcomes = sd.run(sd.embed(PATTERN, at=10), wrapped(), poor, rng=seed, inputs=inputs)
    effects = sd.estimate(outcomes)
    y = outcomes.y.sel(output="y")[0]
    per_background = y.sel(arm=f"{PATTERN}@10").values - y.sel(arm="none").values
    np.testing.assert_array_equal(per_background, inputs["control"].sum((1, 2)))
    np.testing.assert_allclose(effects.table["estimate"], inputs["control"].sum((1, 2)).mean())
    # The default margin is a tenth of the SD of the run's own predictions without edits: here 7 times the dose.
    np.testing.assert_allclose(outcomes.scales["y"].sd, (7 * inputs["dose"]).std(ddof=1))
    assert "backgrounds without edits" in outcomes.scales["y"].source


@pytest.mark.parametrize("batch", [1, 4, 7, 64])
@pytest.mark.parametrize("block", [1, 6, 1024])
@pytest.mark.parametrize("kind", ["function", "module"])
def test_batches_and_blocks_select_the_same_rows(kind, batch, block, seed):
    model, inputs = wrapped(OBJECTS[kind](), layout="NCL"), rows(13, seed)
    assert_exact(sd.run(DESIGN, model, NULL, n=13, rng=seed, inputs=inputs, batch=batch, block=block), inputs)


@pytest.mark.parametrize("room", [1, 3, 5])
def test_where_memory_runs_out_smaller_batches_have_their_rows(room, seed):
    def narrow(x, control, dose):
        if len(x) > room and len(x) > 2 and armed:
            raise MemoryError
        return function(x, control, dose)

    armed = []
    model, inputs = wrapped(narrow, layout="NCL"), rows(13, seed)
    armed.append(True)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        outcomes = sd.run(DESIGN, model, NULL, n=13, rng=seed, inputs=inputs)
    assert "ran out of memory" in str(caught[0].message)
    assert_exact(outcomes, inputs)


def test_an_input_that_is_left_out_keeps_its_constant(seed):
    model = wrapped(inputs={"control": (2, L), "dose": np.array([[3.0]])})
    control = rows(9, seed)["control"]
    outcomes = sd.run(DESIGN, model, NULL, n=9, rng=seed, inputs={"control": control})
    assert_exact(outcomes, {"control": control, "dose": np.full((9, 1), 3.0)})
    with_none = sd.run(DESIGN, model, NULL, n=9, rng=seed, inputs={})
    assert with_none.y.identical(sd.run(DESIGN, model, NULL, n=9, rng=seed).y)


@pytest.mark.parametrize("name", ["mutagenesis", "occlude", "variants"])
def test_designs_of_their_own_sequences_have_rows_by_sequence(name, seed):
    rng = np.random.default_rng(seed)
    own = ["".join(letters)[:10] + "GATA" + "".join(letters)[14:] for letters in rng.choice(list("ACGT"), (6, L))]
    table = pd.DataFrame({"chrom": [f"s{i}" for i in range(6)], "pos": [11] * 6, "ref": ["G"] * 6, "alt": ["C"] * 6})
    named = sd.Sequences.from_strings(own, names=[f"s{i}" for i in range(6)])
    design = {
        "mutagenesis": lambda: sd.mutagenesis(own, start=9, stop=15),
        "occlude": lambda: sd.occlude(own, PATTERN, number=1),
        "variants": lambda: sd.variants(table, named),
    }[name]()
    n = len(design.own_sequences)
    inputs = rows(n, seed)
    assert_exact(sd.run(design, wrapped(), rng=seed, inputs=inputs), inputs)
    with pytest.raises(InputError, match=rf"\({n + 1}, 1\) for the {n} sequences: .*design.own_sequences"):
        sd.run(design, wrapped(), rng=seed, inputs={"dose": np.ones((n + 1, 1))})


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"control": np.ones((1000, 2, L))}, r"shape \(1000, 2, 40\) for n=20 .*Write n=1000, or pass 20 rows"),
        ({"control": np.ones((1, 2, L))}, r"shape \(1, 2, 40\) for n=20 .*or pass 20 rows"),
        ({"control": np.ones((20, 2, L - 1))}, r"a row has the shape \(2, 40\).*Pass an array of shape \(20, 2, 40\)"),
        ({"control": np.ones((20, L, 2))}, r"a row has the shape \(2, 40\)"),
        ({"dose": np.ones(20)}, r"a row has the shape \(1,\).*Pass an array of shape \(20, 1\)"),
        ({"control": 2.0}, r"shape \(\)"),
        ({"control": (2, L)}, r"shape \(2,\)"),
        ({"controls": np.ones((20, 2, L))}, r"has 'controls'\W+`function` was wrapped with 'control', 'dose'"),
        ({"dose": np.full((20, 1), np.nan)}, "NaN"),
        ({"dose": np.full((20, 1), np.inf)}, "infinite"),
        ({"dose": np.full((20, 1), 1e300)}, "float32 can't hold"),
        ({"dose": [[1.0]] * 19 + [["x"]]}, "is a list.*Pass numbers"),
        ({"dose": [[1.0]] * 19 + [[]]}, "is a list.*Pass numbers"),
        ([np.ones((20, 1))], "`inputs` is a list"),
        ({1: np.ones((20, 1))}, "`inputs` is a dict"),
    ],
)  # fmt: skip
def test_rows_that_do_not_fit_are_refused_before_a_prediction(inputs, message):
    calls = []

    def counted(x, control, dose):
        calls.append(len(x))
        return function(x, control, dose)

    model = wrapped(counted, name="function")
    calls.clear()
    with pytest.raises(InputError, match=f"(?s){message}"):
        sd.run(DESIGN, model, NULL, n=20, rng=0, inputs=inputs)
    assert not calls


def test_rows_have_the_type_of_the_wrapped_row():
    types = []

    def typed(x, kind, share):
        types.append((kind.dtype, share.dtype))
        return x[:, 0].sum(1) + kind[:, 0] + share[:, 0]

    model = wrapped(typed, inputs={"kind": np.array([[3]]), "share": (1,)})
    sd.run(DESIGN, model, NULL, n=4, rng=0, inputs={"kind": [[True]] * 4, "share": [[1], [2], [3], [4]]})
    sd.run(DESIGN, model, NULL, n=4, rng=0, inputs={"kind": torch.ones(4, 1), "share": np.ones((4, 1))})
    assert set(types) == {(np.dtype("int64"), np.dtype("float32"))}
    with pytest.raises(InputError, match=r"int64 can't hold(?s:.*)Wrap with inputs=\{'kind': \(1,\)\}"):
        sd.run(DESIGN, model, NULL, n=4, rng=0, inputs={"kind": [[0.5]] * 4})


def test_a_model_without_further_inputs_has_no_rows():
    model = wrapped(lambda x: x[:, 0].sum(1), inputs=None, name="plain")
    with pytest.raises(InputError, match="`plain` was wrapped with no further inputs"):
        sd.run(DESIGN, model, NULL, n=4, rng=0, inputs={"control": np.ones((4, 2, L))})


def test_real_sequences_have_no_rows(seed):
    with pytest.raises(InputError, match=r"`real` together with `inputs`.*real sequences have no rows"):
        sd.run(DESIGN, wrapped(), NULL, n=100, rng=seed, inputs=rows(100, seed), real=["ACGT" * 10] * 100)


@pytest.mark.parametrize("block", [30, 1024])
def test_a_run_that_stops_early_uses_the_first_rows(block, seed):
    """What was predicted until then is what a run of so many backgrounds predicts."""
    inputs, design = rows(2000, seed), sd.embed(PATTERN, at=10)
    run = {"rng": seed, "block": block}
    stopped = sd.run(design, wrapped(), NULL, n=2000, until=sd.half_width(60), inputs=inputs, **run)
    n = stopped.y.sizes["background"]
    assert n in range(100, 1001, 100)
    assert_exact(stopped, {name: array[:n] for name, array in inputs.items()})
    fixed = sd.run(design, wrapped(), NULL, n=n, inputs={name: array[:n] for name, array in inputs.items()}, **run)
    np.testing.assert_array_equal(stopped.y.values, fixed.y.values)
    # The margin is needed before the first block, so it is of a pilot, whose background i has row i.
    assert "1,000 pilot backgrounds" in stopped.scales["y"].source


def test_a_pilot_background_has_the_row_of_its_number(seed):
    """The model returns the dose alone, so the SD of the pilot is that of the first rows."""
    inputs = {"dose": np.random.default_rng(seed).normal(size=(80, 1))}
    model = wrapped(lambda x, dose: 0 * x[:, 0, 0] + dose[:, 0], inputs={"dose": (1,)}, name="dose")
    outcomes = sd.run(DESIGN, model, NULL, n=80, rng=seed, inputs=inputs, pilot=50)
    np.testing.assert_allclose(outcomes.scales["y"].sd, inputs["dose"][:50].std(ddof=1), rtol=1e-6)
    with pytest.raises(InputError, match=r"`pilot=81` together with `inputs` of 80 rows.*Write pilot=80"):
        sd.run(DESIGN, model, NULL, n=80, rng=seed, inputs=inputs, pilot=81)
    stopped = sd.run(DESIGN, model, NULL, n=300, until=sd.half_width(9), rng=seed, inputs={"dose": np.ones((300, 1))})
    assert "300 pilot backgrounds" in stopped.scales["y"].source
    assert stopped.scales["y"].sd == 0  # equal rows, and nothing else that varies


def test_extra_backgrounds_have_the_rows_behind_those_of_the_run(seed):
    inputs = rows(30 + 12, seed)
    outcomes = sd.run(DESIGN, wrapped(), NULL, n=30, extra=12, rng=seed, inputs=inputs)
    assert_exact(outcomes, {name: array[:30] for name, array in inputs.items()})
    letters = outcomes.extra.backgrounds.to_strings()
    expected = sites(letters) * inputs["control"][30:].sum((1, 2)) + 7 * inputs["dose"][30:, 0]
    np.testing.assert_array_equal(outcomes.extra.y.sel(output="y")[0], expected)
    whole = sd.run(DESIGN, wrapped(), NULL, n=42, rng=seed, inputs=inputs)
    np.testing.assert_array_equal(outcomes.extra.y.sel(output="y")[0], whole.y.sel(arm="none", output="y")[0, 30:])
    message = r"(?s)shape \(30, 1\) for n=30 and extra=12 backgrounds.*the last 12 to the extra.*shape \(42, 1\)"
    with pytest.raises(InputError, match=message):
        sd.run(DESIGN, wrapped(), NULL, n=30, extra=12, rng=seed, inputs={"dose": np.ones((30, 1))})


def test_across_backgrounds_each_kind_has_the_same_rows(seed):
    inputs, design = rows(25, seed), sd.embed(PATTERN, at=10)
    poor = ["".join(letters) for letters in np.random.default_rng(seed).choice(list("ACT"), (25, L))]
    across = sd.across(design, wrapped(), {"uniform": NULL, "poor": poor}, n=25, rng=seed, inputs=inputs)
    for effects in across.effects.values():
        assert_exact(effects.outcomes, inputs)


@pytest.mark.parametrize("kind", ["endless", "given"])
def test_a_search_has_rows_for_those_that_choose_and_then_for_those_that_report(kind, seed):
    inputs = rows(20 + 30, seed)
    given = ["".join(letters) for letters in np.random.default_rng(seed).choice(list("ACGT"), (50, L))]
    background = NULL if kind == "endless" else given
    design = sd.positions(PATTERN, at=[3, 12, 21, 30])
    result = sd.search(design, wrapped(), background, keep=2, screen=20, n=30, rng=seed, inputs=inputs)
    assert_exact(result.screened.outcomes, {name: array[:20] for name, array in inputs.items()})
    assert_exact(result.effects.outcomes, {name: array[20:] for name, array in inputs.items()})
    message = r"(?s)shape \(30, 1\) for screen=20 and n=30 backgrounds.*first 20 rows.*that choose.*shape \(50, 1\)"
    with pytest.raises(InputError, match=message):
        sd.search(design, wrapped(), background, keep=2, screen=20, n=30, rng=seed, inputs={"dose": np.ones((30, 1))})


def test_a_run_without_a_pilot_and_without_unedited_arm_has_no_margin(seed):
    inputs = rows(12, seed)
    assert sd.run(DESIGN, wrapped(), NULL, n=12, rng=seed, inputs=inputs, pilot=0).scales == {}
    design = sd.embed(PATTERN, at=10)
    edited = {name: arm for name, arm in design.arms.items() if arm.sites}
    other = {"TTTT@10": sd.embed("TTTT", at=10).arms["TTTT@10"]}
    from dataclasses import replace

    from seqdo.designs.design import Contrast

    contrast = Contrast("effect", {"GATA@10": 1, "TTTT@10": -1})
    without = replace(design, arms=edited | other, contrasts=(contrast,))
    outcomes = sd.run(without, wrapped(), NULL, n=12, rng=seed, inputs=inputs)
    assert outcomes.scales == {}
    assert_exact(outcomes, inputs)


def test_the_plain_engine_predicts_and_says_why(seed):
    model, inputs = wrapped(Net().eval()), rows(8, seed)
    run = {"n": 8, "rng": seed, "inputs": inputs}
    for engine in ("auto", "full", sd.choose_engine(model, "full")):
        outcomes = sd.run(DESIGN, model, NULL, engine=engine, **run)
        assert outcomes.provenance["engine"] == "full"
        assert outcomes.provenance["engine_because"] == "inputs differ between backgrounds"
        assert_exact(outcomes, inputs)
    for engine in ("incremental", sd.choose_engine(model, "incremental")):
        with pytest.raises(InputError, match="`engine='incremental'` together with `inputs`"):
            sd.run(DESIGN, model, NULL, engine=engine, **run)
    with pytest.raises(InputError, match="`engine='fast'`"):
        sd.run(DESIGN, model, NULL, engine="fast", **run)


def test_the_record_tells_which_rows_were_used(seed, tmp_path):
    inputs = rows(8, seed)
    outcomes = sd.run(DESIGN, wrapped(), NULL, n=8, rng=seed, inputs=inputs)
    control = np.ascontiguousarray(inputs["control"], "<f4")
    digest = sha256(b"<f4 (8, 2, 40)" + control.tobytes()).hexdigest()
    record = outcomes.provenance["inputs"]
    assert record["control"] == {"shape": [8, 2, L], "sha256": digest}
    changed = sd.run(DESIGN, wrapped(), NULL, n=8, rng=seed, inputs={**inputs, "dose": inputs["dose"] + 1})
    assert changed.provenance["inputs"]["control"] == record["control"]
    assert changed.provenance["inputs"]["dose"] != record["dose"]
    text = json.dumps(outcomes.provenance.to_json())
    assert Provenance.from_json(json.loads(text)).inputs == outcomes.provenance.inputs
    outcomes.save(tmp_path / "run.nc")
    assert sd.Outcomes.load(tmp_path / "run.nc").provenance.inputs == outcomes.provenance.inputs
    assert "inputs" not in sd.run(DESIGN, wrapped(), NULL, n=8, rng=seed).provenance


@pytest.mark.parametrize("by_hand", ["control tracks of K562", {"control": "K562.bw"}, {"control": {"shape": [2]}}, []])
def test_a_record_by_hand_keeps_its_form(by_hand):
    provenance = Provenance.from_json({"inputs": by_hand})
    assert provenance.inputs == {}
    assert provenance["inputs"] == by_hand


def test_the_code_of_a_report_names_the_inputs(seed, tmp_path):
    outcomes = sd.run(DESIGN, wrapped(), NULL, n=8, rng=seed, inputs=rows(8, seed))
    page = sd.report(sd.estimate(outcomes), tmp_path / "report.html").read_text("utf-8")
    assert "inputs={&#34;control&#34;: ..., &#34;dose&#34;: ...}" in page or 'inputs={"control": ..., "dose"' in page


def test_a_failure_is_located_with_the_rows_of_its_background(seed):
    """Only the row of background 11 breaks the model, whatever its letters are."""

    def breaks(x, control, dose):
        return np.where(dose[:, 0] == 99, np.nan, x[:, 0].sum(1))

    inputs = rows(20, seed)
    inputs["dose"][11] = 99
    with pytest.raises(RunError, match="no edits on background 11, alone"):
        sd.run(DESIGN, wrapped(breaks), NULL, n=20, rng=seed, inputs=inputs, block=8)


def test_gradients_use_the_row_of_each_sequence(seed):
    model, inputs = wrapped(Net().eval()), rows(9, seed)
    sequences = sd.Sequences.from_strings([PATTERN + "C" * (L - 4)] * 9)
    some = {name: array.astype(np.float32) for name, array in inputs.items()}
    with_rows = model.with_rows(some)
    network = with_rows.members[0].network
    for gradients in (with_rows.gradients(sequences, batch=4)[0], network.gradients(sequences.codes, 0, batch=4)):
        np.testing.assert_array_equal(gradients[:, 2, 0], inputs["control"].sum((1, 2)))
