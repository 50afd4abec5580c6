"""The one-hot layout of a network that accepts one of the two, found by a trial."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from seqdo.errors import InputError, RunError
from seqdo.models.input_layout import CHANNELS
from seqdo.models.network import Codes, Network

SomeNetwork = TypeVar("SomeNetwork", bound=Network)


def with_accepted_layout(network: SomeNetwork, probe: Codes) -> SomeNetwork:
    """The network with the one-hot layout that it accepts.

    Parameters
    ----------
    network : a network whose layout is not known
    probe : codes (n, length) to try

    Raises
    ------
    InputError
        The network accepts both layouts (it flattens, or length is 4).
    RunError
        Memory does not suffice, which shows nothing about the layout.
    """
    first, last = replace(network, layout="NCL"), replace(network, layout="NLC")
    # Raw outputs first: several heads without a readout are no numbers yet. One failed call decides in the usual case.
    for numbers in (False, True):
        if not _works(last, probe, numbers=numbers):
            return first  # if this layout fails as well, its error is the one to show
        if not _works(first, probe, numbers=numbers):
            return last
    length = probe.shape[1]
    raise InputError(
        f"`layout` of `{network.name}` is not declared",
        f"it accepts (n, 4, {length}) and (n, {length}, 4), and was trained on only one of them",
        CHANNELS,
    )


def _works(network: Network, probe: Codes, *, numbers: bool) -> bool:
    """Does the network accept the input, and return ``numbers``?"""
    try:
        if numbers:
            network.predict(probe)
        else:
            list(network.limit.in_parts(network.codes_in(probe), lambda rows, _: network.raw(rows), network.name))
    except RunError:  # memory does not suffice
        raise
    except Exception:  # whatever the wrong layout makes a network raise
        return False
    return True
