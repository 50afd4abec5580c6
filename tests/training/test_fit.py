"""The training loop: its loss, its stopping, its learning rate, and its reproducibility."""

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
    config = recipe(**changes)
    return fit(lambda: build(config.network), *parts, config, seed)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_gives_others(parts):
    first, again, other = (trained(parts, seed, epochs=3) for seed in (1, 1, 2))
    assert all(torch.equal(first.weights[name], again.weights[name]) for name in first.weights)
    assert [(e.loss, e.validation) for e in first.history] == [(e.loss, e.validation) for e in again.history]
    assert not torch.equal(first.weights["scan.0.weight"], other.weights["scan.0.weight"])


def test_training_slows_down_stops_and_restores_the_best_weights_without_a_better_validation_score(parts):
    """Validation labels are noise here, so that the validation score cannot keep rising."""
    noise = np.random.default_rng(0).normal(size=parts[1].y.shape)
    config = recipe(epochs=60, patience=6, decay_patience=2, decay=0.5)
    fitted = fit(lambda: build(config.network), parts[0], Part(parts[1].codes, noise), config, 1)
    assert len(fitted.history) == fitted.best + 1 + 6 < 60
    values = [epoch.validation for epoch in fitted.history]
    net = build(config.network)
    net.load_state_dict(fitted.weights)  # of the best epoch, six before the last
    assert (
        np.corrcoef(predict(net, parts[1].codes).T, noise.T)[0, 1] == pytest.approx(max(values)) == values[fitted.best]
    )
    rate, since, best = 0.01, 0, -np.inf
    for epoch, value in zip(fitted.history, values, strict=True):
        assert epoch.rate == pytest.approx(rate)
        since, best = (0, value) if value > best else (since + 1, best)
        if since == 2:
            rate, since = rate * 0.5, 0


def test_the_loss_is_the_mean_over_measured_values(parts):
    """With one batch, no dropout and a learning rate near 0, the loss is that of the untrained network."""
    codes, y = parts[0].codes, np.concatenate([parts[0].y, -parts[0].y], axis=1)
    y[::3, 0] = y[1::5, 1] = np.nan
    network = content()["network"] | {"output": ["one", "two"]}
    data = content()["data"] | {"measured": {"one": "y", "two": "z"}}
    config = recipe(epochs=1, batch=len(y), learning_rate=1e-12, network=network, data=data)

    def without_dropout() -> torch.nn.Module:
        net = build(config.network)
        for layer in net.modules():
            if isinstance(layer, torch.nn.Dropout):
                layer.p = 0.0
        return net

    fitted = fit(without_dropout, Part(codes, y), Part(codes, y), config, 1)
    torch.manual_seed(1)
    net = without_dropout().train()
    with torch.no_grad():
        errors = net(torch.from_numpy(encode(codes, "NCL"))).numpy() - y
    assert fitted.history[0].loss == pytest.approx(np.nanmean(errors**2), rel=1e-5)
    two_batches = config.model_copy(update={"batch": 110})
    halves = fit(without_dropout, Part(codes, y), Part(codes, y), two_batches, 1).history[0].loss
    assert halves == pytest.approx(fitted.history[0].loss, rel=0.2)


def test_both_strands_are_trained_on_where_the_recipe_states_it(parts):
    shown: list[np.ndarray] = []
    config = recipe(epochs=1, strands="both")

    def spy() -> torch.nn.Module:
        net = build(config.network)
        net.register_forward_pre_hook(lambda _, x: shown.append(x[0].numpy().copy()) if net.training else None)
        return net

    fit(spy, *parts, config, 1)
    rows = {bytes(row.argmax(0).astype(np.uint8)) for row in np.concatenate(shown)}
    forward = {bytes(row) for row in parts[0].codes}
    reverse = {bytes(3 - row[::-1]) for row in parts[0].codes}
    assert rows <= forward | reverse
    # Each of 220 sequences is flipped with probability 1/2: fewer than 75 of one strand occur once in a million seeds.
    assert min(len(rows & forward), len(rows & reverse)) > 75


def test_a_loss_that_is_not_finite_is_an_error_that_names_the_epoch(parts):
    huge = Part(parts[0].codes, parts[0].y * 1e30)
    with pytest.raises(RunError, match=r"seed 1, epoch 0.*learning_rate"):
        trained((huge, parts[1]))
