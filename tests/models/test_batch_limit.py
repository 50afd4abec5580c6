"""The user's batch is never exceeded, memory that runs out halves it, and few sequences are enough to wrap a model."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

import seqdo as sd
from seqdo.errors import InputError, RunError
from seqdo.models.batch_limit import BatchLimit, is_out_of_memory

LENGTH = 40
NULL = sd.backgrounds.uniform(LENGTH)


class Counted:
    """A function that keeps the size of each call, and fails with ``error`` above ``room`` sequences."""

    def __init__(self, room: int | None = None, error: Exception | None = None) -> None:
        self.sizes: list[int] = []
        self.room, self.error = room, error

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self.sizes.append(len(x))
        if self.room is not None and len(x) > self.room:
            raise self.error or MemoryError("Unable to allocate 3.00 GiB for an array")
        return x[:, 0].sum(1) + 0.1 * x[:, 1, :10].sum(1)


class CountedNet(nn.Module):
    """The same for a module."""

    def __init__(self, counted: Counted, length: int = LENGTH, channels: int = 4) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.counted = counted
        self.net = nn.Sequential(nn.Conv1d(channels, 4, 5), nn.ReLU(), nn.Flatten(), nn.Linear(4 * (length - 4), 1))

    def forward(self, x):
        if torch.compiler.is_compiling():  # a trace is of shapes and computes nothing
            return self.net(x)
        self.counted.sizes.append(len(x))
        if self.counted.room is not None and len(x) > self.counted.room:
            raise self.counted.error or torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.net(x)


def wrapped(obj, **more):
    return sd.wrap(obj, **{"alphabet": sd.DNA, "length": LENGTH, "outputs": ["y"], **more})


# --- how many passes it takes to wrap a model


@pytest.mark.parametrize("layout", [None, "NCL"])
def test_six_sequences_are_enough_to_wrap_a_module(layout):
    counted = Counted()
    wrapped(CountedNet(counted).eval(), layout=layout)
    assert sum(counted.sizes) <= (6 if layout is None else 5)
    assert max(counted.sizes) == 2


def test_five_sequences_are_enough_to_wrap_a_function_and_each_member():
    functions = [Counted(), Counted()]
    functions[1].room = 10**6
    model = wrapped([functions[0], lambda x: 2 * functions[1](x)])
    assert [sum(each.sizes) for each in functions] == [5, 5]
    assert model.outputs == ("y",)


# --- the user's batch


@pytest.mark.parametrize("batch", [1, 2, 3, 100])
@pytest.mark.parametrize("kind", ["function", "module"])
def test_no_call_has_more_sequences_than_the_user_allows(batch, kind, seed):
    counted = Counted()
    model = wrapped(counted if kind == "function" else CountedNet(counted).eval(), batch=batch)
    real = NULL.sample(150, rng=seed)
    outcomes = sd.run(
        sd.embed("GATTACA", at=5), model, NULL, n=120, rng=seed, real=real, extra=30, engine="full", pilot=150
    )
    model.predict(real, batch=64)
    if kind == "module":
        model.gradients(real, batch=64)
    assert max(counted.sizes) == batch
    assert outcomes.provenance.engine.batch == batch


def test_the_default_engine_does_not_exceed_it_either(seed):
    counted = Counted()
    model = wrapped(CountedNet(counted).eval(), batch=1)
    sd.run(sd.embed("GATTACA", at=5), model, NULL, n=50, rng=seed)
    assert max(counted.sizes) == 1


def test_a_run_may_have_a_batch_of_its_own(seed):
    counted = Counted()
    model = wrapped(counted, batch=50)
    counted.sizes.clear()
    first = sd.run(sd.embed("GATTACA", at=5), model, NULL, n=100, rng=seed, batch=7)
    assert max(counted.sizes) == 7
    counted.sizes.clear()
    second = sd.run(sd.embed("GATTACA", at=5), model, NULL, n=100, rng=seed)
    assert max(counted.sizes) == 50
    assert np.array_equal(first.y, second.y)


@pytest.mark.parametrize(("allowed", "wanted"), [(1, 64), (3, 4), (20, 1000)])
@pytest.mark.parametrize("members", [1, 2])
def test_a_run_never_exceeds_the_batch_of_wrap_and_a_warning_says_so(allowed, wanted, members, seed):
    counted = Counted()
    model = wrapped([counted, lambda x: 2 * counted(x)][:members], batch=allowed)
    counted.sizes.clear()
    with pytest.warns(
        UserWarning, match=rf"batch={wanted} exceeds batch={allowed} of sd\.wrap.*batch={wanted} in"
    ) as caught:
        outcomes = sd.run(sd.embed("GATTACA", at=5), model, NULL, n=50, rng=seed, batch=wanted, pilot=150)
    assert max(counted.sizes) == allowed
    assert outcomes.provenance.engine.batch == allowed
    assert [warning.filename for warning in caught] == [__file__]


def test_a_run_with_the_batch_of_wrap_or_a_smaller_one_warns_of_nothing(seed, recwarn):
    for batch in (20, 1, None):
        sd.run(sd.embed("GATTACA", at=5), wrapped(Counted(), batch=20), NULL, n=50, rng=seed, batch=batch)
    sd.run(sd.embed("GATTACA", at=5), wrapped(Counted()), NULL, n=50, rng=seed, batch=4000)
    assert not recwarn


def test_a_long_callable_is_handed_one_sequence_at_a_time_if_asked():
    """196,608 bp: a batch of 512 would take 1.5 GiB of one-hot alone."""
    counted = Counted()
    model = sd.wrap(counted, alphabet=sd.DNA, length=196_608, batch=1)
    sd.run(sd.embed("GATTACA", at=5), model, sd.backgrounds.uniform(196_608), n=3, rng=0, pilot=2)
    assert set(counted.sizes) == {1}


def test_long_sequences_come_in_smaller_calls_by_default():
    counted = Counted()
    model = sd.wrap(counted, alphabet=sd.DNA, length=2**19)
    codes = np.zeros((40, 2**19), np.uint8)
    model.predict(sd.Sequences.from_codes(codes))
    assert max(counted.sizes) * 2**19 <= 2**24


@pytest.mark.parametrize("batch", [0, -1, 1.5, "4", True])
def test_a_batch_is_a_number_from_one(batch):
    for call in (
        lambda: wrapped(Counted(), batch=batch),
        lambda: sd.run(sd.embed("GATTACA", at=5), wrapped(Counted()), NULL, n=10, batch=batch),
        lambda: wrapped(Counted()).predict(NULL.sample(3, rng=0), batch=batch),
    ):
        with pytest.raises(InputError, match=r"`batch=.*at least 1"):
            call()


# --- memory


MEMORY = [
    MemoryError("Unable to allocate 3.00 GiB for an array"),
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:121] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9"
    ),
    RuntimeError("MPS backend out of memory (MPS allocated: 5.00 GB)"),
    RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 8589934592 bytes."),
    RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"),
]


@pytest.mark.parametrize("error", MEMORY, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("kind", ["function", "module"])
def test_where_memory_runs_out_the_batch_is_halved_and_that_is_said_once(error, kind, seed):
    counted, plain = Counted(room=5, error=error), Counted()
    both = (counted, plain) if kind == "function" else (CountedNet(counted).eval(), CountedNet(plain).eval())
    model, other = (wrapped(obj, layout="NCL") for obj in both)
    sequences = NULL.sample(64, rng=seed)
    with pytest.warns(UserWarning, match=r"ran out of memory on a batch of 64.*batches of 4 fit.*batch=4") as warned:
        halved = model.predict(sequences)
    assert len(warned) == 1
    np.testing.assert_allclose(halved, other.predict(sequences), rtol=1e-6)
    counted.sizes.clear()
    model.predict(sequences)
    assert counted.sizes == [4] * 16  # remembered, and not said again


def test_gradients_are_halved_on_their_own(seed):
    counted = Counted(room=3)
    model = wrapped(CountedNet(counted).eval())
    sequences = NULL.sample(10, rng=seed)
    with pytest.warns(UserWarning, match="batches of 2 fit"):
        gradients = model.gradients(sequences)
    counted.room = None
    counted.sizes.clear()
    model.predict(sequences)
    assert counted.sizes == [10]
    np.testing.assert_allclose(gradients, wrapped(CountedNet(Counted()).eval()).gradients(sequences), rtol=1e-5)


@pytest.mark.parametrize("error", MEMORY, ids=lambda error: type(error).__name__)
def test_one_sequence_that_does_not_fit_is_a_matter_of_memory_and_not_of_the_layout(error):
    for obj in (Counted(room=0, error=error), CountedNet(Counted(room=0, error=error)).eval()):
        with pytest.raises(
            RunError, match=r"ran out of memory on a batch of 1 sequence of 4?\d* ?positions?"
        ) as raised:
            wrapped(obj)
        assert "layout" not in str(raised.value)


def test_a_module_too_large_for_two_is_wrapped_one_by_one():
    with pytest.warns(UserWarning, match="batches of 1 fit"):
        wrapped(CountedNet(Counted(room=1)).eval())


def test_other_errors_are_no_matter_of_memory():
    assert not is_out_of_memory(ValueError("shapes (3, 4) and (4, 3) differ"))
    assert not is_out_of_memory(InputError("`x` is out of memory", "y"))
    model = wrapped(counted := Counted())
    counted.room, counted.error = 0, ValueError("boom")
    with pytest.raises(RunError, match="failed on sequences 0 to 3: ValueError: boom"):
        model.predict(NULL.sample(4, rng=0))


def test_a_limit_counts_from_what_fits():
    limit = BatchLimit(8)
    sizes = []

    def compute(rows, first):
        sizes.append(len(rows))
        if len(rows) > 3:
            raise MemoryError
        assert first == rows[0]
        return rows.sum()

    with pytest.warns(UserWarning, match="batch of 8.*batches of 2 fit"):
        parts = list(limit.in_parts(np.arange(11), compute, "net"))
    assert sum(parts) == 55
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 1]
    assert list(BatchLimit().in_parts(np.zeros((0, 3)), lambda rows, first: len(rows), "net")) == [0]


# --- the pilot


def test_a_pilot_is_sized_by_the_length_and_counted(seed):
    counted = Counted()
    model = wrapped(counted)
    sizes = {}
    for pilot in (None, 50, 0):
        counted.sizes.clear()
        outcomes = sd.run(sd.embed("GATTACA", at=5), model, NULL, n=10, rng=seed, pilot=pilot)
        sizes[pilot] = sum(counted.sizes) - 20
        scale = outcomes.scales.get("y")
        assert (scale is None) == (pilot == 0)
    assert sizes == {None: 1000, 50: 50, 0: 0}
    counted.sizes.clear()
    long = sd.wrap(counted, alphabet=sd.DNA, length=20_000, outputs=["y"])
    counted.sizes.clear()
    sd.run(sd.embed("GATTACA", at=5), long, sd.backgrounds.uniform(20_000), n=2, rng=seed)
    assert sum(counted.sizes) == 4  # the two backgrounds without edits serve as the pilot
    counted.sizes.clear()
    sd.run(sd.embed("GATTACA", at=5), long, sd.backgrounds.uniform(20_000), n=2, rng=seed, pilot=3)
    assert sum(counted.sizes) == 4 + 3


def test_without_a_pilot_a_margin_is_needed_and_is_enough(seed, tmp_path):
    outcomes = sd.run(sd.embed("GATTACA", at=5), wrapped(Counted()), NULL, n=400, rng=seed, pilot=0)
    outcomes.save(tmp_path / "outcomes.nc")
    for each in (outcomes, sd.Outcomes.load(tmp_path / "outcomes.nc")):
        assert np.isnan(sd.estimate(each).table["margin"]).all()
        assert sd.estimate(each, margin=0.1).table["verdict"].tolist() == ["present"]
    assert "up to 1,000 for a default margin" in str(sd.embed("GATTACA", at=5))


@pytest.mark.parametrize("pilot", [-1, 1, 2.5, True, "10"])
def test_a_pilot_is_a_number_from_two_or_none_at_all(pilot):
    with pytest.raises(InputError, match=r"pilot=.*from 2.*or 0"):
        sd.run(sd.embed("GATTACA", at=5), wrapped(Counted()), NULL, n=10, pilot=pilot)
