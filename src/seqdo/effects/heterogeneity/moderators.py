"""Moderators: numbers of a background, known without its edits, with which an effect may vary."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import numpy as np
from numpy.typing import ArrayLike, NDArray

from seqdo.designs.design import Design
from seqdo.effects.estimates import Estimates
from seqdo.errors import InputError
from seqdo.motifs.matches import hits, strands
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.sequences import Sequences, gc_content

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


def presence(effects: Estimates, motif: str | Motif) -> Floats:
    """How many sites of a motif each background has beside the edits: float64 (n,).

    A site is a place where the motif stands on either strand of DNA, or on the one of RNA: a palindrome counts once.
    Sites that overlap a letter that any arm of the design writes, wherever it may write it, are not counted: in that
    arm the letter is the edit's, and no longer the background's. So the places are the same for all backgrounds and
    rows. Where fewer than some 20 backgrounds have a site, intervals of a slope on it are too narrow: with 5 of 500,
    9 % of slopes of 0 are called.

    Parameters
    ----------
    motif : letters, IUPAC codes, or a Motif, of which each place's likely letters count
        (``seqdo.motifs.matches.LIKELY``)

    Raises
    ------
    InputError
        A motif of the other alphabet; a design whose edits leave no place for it.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"TATA": 1.0}, length=16)
    >>> backgrounds = ["GACCCCCCCCGACCTC", "CCCCCGACCCCCCCCC", "CCCCCCCCCCCCCCCC"]
    >>> effects = sd.estimate(sd.run(sd.embed("TATA", at=6), model, backgrounds, rng=0), margin=0.1)
    >>> presence(effects, "GA").tolist()  # the second background's site overlaps the edit
    [3.0, 0.0, 0.0]
    """
    backgrounds, asked = effects.outcomes.backgrounds, as_motif(motif, sample=True)
    alphabet = backgrounds.alphabet or asked.alphabet or DNA
    if asked.alphabet not in (None, alphabet):
        raise InputError(
            f"presence of {asked.name}, which is {asked.alphabet}", f"the backgrounds are {alphabet}",
            f"Write it with the letters {alphabet.letters}",
        )  # fmt: skip
    stay = _stay(effects.outcomes.design, backgrounds.codes.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(stay, min(asked.width, len(stay))).all(1)
    if asked.width > len(stay) or not windows.any():
        raise InputError(
            f"presence of {asked.name} ({asked.width} letters) beside the edits of {len(effects.outcomes.design.arms)} "
            "arms", "no place is left that none of them writes over", "Ask a design that writes at fewer places",
        )  # fmt: skip
    found = np.logical_or.reduce([hits(backgrounds.codes, one) for one in strands(asked, alphabet)])
    return np.asarray(found[:, windows].sum(1), np.float64)


def usual(effects: Estimates, output: int) -> dict[str, Floats]:
    """Share of G and C, and the members' mean answer without edits where an arm has none."""
    found = {"gc": gc_content(effects.outcomes.backgrounds)}
    unedited = effects.outcomes.design.unedited
    if unedited is not None:
        y = effects.outcomes.y.sel(arm=unedited).transpose("output", "model", "background").values[output]
        found["prediction"] = y.astype(np.float64).mean(0)
    return found


def dinucleotides(backgrounds: Sequences) -> dict[str, Floats]:
    """Share of each of the 16 pairs of neighbouring letters in each sequence; 0 in a sequence of one letter.

    >>> shares = dinucleotides(Sequences.from_strings(["ACGCG", "ACA"]))
    >>> shares["share of CG"].tolist(), shares["share of CA"].tolist()
    ([0.5, 0.0], [0.0, 0.5])
    """
    letters = (backgrounds.alphabet or DNA).letters
    pairs = backgrounds.codes[:, :-1] * np.uint8(5) + backgrounds.codes[:, 1:]
    number = np.maximum(backgrounds.lengths - 1, 1)
    return {
        f"share of {letters[one]}{letters[two]}": (pairs == 5 * one + two).sum(1) / number
        for one, two in product(range(4), repeat=2)
    }


def declared(moderators: Mapping[str, ArrayLike], n: int) -> dict[str, Floats]:
    """What a user gave, as one finite number for each of n backgrounds.

    Raises
    ------
    InputError
        Another number of values than there are backgrounds, or one that is not finite.
    """
    return {name: _checked(name, numbers, n) for name, numbers in moderators.items()}


def _stay(design: Design, length: int) -> Flags:
    """Columns that no arm writes, wherever its sites may be; N writes nothing."""
    stay = np.ones(length, bool)
    for arm in design.arms.values():
        for site in arm.sites:
            stay[site.columns] = False
            if site.to_the_end:
                stay[min(site.starts) :] = False
    return stay


def _checked(name: str, numbers: ArrayLike, n: int) -> Floats:
    found = np.asarray(numbers, np.float64)
    if found.shape != (n,) or not np.isfinite(found).all():
        raise InputError(
            f"moderator {name!r} of shape {found.shape}", f"one finite number for each of {n} backgrounds is needed"
        )
    return found
