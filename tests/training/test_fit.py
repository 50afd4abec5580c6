"""The loop: what it learns, when it stops and slows down, and that it is the same twice."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from training.planted import content, counts, recipe

from seqdo.errors import RunError
from seqdo.models.input_layout import encode
from seqdo.sequences.sequences import Sequences
from seqdo.training.fit import Part, fit, predict
from seqdo.training.target import Target
from seqdo.training.weights import build


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def parts() -> tuple[Part, Part]:
    texts, y = counts(300)
    codes, y = Sequences.from_strings(texts).codes, Target.fitted("zscore", y)(y)[:, None]
    return Part(codes[:220], y[:220]), Part(codes[220:], y[220:])


def trained(parts, seed=1, **changes):
    how = recipe(**changes)
    return fit(lambda: build(how.network), *parts, how, seed)


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(parts):
    first, again, other = (trained(parts, seed, epochs=3) for seed in (1, 1, 2))
    assert all(torch.equal(first.weights[name], again.weights[name]) for name in first.weights)
    assert [(e.loss, e.validation) for e in first.history] == [(e.loss, e.validation) for e in again.history]
    assert not torch.equal(first.weights["scan.0.weight"], other.weights["scan.0.weight"])


def test_it_stops_slows_down_and_goes_back_when_the_validation_score_does_not_rise(parts):
    """Labels of the validation part that have nothing to do with its letters can't be learned for long."""
    noise = np.random.default_rng(0).normal(size=parts[1].y.shape)
    how = recipe(epochs=60, patience=6, decay_patience=2, decay=0.5)
    found = fit(lambda: build(how.network), parts[0], Part(parts[1].codes, noise), how, 1)
    assert len(found.history) == found.best + 1 + 6 < 60
    values = [epoch.validation for epoch in found.history]
    net = build(how.network)
    net.load_state_dict(found.weights)  # of the best epoch, six before the last
    assert (
        np.corrcoef(predict(net, parts[1].codes).T, noise.T)[0, 1] == pytest.approx(max(values)) == values[found.best]
    )
    rate, since, best = 0.01, 0, -np.inf
    for epoch, value in zip(found.history, values, strict=True):
        assert epoch.rate == pytest.approx(rate)
        since, best = (0, value) if value > best else (since + 1, best)
        if since == 2:
            rate, since = rate * 0.5, 0


def test_the_loss_is_the_mean_over_what_was_measured(parts):
    """With one batch for all, no dropout and a rate of nearly nothing it is that of the network as it was made."""
    codes, y = parts[0].codes, np.concatenate([parts[0].y, -parts[0].y], axis=1)
    y[::3, 0] = y[1::5, 1] = np.nan
    network = content()["network"] | {"output": ["one", "two"]}
    data = content()["data"] | {"measured": {"one": "y", "two": "z"}}
    how = recipe(epochs=1, batch=len(y), learning_rate=1e-12, network=network, data=data)

    def still() -> torch.nn.Module:
        net = build(how.network)
        for layer in net.modules():
            if isinstance(layer, torch.nn.Dropout):
                layer.p = 0.0
        return net

    found = fit(still, Part(codes, y), Part(codes, y), how, 1)
    torch.manual_seed(1)
    net = still().train()
    with torch.no_grad():
        off = net(torch.from_numpy(encode(codes, "NCL"))).numpy() - y
    assert found.history[0].loss == pytest.approx(np.nanmean(off**2), rel=1e-5)
    halves = fit(still, Part(codes, y), Part(codes, y), how.model_copy(update={"batch": 110}), 1).history[0].loss
    assert halves == pytest.approx(found.history[0].loss, rel=0.2)


def test_both_strands_are_shown_where_asked(parts):
    shown: list[np.ndarray] = []
    how = recipe(epochs=1, strands="both")

    def spy() -> torch.nn.Module:
        net = build(how.network)
        net.register_forward_pre_hook(lambda _, x: shown.append(x[0].numpy().copy()) if net.training else None)
        return net

    fit(spy, *parts, how, 1)
    rows = {bytes(row.argmax(0).astype(np.uint8)) for row in np.concatenate(shown)}
    own = {bytes(row) for row in parts[0].codes}
    other = {bytes(3 - row[::-1]) for row in parts[0].codes}
    assert rows <= own | other
    # 220 sequences, each flipped with probability 1/2: fewer than 75 of either strand once in a million seeds.
    assert min(len(rows & own), len(rows & other)) > 75


def test_a_loss_that_is_not_finite_is_an_error_that_names_the_epoch(parts):
    huge = Part(parts[0].codes, parts[0].y * 1e30)
    with pytest.raises(RunError, match=r"seed 1, epoch 0.*learning_rate"):
        trained((huge, parts[1]))
