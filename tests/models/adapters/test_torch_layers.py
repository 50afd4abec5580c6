"""What the last layer of a network is given, against its parts called by hand; and the network left as it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from seqdo.errors import InputError
from seqdo.models.adapters.torch_layers import last_input
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA

LENGTH = 20
CODES = np.random.default_rng(0).integers(0, 4, (9, LENGTH), np.uint8)
ONE_HOT = torch.eye(4)[CODES.astype(int)].transpose(1, 2)


@pytest.fixture(autouse=True)
def _same_weights():
    torch.manual_seed(3)


def hooks(net):
    return [
        len(found)
        for part in net.modules()
        for found in (part._forward_pre_hooks, part._forward_pre_hooks_with_kwargs, part._forward_hooks)
    ]


def layer_of(net, layout="NCL"):
    return wrap(net, alphabet=DNA, length=LENGTH, layout=layout).members[0].network.last_layer_input(CODES)


def test_the_input_of_the_last_layer_is_what_its_parts_make_by_hand():
    body = nn.Sequential(nn.Conv1d(4, 6, 5), nn.BatchNorm1d(6), nn.ReLU(), nn.AdaptiveMaxPool1d(1), nn.Flatten())
    net = nn.Sequential(body, nn.Linear(6, 3), nn.Softplus()).eval()
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    name, given = layer_of(net)
    assert name == "1"
    assert given.dtype == np.float32
    np.testing.assert_array_equal(given, body(ONE_HOT).detach().numpy())
    assert not any(hooks(net))
    assert not any(part.training for part in net.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert all(parameter.grad is None for parameter in net.parameters())


def test_positions_are_averaged_where_the_last_layer_is_a_convolution_or_works_on_each_position():
    conv = nn.Sequential(nn.Conv1d(4, 6, 5), nn.ReLU(), nn.Conv1d(6, 1, 3), nn.AdaptiveAvgPool1d(1), nn.Flatten())
    name, given = layer_of(conv.eval())
    assert name == "2"
    np.testing.assert_allclose(given, conv[:2](ONE_HOT).mean(2).detach().numpy(), rtol=1e-6)

    class EachPosition(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.head = nn.Linear(4, 5), nn.Linear(5, 1)

        def forward(self, x):
            return self.head(torch.relu(self.first(x))).mean(1)

    each = EachPosition().eval()
    name, given = layer_of(each, "NLC")
    assert name == "head"
    expected = torch.relu(each.first(ONE_HOT.transpose(1, 2))).mean(1)
    np.testing.assert_allclose(given, expected.detach().numpy(), rtol=1e-6)


def test_it_is_the_last_that_is_called_and_not_the_last_that_is_listed():
    class OutOfOrder(nn.Module):
        def __init__(self):
            super().__init__()
            self.head, self.unused = nn.Linear(6, 1), nn.Linear(99, 1)
            self.body = nn.Linear(4 * LENGTH, 6)

        def forward(self, x):
            return self.head(input=torch.relu(self.body(x.flatten(1))))  # by keyword, too

    net = OutOfOrder().eval()
    name, given = layer_of(net)
    assert name == "head"
    np.testing.assert_array_equal(given, torch.relu(net.body(ONE_HOT.flatten(1))).detach().numpy())


def test_what_is_written_over_later_is_kept_as_it_was_given():
    class InPlace(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.head = nn.Linear(4 * LENGTH, 6), nn.Linear(6, 1)

        def forward(self, x):
            hidden = self.body(x.flatten(1))
            answer = self.head(hidden)
            hidden.zero_()
            return answer

    net = InPlace().eval()
    np.testing.assert_array_equal(layer_of(net)[1], net.body(ONE_HOT.flatten(1)).detach().numpy())


def test_a_parametrised_layer_has_weights():
    body = nn.Sequential(nn.Flatten(), nn.Linear(4 * LENGTH, 6), nn.ReLU())
    net = nn.Sequential(body, nn.utils.parametrizations.weight_norm(nn.Linear(6, 1, bias=False))).eval()
    name, given = layer_of(net)
    assert name == "1"
    np.testing.assert_array_equal(given, body(ONE_HOT).detach().numpy())
    assert not any(hooks(net))


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
def test_a_script_and_a_net_without_weights_show_nothing():
    script = torch.jit.script(nn.Sequential(nn.Flatten(), nn.Linear(4 * LENGTH, 1)).eval())
    assert last_input(script, ONE_HOT) is None
    assert last_input(nn.Flatten(), ONE_HOT) is None


def test_rows_that_are_not_sequences_show_nothing():
    class PositionsFirst(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, 1)

        def forward(self, x):
            return self.head(x.permute(2, 0, 1)).mean(0)

    assert last_input(PositionsFirst().eval(), ONE_HOT) is None


def test_hooks_are_taken_off_a_network_that_breaks():
    class Breaks(nn.Module):
        def __init__(self):
            super().__init__()
            self.body = nn.Linear(4 * LENGTH, 6)

        def forward(self, x):
            self.body(x.flatten(1))
            raise ZeroDivisionError

    net = Breaks().eval()
    with pytest.raises(ZeroDivisionError):
        last_input(net, ONE_HOT)
    assert not any(hooks(net))


def test_a_network_put_in_train_mode_since_is_refused():
    net = nn.Sequential(nn.Flatten(), nn.Dropout(0.5), nn.Linear(4 * LENGTH, 1)).eval()
    network = wrap(net, alphabet=DNA, length=LENGTH, layout="NCL").members[0].network
    net.train()
    with pytest.raises(InputError, match="train mode"):
        network.last_layer_input(CODES)
