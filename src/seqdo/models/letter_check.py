"""Does a network read its letters in the order that was stated? A network that is the same on both strands shows it.

Reverse complements swap A with T and C with G, and reverse the positions. Many networks predict the same for both
strands, by their layers or by an average. If such a network reads its channels in another order, it is symmetric under
another pairing of the letters instead.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seqdo.models.letter_order import LETTERS
from seqdo.sequences.alphabet import PAD

COMPLEMENT = (3, 2, 1, 0)
"""The code of each letter's complement: A with T, C with G."""

OTHER_PAIRINGS = ((1, 0, 3, 2), (2, 3, 0, 1))
"""The two other ways to pair four letters: A with C and G with T; A with G and C with T."""

DISTINCT = 4
"""So many different predictions of eight sequences show that a network does not predict one number for most."""

Codes = NDArray[np.uint8]


def reversed_pairs(codes: Codes, pairing: tuple[int, ...]) -> Codes:
    """The sequences from their ends, with each letter replaced by its partner.

    Examples
    --------
    >>> reversed_pairs(np.array([[2, 0, 3]], np.uint8), COMPLEMENT).tolist()  # GAT, whose reverse complement is ATC
    [[0, 3, 1]]
    """
    return np.array([*pairing, PAD], np.uint8)[codes][:, ::-1]


def wrong_pairing_warning(name: str, letters: str, pairing: tuple[int, ...]) -> str:
    """The warning about a network that is symmetric under another pairing than that of complements.

    Parameters
    ----------
    name : how messages refer to the network
    letters : the stated order
    pairing : under which the network is symmetric, of codes A, C, G, T
    """
    first = LETTERS[pairing[0]]
    others = [letter for letter in LETTERS[1:] if letter != first]
    # The letters at channels that the network takes for complements become complements.
    order = dict.fromkeys(letters, "")
    order["A"], order[first] = "A", "T"
    order[others[0]], order[others[1]] = "C", "G"
    return (
        f"{name} predicts the same for both strands if A is paired with {first} and {others[0]} with {others[1]}, "
        f'but not if A is paired with T and C with G. Its channels may be in another order than letters="{letters}", '
        f'such as letters="{"".join(order.values())}". Write the order of the model in wrap(letters=...)'
    )
