"""Networks that recipes train: their number of parameters is as documented, and every position is read."""

from __future__ import annotations

import re

import pytest
import torch

from seqdo.zoo.peaks import Peaks
from seqdo.zoo.promoter import Promoter


@pytest.mark.parametrize(("kind", "length"), [(Promoter, 110), (Peaks, 400)])
def test_a_network_has_as_many_parameters_as_documented(kind, length):
    documented = int(re.search(r"([\d,]+) parameters by default", kind.__doc__)[1].replace(",", ""))
    assert sum(each.numel() for each in kind().parameters()) == documented
    assert kind()(torch.zeros(2, 4, length)).shape == (2, 1)


@pytest.mark.parametrize(("kind", "length"), [(Promoter, 110), (Peaks, 400)])
def test_every_position_changes_the_output(kind, length):
    torch.manual_seed(0)
    net = kind().eval()
    x = torch.rand(1, 4, length, requires_grad=True)
    net(x).sum().backward()
    assert (x.grad.abs().sum(1) > 0).all()
