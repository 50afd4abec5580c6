"""Members: the trained networks that a model consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError, RunError
from seqdo.models.network import Codes, Network

Array = TypeVar("Array", bound=NDArray[np.floating[Any]])


@dataclass(frozen=True, eq=False)
class Member:
    """One trained network (or function) of a model.

    Attributes
    ----------
    name : how tables and messages refer to the member
    network : what predicts, and what else it can do (:class:`seqdo.models.network.Network`)
    sha256 : hash of the weights; None where they can't be read
    reading : how codes become the network's input and its output becomes numbers, for the record
    half : are predictions, or numbers on the way to them, rounded to 16 bits?
    half_inside : are the predictions themselves in 32 or 64 bits, and only numbers on the way in 16?
    """

    name: str
    network: Network
    sha256: str | None = None
    reading: str = ""
    half: bool = False
    half_inside: bool = False

    @property
    def predict(self) -> Network:
        """The network, which is called with codes uint8 (n, length) and returns floats (n, outputs)."""
        return self.network

    def in_batches(
        self, codes: Codes, batch: int, compute: Callable[[Network, Codes], Array]
    ) -> Iterator[tuple[int, Codes, Array]]:
        """For each batch: the number of its first sequence, its codes, and what ``compute`` returns for them.

        ``compute`` is called with the network, which has the further inputs of these sequences, and the codes.

        Batches are smaller where the user allows, or memory permits, no more.

        Raises
        ------
        RunError
            Whatever ``compute`` raises, with the member and the sequences of the batch.
        """
        start = 0
        while start < len(codes):
            rows = codes[start : start + self.network.limit.size(batch)]
            try:
                part = compute(self.network.at(start, len(rows)), rows)
            except (InputError, RunError):
                raise
            except Exception as error:
                raise RunError(
                    f"`{self.name}` failed on sequences {start} to {start + len(rows) - 1}",
                    f"{type(error).__name__}: {error}",
                ) from error
            yield start, rows, part
            start += len(rows)
