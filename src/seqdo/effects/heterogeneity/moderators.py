"""Moderators: numbers that are known for each background without its edits, and with which an effect may vary."""

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
    """Number of sites of a motif in each background, outside the edits: float64 (n,).

    A site is a match on either strand of DNA, or on the single strand of RNA. A palindrome counts once. A site is
    not counted if any arm of the design may write one of its positions: in that arm the letter is part of the edit.
    The counted positions are therefore the same for all backgrounds and all rows of the table.

    If fewer than about 20 backgrounds have a site, the interval of a slope on the number of sites is too narrow. With
    5 of 500 backgrounds, 9 % of slopes of 0 have an interval that excludes 0.

    Parameters
    ----------
    effects : the estimates of a design
    motif : letters, IUPAC codes, or a Motif; of a Motif the likely letters at each position match
        (``seqdo.motifs.matches.LIKELY``)

    Returns
    -------
    Number of sites in each background

    Raises
    ------
    InputError
        A motif of the other alphabet; a design whose edits leave no position for the motif.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"TATA": 1.0}, length=16)
    >>> backgrounds = ["GACCCCCCCCGACCTC", "CCCCCGACCCCCCCCC", "CCCCCCCCCCCCCCCC"]
    >>> effects = sd.estimate(sd.run(sd.embed("TATA", at=6), model, backgrounds, rng=0), margin=0.1)
    >>> presence(effects, "GA").tolist()  # the second background's site overlaps the edit
    [3.0, 0.0, 0.0]
    """
    backgrounds, site = effects.outcomes.backgrounds, as_motif(motif, sample=True)
    alphabet = backgrounds.alphabet or site.alphabet or DNA
    if site.alphabet not in (None, alphabet):
        raise InputError(
            f"`motif` is {site.name}, which is {site.alphabet}", f"the backgrounds are {alphabet}",
            f"Write the motif with the letters {alphabet.letters}",
        )  # fmt: skip
    unedited = _unedited_positions(effects.outcomes.design, backgrounds.codes.shape[1])
    windows = np.lib.stride_tricks.sliding_window_view(unedited, min(site.width, len(unedited))).all(1)
    if site.width > len(unedited) or not windows.any():
        raise InputError(
            f"`motif` is {site.name} ({site.width} positions long), and the arms of the design write wherever it fits",
            "the motif has to fit between the edits of all arms", "Use a design that writes at fewer positions",
        )  # fmt: skip
    matches = np.logical_or.reduce([hits(backgrounds.codes, strand) for strand in strands(site, alphabet)])
    return np.asarray(matches[:, windows].sum(1), np.float64)


def usual(effects: Estimates, output: int) -> dict[str, Floats]:
    """The default moderators of one output: GC content, and the members' mean prediction without edits.

    The prediction is left out where the design has no arm without edits.
    """
    moderators = {"gc": gc_content(effects.outcomes.backgrounds)}
    unedited = effects.outcomes.design.unedited
    if unedited is not None:
        y = effects.outcomes.y.sel(arm=unedited).transpose("output", "model", "background").values[output]
        moderators["prediction"] = y.astype(np.float64).mean(0)
    return moderators


def dinucleotides(backgrounds: Sequences) -> dict[str, Floats]:
    """Share of each of the 16 dinucleotides in each sequence; 0 in a sequence of length 1.

    Parameters
    ----------
    backgrounds : n sequences

    Returns
    -------
    "share of AA", "share of AC", ... to float64 (n,)

    Examples
    --------
    >>> shares = dinucleotides(Sequences.from_strings(["ACGCG", "ACA"]))
    >>> shares["share of CG"].tolist(), shares["share of CA"].tolist()
    ([0.5, 0.0], [0.0, 0.5])
    """
    letters = (backgrounds.alphabet or DNA).letters
    # Codes are 0 to 3 and 4 for padding: in base 5 each pair has its own number, also pairs with padding.
    pairs = backgrounds.codes[:, :-1] * np.uint8(5) + backgrounds.codes[:, 1:]
    number = np.maximum(backgrounds.lengths - 1, 1)
    return {
        f"share of {letters[left]}{letters[right]}": (pairs == 5 * left + right).sum(1) / number
        for left, right in product(range(4), repeat=2)
    }


def declared(moderators: Mapping[str, ArrayLike], n: int) -> dict[str, Floats]:
    """Moderators that a user passed, as one finite number for each of n backgrounds.

    Parameters
    ----------
    moderators : name to the values of a moderator
    n : number of backgrounds

    Raises
    ------
    InputError
        Another number of values than there are backgrounds; a value that is not finite.
    """
    return {name: _checked(name, numbers, n) for name, numbers in moderators.items()}


def _unedited_positions(design: Design, length: int) -> Flags:
    """Positions that no arm can write, bool (length,); N writes nothing."""
    unedited = np.ones(length, bool)
    for arm in design.arms.values():
        for site in arm.sites:
            unedited[site.columns] = False
            if site.to_the_end:
                unedited[min(site.starts) :] = False
    return unedited


def _checked(name: str, numbers: ArrayLike, n: int) -> Floats:
    values = np.asarray(numbers, np.float64)
    if values.shape != (n,) or not np.isfinite(values).all():
        infinite = int((~np.isfinite(values)).sum())
        raise InputError(
            f"`moderators[{name!r}]` of shape {values.shape} with {infinite} values that are not finite",
            f"one finite number for each of {n} backgrounds is needed",
        )
    return values
