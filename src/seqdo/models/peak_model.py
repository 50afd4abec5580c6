"""Models that are read at the reference's peak, and the models of whole profiles that engines evaluate for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.models.member import Member
from seqdo.models.model import Array, Model
from seqdo.models.reference_peak import ReferencePeak


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PeakModel(Model):
    """A model whose readout has the step ``at_reference_peak()``.

    ``predict`` knows no background: each sequence is read at its own peak. So ``gradients`` are those of the value at
    the sequence's own peak. A run predicts whole profiles, and reads edited sequences where their backgrounds without
    edits have their peaks.

    Attributes
    ----------
    peak : how whole profiles are read
    """

    peak: ReferencePeak

    @property
    def evaluated(self) -> ProfileModel:
        """The model of whole profiles."""
        return ProfileModel(
            self.name, self.alphabet, self.length, self.outputs, self.members, self.pad, noise=self.noise, reader=self
        )

    def _parts(self, member: Member, codes: NDArray[np.uint8], batch: int | None) -> Iterator[Array]:
        start = 0
        for profiles in self.evaluated._parts(member, codes, batch):
            values = self.peak.own(profiles)
            self.refuse_not_finite(member, values, codes[start : start + len(values)], start)
            start += len(values)
            yield values

    def _differentiated(
        self, member: Member, codes: NDArray[np.uint8], output: int, batch: int | None
    ) -> NDArray[np.float32]:
        own = replace(member, network=replace(member.network, readout=self.peak.readout))
        return super()._differentiated(own, codes, output, batch)


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class ProfileModel(Model):
    """The same networks, which predict whole profiles: (n, tracks * positions) numbers, of track after track.

    An engine evaluates it as it does any model.

    Attributes
    ----------
    reader : the model that is read at the reference's peak
    """

    reader: PeakModel

    @property
    def width(self) -> int:
        """Numbers of a whole profile."""
        return self.reader.peak.width

    def output_name(self, number: int) -> str:
        """The track and the position."""
        return self.reader.peak.place_name(number)

    def describe(self) -> dict[str, Any]:
        """The record of the model that is read."""
        return self.reader.describe()


def peak_model(peak: ReferencePeak | None, model: Model) -> Model:
    """The model, read at the reference's peak if there is one.

    Parameters
    ----------
    peak : how whole profiles are read; None for any other readout
    model : with the names of its outputs, and with networks that predict whole profiles if there is a peak
    """
    if peak is None:
        return model
    return PeakModel(
        model.name, model.alphabet, model.length, model.outputs, model.members, model.pad, model.reference, model.noise,
        peak=peak,
    )  # fmt: skip
