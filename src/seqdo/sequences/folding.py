"""RNA secondary structure: how likely each letter is paired, or unpaired in which kind of loop, over all structures.

ViennaRNA sums over all structures without pseudoknots (McCaskill 1990, Biopolymers 29:1105; Lorenz et al. 2011,
Algorithms Mol. Biol. 6:26; energies of Turner 2004). Its sliding-window mode splits P(unpaired) by kind of loop
(Bernhart et al. 2011, Algorithms Mol. Biol. 6:3); with a window as long as the sequence the answer is that of the
whole sequence, exact: nothing is sampled, so no seed is needed.
"""

from __future__ import annotations

import importlib.metadata
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequences import Sequences

KINDS = ("paired", "hairpin", "internal", "multiloop", "exterior")
"""What a letter can be: the last axis of :func:`loop_probabilities`. A bulge is an internal loop."""

PAIRED, HAIRPIN = 0, 1
"""Places of these two among KINDS."""

SHORTEST = 5
"""Letters of the shortest hairpin, three between a pair. ViennaRNA 2.8.0 writes beyond its memory for fewer."""

REMEMBERED = 2**14
"""Sequences whose probabilities are remembered: some 20 MB at 41 letters."""


def loop_probabilities(sequences: Sequences, *, temperature: float = 37.0) -> NDArray[np.float64]:
    """P of each letter to be paired, or unpaired in a hairpin loop, internal loop, multiloop or outside all loops.

    Parameters
    ----------
    sequences : RNA, n of them; padding is not folded
    temperature : in °C

    Returns
    -------
    float64 (n, longest, 5), in the order of KINDS: they sum to 1, and are 0 beyond a sequence's end

    Raises
    ------
    InputError
        DNA; ViennaRNA is not installed.

    Examples
    --------
    >>> hairpin = Sequences.from_strings(["GGGGGUUUUUCCCCC"])
    >>> p = loop_probabilities(hairpin)[0]
    >>> [KINDS[kind] for kind in p[[2, 7]].argmax(1)]
    ['paired', 'hairpin']
    """
    if sequences.alphabet is DNA:
        raise InputError("DNA to be folded", "energies of pairs are those of RNA", "Write U for T")
    found = np.zeros((*sequences.codes.shape, len(KINDS)))
    rows = zip(found, sequences.codes, sequences.lengths.tolist(), strict=True)
    for place, codes, length in tqdm(rows, total=len(found), desc="folding", delay=1, disable=None, leave=False):
        place[:length] = letter_probabilities(codes[:length].tobytes(), temperature)
    return found


@lru_cache(maxsize=REMEMBERED)
def letter_probabilities(codes: bytes, temperature: float) -> NDArray[np.float64]:
    """The same of one sequence, given as the bytes of its codes 0-3: (length, 5), to be read and not written."""
    found = np.zeros((len(codes), len(KINDS)))
    if len(codes) < SHORTEST:
        found[:, -1] = 1
    else:
        found[:, 1:] = _unpaired(RNA.decode(np.frombuffer(codes, np.uint8)), temperature)
        found[:, PAIRED] = np.clip(1 - found.sum(1), 0, 1)
    found.flags.writeable = False
    return found


def energies(temperature: float) -> str:
    """What folds, for the record: ``ViennaRNA 2.8.0, Turner 2004, 37 °C``.

    Raises
    ------
    InputError
        ViennaRNA is not installed.
    """
    _vienna()
    return f"ViennaRNA {importlib.metadata.version('ViennaRNA')}, Turner 2004, {temperature:g} °C"


def _unpaired(letters: str, temperature: float) -> NDArray[np.float64]:
    """(length, 4): P of each letter to be unpaired in each kind of loop."""
    vienna, length = _vienna(), len(letters)
    details = vienna.md()
    details.temperature = temperature
    details.window_size = details.max_bp_span = length
    columns = {
        kind: column for column, kind in enumerate((vienna.HP_LOOP, vienna.INT_LOOP, vienna.MB_LOOP, vienna.EXT_LOOP))
    }
    found = np.zeros((length, 4))

    def keep(values: Any, size: int, place: int, most: int, what: int, data: None) -> None:  # noqa: ANN401
        """``values[k]`` is P that k letters in a row, up to letter ``place`` (from 1), are unpaired."""
        found[place - 1, columns[what & vienna.ANY_LOOP]] = values[1]

    wanted = vienna.PROBS_WINDOW_UP | vienna.PROBS_WINDOW_UP_SPLIT
    vienna.fold_compound(letters, details, vienna.OPTION_WINDOW).probs_window(1, wanted, keep, None)
    return found


def _vienna() -> Any:  # noqa: ANN401 - a module without types
    try:
        import RNA as vienna  # noqa: N811 - so the package is called
    except ImportError as error:
        raise InputError(
            "RNA structure without ViennaRNA", "it folds the sequences, and is not installed",
            "Write pip install 'seqdo[structure]'",
        ) from error  # fmt: skip
    return vienna
