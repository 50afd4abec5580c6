"""Remote predictors as networks that can predict and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

from seqdo.errors import InputError
from seqdo.models.input_layout import Layout
from seqdo.models.network import Codes, Network
from seqdo.models.remote import Remote

BATCH = 16
"""Sequences in one step: progress is shown, and a run can be stopped, after each."""


@dataclass(frozen=True)
class RemoteNetwork(Network):
    """A remote predictor.

    Attributes
    ----------
    remote : what sends sequences and keeps predictions
    """

    remote: Remote

    @classmethod
    def claims(cls, obj: object) -> bool:
        """Is the object what ``sd.remote`` returns?"""
        return isinstance(obj, Remote)

    @classmethod
    def label(cls, obj: Remote) -> str:
        """The name of the predictor."""
        return obj.name

    @classmethod
    def adapt(
        cls,
        obj: Remote,
        name: str,
        probe: Codes,
        layout: Layout | None,
        readout: Callable[[Any], Any],
        allow_noise: bool,
    ) -> Self:
        """The network of a predictor, which receives letters."""
        if layout is not None:
            raise InputError(f'`layout="{layout}"` of a remote predictor', "its input is text", "Leave layout out")
        return cls(name, "codes", readout, obj)

    def check_first_call(self, probe: Codes) -> None:
        """Refuse another order of letters: the input is text."""
        if getattr(self, "letters", "ACGT") != "ACGT":
            raise InputError("`letters` of a remote predictor", "its input is text", "Leave letters out")

    @property
    def source(self) -> Remote:
        """What ``sd.remote`` returned."""
        return self.remote

    @property
    def reading(self) -> str:
        """That it is remote, and the readout."""
        return " ".join(["remote", *super().reading.split(" ")[1:]])

    @property
    def batch(self) -> int:
        """Few sequences, or as many as one call takes."""
        return self.remote.per_call or BATCH

    def raw(self, codes: Codes) -> Any:  # noqa: ANN401 - what the readout returns
        """What the readout makes of the numbers that were received."""
        return self.readout(self.remote([self.remote.alphabet.decode(row) for row in codes]))
