"""A context that folds: the letters around a motif, rearranged until the motif is in the structure that is asked for.

Tries for background i are its own letters as they are, and then random orders of those around the motif, from a stream
of background i's own; each with the 3' arm of the hairpin made the reverse complement of its 5' arm. The first that
meets the criterion, with the motif in place, is taken. So contexts have the composition of their backgrounds but
for the pairing, and no knowledge of the null model is needed. A loop and a stem leave letters beyond ``reach`` alone,
and try the same orders. Where the motif shall be unstructured, all letters of a background are rearranged: of those
that are left alone some pair with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from seqdo.designs.changes.change import Change
from seqdo.designs.changes.hairpin_shape import UNSTRUCTURED, Columns, Shape
from seqdo.errors import InputError
from seqdo.sequences.alphabet import KEEP, RNA, Alphabet, complement
from seqdo.sequences.edit import Edit
from seqdo.sequences.folding import energies
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import stream

REMEMBERED = 2**16
"""Contexts that are remembered: every arm of a shape has the same, and asks for them again."""

ROOM = 16
"""Letters beside a motif that fold into a hairpin of 6+4 of their own, and so hardly with the motif; more do so too."""

Seed = tuple[int | tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Folded(Change):
    """The letters around a motif, so that it is in a hairpin's loop, in its stem, or in neither.

    The motif's own letters are left alone: what is written there is another change's affair, and the same context
    serves the motif, its scrambles and nothing.

    Attributes
    ----------
    motif : what it is called
    shape : what shall fold
    tries : the most orders of a background's letters
    folding : what folds, as :func:`seqdo.sequences.folding.energies` says it
    broken : "", "5'", "3'" or "both": arms of whose letters ``breaks`` become their complement, so that they don't pair
        with the other arm; where both do, pairs are restored
    """

    motif: str
    shape: Shape
    tries: int
    folding: str
    broken: str = ""
    breaks: int = 0

    @property
    def alphabet(self) -> Alphabet:
        """RNA."""
        return RNA

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"{self.motif} in {'' if self.to_the_end else 'a '}{self.says}"

    @property
    def says(self) -> str:
        """The structure, as tables call it."""
        hairpin = f"{self.shape.structure} of {self.shape.stem}+{self.shape.loop}"
        plain = f"{self.shape.structure} context" if self.to_the_end else hairpin
        return f"{plain}, {self.broken} broken" if self.broken else plain

    @property
    def label(self) -> str:
        """What arms are named by."""
        return f"{self.says}@{self.shape.start}"

    @property
    def writes(self) -> tuple[object, ...]:
        """Equal for the same shape, tries and breaks."""
        return self.shape, self.tries, self.broken, self.breaks

    @property
    def starts(self) -> tuple[int, ...]:
        """The start of the sequence."""
        return (0,)

    @property
    def width(self) -> int:
        """Letters that may be rearranged."""
        return self.shape.reach

    @property
    def columns(self) -> Columns:
        """All of them but the motif's own."""
        return self.shape.around

    @property
    def to_the_end(self) -> bool:
        """Yes where the motif shall be unstructured."""
        return self.shape.structure == UNSTRUCTURED

    def check(self, lengths: NDArray[np.int64]) -> None:
        """Refuse sequences that the hairpin does not fit into."""
        self.shape.refuse(int(lengths.min()), self.name)

    def edit(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> Edit:
        """The edit of backgrounds first, first + 1, ... of the run with this seed.

        Raises
        ------
        InputError
            No order of a background's letters meets the criterion; another version of what folds.
        """
        contexts = [context for context, _ in self.contexts(seed, first, backgrounds)]
        letters = np.full((len(contexts), max(map(len, contexts))), KEEP, np.uint8)
        for row, context in zip(letters, contexts, strict=True):
            row[: len(context)] = np.frombuffer(context, np.uint8)
        for arm in self._breaking():
            letters[:, arm] = complement(letters[:, arm])
        letters[:, self.shape.at : self.shape.at + self.shape.width] = KEEP
        return Edit(self.name, letters, 0)

    def contexts(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> list[tuple[bytes, int]]:
        """Of each background its context's codes, unbroken and up to where it writes, and which try it was."""
        self._check_energies()
        entropy = seed.entropy if isinstance(seed.entropy, int) else tuple(seed.entropy or ())
        shape, key, found = self.shape, (entropy, tuple(seed.spawn_key)), list[tuple[bytes, int]]()
        rows = zip(backgrounds.codes, backgrounds.lengths.tolist(), strict=True)
        bar = tqdm(rows, total=len(backgrounds), desc=f"folding {self.says}", delay=1, disable=None, leave=False)
        for codes, length in bar:
            context = _search(shape.within(length), codes[:length].tobytes(), self.tries, key, first + len(found))
            if not context[0]:
                self._refuse(first + len(found), [number for _, number in found])
            found.append(context)
        return found

    def _breaking(self) -> list[Columns]:
        """Columns of the arms that are broken, spread evenly along them: pairs that are left stand alone."""
        places = (2 * np.arange(self.breaks) + 1) * self.shape.stem // max(2 * self.breaks, 1)
        arms = dict(zip(("5'", "3'"), self.shape.arms, strict=True))
        return [columns[places] for name, columns in arms.items() if self.broken in (name, "both")]

    def _check_energies(self) -> None:
        now = energies(self.shape.temperature)
        if now != self.folding:
            raise InputError(
                f"contexts that were folded by {self.folding}", f"here is {now}, which may fold others",
                "Install the version that they were made with, or run the design again",
            )  # fmt: skip

    def _refuse(self, index: int, others: list[int]) -> None:
        roomy = f"an at with {ROOM} letters or more on either side"
        other = roomy if self.to_the_end else "a longer stem"
        rate = f" ({len(others)} in {sum(others)} tries)" if others else ""
        raise InputError(
            f"{self.name}: not found for background {index} in {self.tries} tries, "
            f"after {len(others)} others were{rate}",
            f"{self.shape.wanted} is needed", f"Write accept={self.shape.accept / 2:g}, more tries, or {other}",
        )  # fmt: skip


@lru_cache(maxsize=REMEMBERED)
def _search(shape: Shape, text: bytes, tries: int, seed: Seed, index: int) -> tuple[bytes, int]:
    """The first context of a background that meets the shape's criterion, and which try it was; empty if none does."""
    own, around = np.frombuffer(text, np.uint8), shape.around
    rng = stream(np.random.SeedSequence(seed[0], spawn_key=seed[1]), f"letters around {shape.at}", index)
    for number in range(1, tries + 1):
        codes = own.copy()
        if number > 1:
            codes[around] = rng.permutation(own[around])
        made = shape.built(codes)
        if shape.met(made):
            return made[: shape.reach].tobytes(), number
    return b"", tries
