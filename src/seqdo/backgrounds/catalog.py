"""The backgrounds by kind, one row each: adding one takes its file and a row here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from seqdo.backgrounds.background import BLOCK, Background
from seqdo.backgrounds.custom import custom
from seqdo.backgrounds.gc_matched import gc_matched
from seqdo.backgrounds.given import as_background, given
from seqdo.backgrounds.markov import markov
from seqdo.backgrounds.natural import natural
from seqdo.backgrounds.profile import profile
from seqdo.backgrounds.shuffled import shuffled
from seqdo.backgrounds.uniform import uniform

__all__ = [
    "BLOCK", "Background", "as_background", "custom", "gc_matched", "given", "markov", "natural", "profile", "shuffled",
    "uniform",
]  # fmt: skip


@dataclass(frozen=True)
class BackgroundKind:
    """A kind of background.

    Attributes
    ----------
    function : makes one; its name is the name of the kind, and its parameters are the keys of a study
    keeps : what the backgrounds keep of real sequences, after the verb "keeps"
    """

    function: Callable[..., Background]
    keeps: str


BACKGROUNDS: Mapping[str, BackgroundKind] = {
    row.function.__name__: row
    for row in (
        BackgroundKind(uniform, "nothing: every letter is equally likely at every position"),
        BackgroundKind(profile, "letter frequencies at each position"),
        BackgroundKind(markov, "which letter follows which, by a Markov chain"),
        BackgroundKind(shuffled, "the k-mers of each sequence, in an exactly uniform shuffle"),
        BackgroundKind(gc_matched, "GC content of each sequence, in random letters or sequences of a pool"),
        BackgroundKind(natural, "everything: real sequences in random order, each at most once"),
        BackgroundKind(given, "everything: exactly these sequences, in their order"),
        BackgroundKind(custom, "what your function draws"),
    )
}
"""Name to kind. Study files and ``seqdo backgrounds`` are read off these rows."""
