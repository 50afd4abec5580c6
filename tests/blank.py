"""Backgrounds for edits that do not look at them."""

import numpy as np

from seqdo.sequences.sequences import Sequences


def blank(n: int, length: int = 60) -> Sequences:
    """So many of the letter A."""
    return Sequences.from_codes(np.zeros((n, length), np.uint8))
