"""Letters and names that no sequence can have: the errors name the sequence and the position."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import AMBIGUOUS, DNA, RNA, Alphabet

NOT_A_LETTER = 255
"""The code that :meth:`Alphabet.encode` gives to a character outside the alphabet."""


def checked_names(names: Sequence[str], n: int) -> tuple[str, ...]:
    """The names, if there are n of them and no two are equal.

    Parameters
    ----------
    names : a name for each sequence
    n : number of sequences
    """
    labels = tuple(names)
    if len(labels) != n:
        raise InputError(
            f"`names` has {len(labels)} names for {n} sequences",
            "each sequence needs one name",
            "Leave `names` out if the sequences need no names",
        )
    name, times = Counter(labels).most_common(1)[0]
    if times > 1:
        raise InputError(
            f"{times} sequences named {name!r} in `names`", "names are unique", "Rename them, or leave `names` out"
        )
    return labels


def refuse_other_characters(
    flat: NDArray[np.uint8], texts: list[str], labels: tuple[str, ...], lengths: NDArray[np.int64], alphabet: Alphabet
) -> None:
    """Refuse characters outside the alphabet.

    Parameters
    ----------
    flat : codes of all texts, one text after the other
    texts, labels, lengths : of each sequence
    alphabet : the letters that are accepted
    """
    unknown = np.flatnonzero(flat == NOT_A_LETTER)
    if not len(unknown):
        return
    starts = np.concatenate([[0], np.cumsum(lengths)])
    row = int(np.searchsorted(starts, unknown[0], "right")) - 1
    position = int(unknown[0] - starts[row])
    letter = texts[row][position]
    where = f"{letter!r} at position {position} of {labels[row]}"
    if letter in "-.*":
        raise InputError(where, "sequences have no gaps", "Remove the gaps of the alignment first")
    if letter.upper() in AMBIGUOUS:
        rows = np.searchsorted(starts, unknown, "right") - 1
        share = len(unknown) / len(flat)
        raise InputError(
            f"{where}; {len(unknown)} such letters ({share:.2%}) in {len(np.unique(rows))} of {len(texts)} sequences",
            "an unknown letter has no code",
            'Leave these sequences out: sd.read_fasta(path, n="drop") does so, and n="sample" fills in random letters',
        )
    if letter.upper() in "TU":
        other = DNA if letter.upper() == "T" else RNA
        raise InputError(
            where,
            f"the alphabet {alphabet!r} has the letters {alphabet.letters}",
            f"Write alphabet=sd.{other!r}, or replace the letter",
        )
    raise InputError(
        where, f"the letters of {alphabet!r} are {alphabet.letters}",
        "Check that these are sequences of nucleotides, one on each line or with a header such as >name",
    )  # fmt: skip


def advice_for_file(text: str) -> str:
    """What to write for a text that is the name of a file of sequences or loci; "" if it is none.

    Parameters
    ----------
    text : what a user passes as letters
    """
    ending = text.lower().removesuffix(".gz").rpartition(".")[2]
    if ending in ("bed", "narrowpeak", "broadpeak", "gtf", "gff", "gff3", "h5ad"):
        return f'Write sd.read_loci({text!r}, genome="hg38.fa")'
    return f"Write sd.read_sequences({text!r})" if ending in ("fa", "fasta", "fna", "txt", "npz", "npy", "h5") else ""
