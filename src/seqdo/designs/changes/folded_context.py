"""A context that folds: the letters around a motif, rearranged until the motif has the requested structure.

Tries for background i are its own letters as they are, and then random orders of the letters around the motif, from a
stream of background i. In each try the 3' arm of the hairpin is the reverse complement of its 5' arm. The first try
that meets the criterion, with the motif in place, is taken. So contexts have the composition of their backgrounds
except for the pairing, whatever the null model is. A loop and a stem leave letters beyond ``reach`` alone, and try the
same orders. For an unstructured motif all letters of a background are rearranged, because letters that stay would pair
with the motif.
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
"""Contexts that are cached: every arm of a shape has the same contexts."""

ROOM = 16
"""Length of a flank that folds into a hairpin of 6+4, and so hardly pairs with the motif; a longer flank does too."""

Seed = tuple[int | tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, eq=False)
class Folded(Change):
    """The letters around a motif, so that it is in a hairpin's loop, in its stem, or in neither.

    The motif's own letters are left alone: another change writes them, so that the motif, its scrambles and no motif
    share one context.

    Attributes
    ----------
    motif : its name
    shape : the structure to fold
    tries : the most orders of a background's letters
    folding : the energy model, as :func:`seqdo.sequences.folding.energies` names it
    broken : "", "5'", "3'" or "both": arms in which ``breaks`` letters become their complement, so that they don't pair
        with the other arm; breaking both arms restores the pairs
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
        """Its name in errors."""
        return f"{self.motif} in {'' if self.to_the_end else 'a '}{self.says}"

    @property
    def says(self) -> str:
        """The structure, as tables name it."""
        hairpin = f"{self.shape.structure} of {self.shape.stem}+{self.shape.loop}"
        plain = f"{self.shape.structure} context" if self.to_the_end else hairpin
        return f"{plain}, {self.broken} broken" if self.broken else plain

    @property
    def label(self) -> str:
        """Its part of the name of an arm."""
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
        """Positions that may be rearranged."""
        return self.shape.reach

    @property
    def columns(self) -> Columns:
        """All positions but the motif's own."""
        return self.shape.around

    @property
    def to_the_end(self) -> bool:
        """True for an unstructured motif."""
        return self.shape.structure == UNSTRUCTURED

    def check(self, lengths: NDArray[np.int64]) -> None:
        """Refuse sequences that the hairpin does not fit into."""
        self.shape.refuse(int(lengths.min()), self.name)

    def edit(self, seed: np.random.SeedSequence, first: int, backgrounds: Sequences) -> Edit:
        """The edit of backgrounds first, first + 1, ... of the run with this seed.

        Raises
        ------
        InputError
            No order of a background's letters meets the criterion; another version of the energy model.
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
        """For each background the codes of its context, unbroken and up to ``reach``, and the number of the try."""
        self._check_energies()
        entropy = seed.entropy if isinstance(seed.entropy, int) else tuple(seed.entropy or ())
        shape, key, contexts = self.shape, (entropy, tuple(seed.spawn_key)), list[tuple[bytes, int]]()
        rows = zip(backgrounds.codes, backgrounds.lengths.tolist(), strict=True)
        bar = tqdm(rows, total=len(backgrounds), desc=f"folding {self.says}", delay=1, disable=None, leave=False)
        for codes, length in bar:
            context = _search(shape.within(length), codes[:length].tobytes(), self.tries, key, first + len(contexts))
            if not context[0]:
                self._refuse(first + len(contexts), [number for _, number in contexts])
            contexts.append(context)
        return contexts

    def _breaking(self) -> list[Columns]:
        """Columns of broken arms, spread evenly along them, so that the remaining pairs stand alone."""
        places = (2 * np.arange(self.breaks) + 1) * self.shape.stem // max(2 * self.breaks, 1)
        arms = dict(zip(("5'", "3'"), self.shape.arms, strict=True))
        return [columns[places] for name, columns in arms.items() if self.broken in (name, "both")]

    def _check_energies(self) -> None:
        now = energies(self.shape.temperature)
        if now != self.folding:
            raise InputError(
                f"`design` was folded by {self.folding}", f"{now} is installed, and may fold other contexts",
                "Install the version that the design was made with, or run the design again",
            )  # fmt: skip

    def _refuse(self, index: int, others: list[int]) -> None:
        roomy = f"an `at` with {ROOM} nt or more on either side"
        other = roomy if self.to_the_end else "a longer stem"
        rate = f" ({len(others)} in {sum(others)} tries)" if others else ""
        raise InputError(
            f"{self.name}: tries={self.tries} orders of background {index} do not fold so, "
            f"after {len(others)} other backgrounds did{rate}",
            f"{self.shape.wanted} is needed", f"Write accept={self.shape.accept / 2:g}, more tries, or {other}",
        )  # fmt: skip


@lru_cache(maxsize=REMEMBERED)
def _search(shape: Shape, text: bytes, tries: int, seed: Seed, index: int) -> tuple[bytes, int]:
    """The first context of a background that meets the criterion of the shape, and its try; empty if none does."""
    own, around = np.frombuffer(text, np.uint8), shape.around
    rng = stream(np.random.SeedSequence(seed[0], spawn_key=seed[1]), f"letters around {shape.at}", index)
    for number in range(1, tries + 1):
        codes = own.copy()
        if number > 1:
            codes[around] = rng.permutation(own[around])
        context = shape.built(codes)
        if shape.met(context):
            return context[: shape.reach].tobytes(), number
    return b"", tries
