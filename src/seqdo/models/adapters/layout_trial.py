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
    choices = [replace(network, layout="NCL"), replace(network, layout="NLC")]
    # Several heads without a readout are no numbers yet, so the raw output decides where no prediction does.
    for compute in ("predict", "raw"):
        accepted = [choice for choice in choices if _works(choice, compute, probe)]
        if len(accepted) == 1:
            return accepted[0]
        if accepted:
            length = probe.shape[1]
            raise InputError(
                f"`layout` of `{network.name}` is not declared",
                f"it accepts (n, 4, {length}) and (n, {length}, 4), and was trained on only one of them",
                CHANNELS,
            )
    return choices[0]  # both fail, and the error of this layout is the one to show


def _works(network: Network, compute: str, probe: Codes) -> bool:
    try:
        getattr(network, compute)(probe)
    except RunError:
        raise
    except Exception:  # whatever the wrong layout makes a network raise
        return False
    return True
