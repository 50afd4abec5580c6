"""Sites of real sequences whose own letters are shuffled: their composition stays, and their order is lost."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seqdo.backgrounds.background import BLOCK
from seqdo.designs.changes.change import in_blocks
from seqdo.designs.changes.replacement import Replaced
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import stream


@dataclass(frozen=True, eq=False)
class Shuffled(Replaced):
    """One site of each sequence, with its own letters in a random order; each order is equally likely.

    The order may be the site's own. Where a motif is written over the site, the shuffled letters show next to it and
    at its N; letters outside the site stay. ``window`` has no meaning here.

    Examples
    --------
    >>> from seqdo.sequences.edit import apply
    >>> one = Sequences.from_strings(["CCCCGATTACACCCC"])
    >>> site = Shuffled(np.array([[4]]), np.array([[11]]), 0, 0)
    >>> text = apply(one, [site.edit(np.random.SeedSequence(0), 0, one)]).to_strings()[0]
    >>> text[:4] + text[11:], "".join(sorted(text[4:11]))
    ('CCCCCCCC', 'AAACGTT')
    """

    @property
    def writes(self) -> tuple[object, ...]:
        """Equal for the same shuffle of the same sites."""
        return "shuffled", *super().writes[1:]

    def _drawn(
        self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences, rows: NDArray[np.int64],
        begin: NDArray[np.int64],
    ) -> NDArray[np.uint8]:  # fmt: skip
        """(n, width) the letters from the beginning of each span, those of the site in a random order."""
        n, places = len(rows), np.arange(self.width)
        purpose = f"shuffle of site {self.site}, replicate {self.replicate}"
        keys = in_blocks(first, n, lambda block: stream(seed, purpose, block).random((BLOCK, self.width)))
        columns = np.clip(begin[:, None] + places, 0, backgrounds.codes.shape[1] - 1)
        own = np.take_along_axis(backgrounds.codes, columns, 1)
        at, to = (side[rows, self.site] - begin for side in (self.begins, self.ends))
        inside = (places >= at[:, None]) & (places < to[:, None])
        # Letters of the site are sorted by random keys within one unit; all others by their places, which are integers.
        order = np.argsort(np.where(inside, at[:, None] + keys / 2, places), 1)
        return np.take_along_axis(own, order, 1)
