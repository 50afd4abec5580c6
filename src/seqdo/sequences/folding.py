"""RNA secondary structure: the probability that each position is paired, or unpaired in a given kind of loop.

ViennaRNA sums over all structures without pseudoknots (McCaskill 1990, Biopolymers 29:1105; Lorenz et al. 2011,
Algorithms Mol. Biol. 6:26; energies of Turner 2004). Its sliding-window mode splits P(unpaired) by kind of loop
(Bernhart et al. 2011, Algorithms Mol. Biol. 6:3). Here the window is as long as the sequence, so the probabilities are
those of the whole sequence. They are exact: no structure is sampled, and no seed is needed.
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
"""States of a position: the last axis of :func:`loop_probabilities`. A bulge counts as an internal loop."""

PAIRED, HAIRPIN = 0, 1
"""Indices of these two states in KINDS."""

SHORTEST = 5
"""Length of the shortest hairpin in nt: a pair and three positions between. ViennaRNA 2.8.0 writes outside its own
memory if a sequence is shorter."""

REMEMBERED = 2**14
"""Number of sequences whose probabilities stay in memory: about 20 MB for sequences of 41 nt."""


def loop_probabilities(sequences: Sequences, *, temperature: float = 37.0) -> NDArray[np.float64]:
    """Probability of each position to be paired, or unpaired in each kind of loop.

    Parameters
    ----------
    sequences : n RNA sequences; padding is not folded
    temperature : in °C

    Returns
    -------
    float64 (n, longest, 5)
        Probabilities in the order of KINDS. They sum to 1, and are 0 beyond the end of a sequence.

    Raises
    ------
    InputError
        The sequences are DNA, or ViennaRNA is not installed.

    Examples
    --------
    >>> hairpin = Sequences.from_strings(["GGGGGUUUUUCCCCC"])
    >>> p = loop_probabilities(hairpin)[0]
    >>> [KINDS[kind] for kind in p[[2, 7]].argmax(1)]
    ['paired', 'hairpin']
    """
    if sequences.alphabet is DNA:
        raise InputError(
            "`sequences` are DNA", "only RNA can be folded, because the pairing energies are those of RNA",
            "Write U for T",
        )  # fmt: skip
    probabilities = np.zeros((*sequences.codes.shape, len(KINDS)))
    rows = zip(probabilities, sequences.codes, sequences.lengths.tolist(), strict=True)
    for row, codes, length in tqdm(rows, total=len(sequences), desc="folding", delay=1, disable=None, leave=False):
        row[:length] = letter_probabilities(codes[:length].tobytes(), temperature)
    return probabilities


@lru_cache(maxsize=REMEMBERED)
def letter_probabilities(codes: bytes, temperature: float) -> NDArray[np.float64]:
    """Probabilities for one sequence, as in :func:`loop_probabilities`.

    Parameters
    ----------
    codes : the codes 0-3 of one sequence, as bytes (a key that the cache can hash)
    temperature : in °C

    Returns
    -------
    float64 (length, 5), read-only
        Calls with the same arguments share this array.
    """
    probabilities = np.zeros((len(codes), len(KINDS)))
    if len(codes) < SHORTEST:
        probabilities[:, -1] = 1
    else:
        probabilities[:, 1:] = _unpaired(RNA.decode(np.frombuffer(codes, np.uint8)), temperature)
        # Rounding can take the sum of the unpaired probabilities a little above 1.
        probabilities[:, PAIRED] = np.clip(1 - probabilities.sum(1), 0, 1)
    probabilities.flags.writeable = False
    return probabilities


def energies(temperature: float) -> str:
    """Name the program and the energies that fold, for the record: ``ViennaRNA 2.8.0, Turner 2004, 37 °C``.

    Parameters
    ----------
    temperature : in °C

    Raises
    ------
    InputError
        ViennaRNA is not installed.
    """
    _vienna()
    return f"ViennaRNA {importlib.metadata.version('ViennaRNA')}, Turner 2004, {temperature:g} °C"


def _unpaired(letters: str, temperature: float) -> NDArray[np.float64]:
    """Probability of each position to be unpaired in each kind of loop, (length, 4)."""
    vienna, length = _vienna(), len(letters)
    settings = vienna.md()
    settings.temperature = temperature
    settings.window_size = settings.max_bp_span = length
    columns = {
        kind: column for column, kind in enumerate((vienna.HP_LOOP, vienna.INT_LOOP, vienna.MB_LOOP, vienna.EXT_LOOP))
    }
    unpaired = np.zeros((length, 4))

    def keep(values: Any, size: int, end: int, longest: int, kind: int, data: None) -> None:  # noqa: ANN401
        """Store the answer for one position. ViennaRNA calls this function once for each position and kind of loop.

        ``values[k]`` is the probability that the k positions up to ``end`` (counted from 1) are all unpaired.
        """
        unpaired[end - 1, columns[kind & vienna.ANY_LOOP]] = values[1]

    options = vienna.PROBS_WINDOW_UP | vienna.PROBS_WINDOW_UP_SPLIT
    vienna.fold_compound(letters, settings, vienna.OPTION_WINDOW).probs_window(1, options, keep, None)
    return unpaired


def _vienna() -> Any:  # noqa: ANN401 - a module without types
    try:
        import RNA as vienna  # noqa: N811 - the package is called RNA, as our alphabet is
    except ImportError as error:
        raise InputError(
            "`ViennaRNA` is not installed", "this package is needed to fold RNA", "Write pip install 'seqdo[structure]'"
        ) from error  # fmt: skip
    return vienna
