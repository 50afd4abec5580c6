"""Records of letters become sequences: what is done with masked letters, with ambiguous ones, and with T in RNA."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Literal, NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from seqdo.caller_warning import warn_caller
from seqdo.errors import InputError
from seqdo.sequences.alphabet import AMBIGUOUS, DNA, RNA, Alphabet
from seqdo.sequences.sequences import FileRead, Sequences
from seqdo.sequences.stream import Seed, root, stream

Unknown = Literal["error", "drop", "sample"]
Masked = Literal["upper", "error", "N"]

ANY_AMBIGUOUS = re.compile(f"[{AMBIGUOUS}]")
"""One ambiguous letter of IUPAC, in upper case."""


class Record(NamedTuple):
    """Letters and their name, as a file holds them."""

    name: str
    text: str


def seed_of_unknown(n: Unknown, rng: Seed) -> np.random.SeedSequence | None:
    """The seed that draws letters for N, settled beforehand so that it can be recorded."""
    return root(rng) if n == "sample" else None


def file_read(
    function: str, path: str | PathLike[str], alphabet: Alphabet | None, n: Unknown, masked: Masked, t_as_u: bool,
    seed: np.random.SeedSequence | None, others: Mapping[str, str | bool | int] | None = None,
) -> FileRead | None:  # fmt: skip
    """The call that reads the same sequences again; None where its seed is no whole number.

    Parameters
    ----------
    function, path : what was called, with which file
    alphabet, n, masked, t_as_u, seed : how the letters were read
    others : further arguments that are not the defaults
    """
    if seed is not None and (seed.spawn_key or not isinstance(seed.entropy, int)):
        return None
    options: dict[str, str | bool | int] = {} if alphabet is None else {"alphabet": alphabet.name}
    options |= {} if n == "error" else {"n": n}
    options |= {} if masked == "upper" else {"masked": masked}
    options |= {"t_as_u": True} if t_as_u else {}
    options |= {} if seed is None else {"rng": int(seed.entropy)}  # type: ignore[arg-type]
    return FileRead(function, str(path), options | dict(others or {}))


def check_reading(n: Unknown, masked: Masked) -> None:
    """Refuse a way to read ambiguous or masked letters that does not exist.

    Parameters
    ----------
    n, masked : as in `seqdo.sequences.files.fasta.read_fasta`
    """
    for name, value, kind in (("n", n, Unknown), ("masked", masked, Masked)):
        if value not in get_args(kind):
            choices = ", ".join(f'"{choice}"' for choice in get_args(kind))
            raise InputError(f"{name}={value!r}", f"one of {choices} is needed")


def encoded(
    records: Sequence[Record], alphabet: Alphabet | None, n: Unknown, masked: Masked, t_as_u: bool,
    seed: np.random.SeedSequence | None,
) -> Sequences:  # fmt: skip
    """Sequences from records, after masked letters, ambiguous letters and T were treated as requested.

    Parameters
    ----------
    records : at least one
    alphabet, n, masked, t_as_u : as in `seqdo.sequences.files.fasta.read_fasta`
    seed : draws letters for ambiguous ones, where n is "sample"
    """
    check_reading(n, masked)
    for record in records:
        name = record.name
        if not record.text:
            raise InputError(
                f"record {name!r} is empty (length 0)", "every sequence has at least one letter", "Remove the record"
            )
    notes: list[str] = []
    records = _without_ambiguous(_unmasked(records, masked, notes), n, notes)
    if t_as_u:
        if alphabet not in (None, RNA):
            raise InputError("t_as_u=True with alphabet=sd.DNA", "T is read as U for RNA only", "Write alphabet=sd.RNA")
        records, alphabet = [Record(name, text.replace("T", "U")) for name, text in records], RNA
    _refuse_other_letter(records, alphabet)
    # An ambiguous letter needs some letter until its own is drawn. A fits both alphabets, so the others decide.
    texts = [ANY_AMBIGUOUS.sub("A", text) if n == "sample" else text for _, text in records]
    sequences = Sequences.from_strings(texts, alphabet, [record.name for record in records])
    if seed is not None:
        _fill(sequences, records, seed)
    for note in notes:  # not before all letters are checked: an error says more than a note
        warn_caller(note)
    return sequences


def _unmasked(records: Sequence[Record], masked: Masked, notes: list[str]) -> list[Record]:
    """The records in upper case, with lower-case letters treated as ``masked`` says, which is added to ``notes``."""
    lower = [record.name for record in records if re.search("[a-z]", record.text)]
    if not lower:
        return list(records)
    number = f"{len(lower)} of {len(records)} sequences have lower-case letters (soft mask)"
    if masked == "error":
        raise InputError(
            f'{number}, {lower[0]!r} first, and masked="error"', "only upper-case letters are accepted",
            'Write masked="upper" or masked="N"',
        )  # fmt: skip
    result, others = {"upper": ("upper case", '"error" or "N"'), "N": ("N", '"error" or "upper"')}[masked]
    notes.append(f"{number}, which are read as {result}. To change this, write masked={others}")
    if masked == "N":
        return [Record(name, re.sub("[a-z]", "N", text)) for name, text in records]
    return [Record(name, text.upper()) for name, text in records]


def _without_ambiguous(records: list[Record], n: Unknown, notes: list[str]) -> list[Record]:
    """The records that stay, as ``n`` says: all for "sample", those without ambiguous letters for "drop"."""
    unknown = [record for record in records if ANY_AMBIGUOUS.search(record.text)]
    if n == "sample" or not unknown:
        return records
    letters = sorted(set("".join(record.text for record in unknown)) & set(AMBIGUOUS))
    what = "an N" if letters == ["N"] else f"an ambiguous letter ({', '.join(letters)})"
    if n == "error":
        raise _refusal(unknown, len(records), what)
    if len(unknown) == len(records):
        raise InputError(
            f'all {len(records)} sequences have {what}, and n="drop"', "no sequence would be left", 'Write n="sample"'
        )
    notes.append(
        f"{len(unknown)} of {len(records)} sequences have {what} and were left out (n='drop'). "
        'To keep them with drawn letters, write n="sample"'
    )
    return [record for record in records if not ANY_AMBIGUOUS.search(record.text)]


def _refusal(unknown: Sequence[Record], number: int, what: str) -> InputError:
    """The error for records with ambiguous letters: how many such letters each has, and where the first is."""
    counts = []
    for name, text in unknown[:5]:
        times = len(ANY_AMBIGUOUS.findall(text))
        counts.append(f"{name!r} {times} ({times / len(text):.2%})")
    first = ANY_AMBIGUOUS.search(unknown[0].text)
    where = f"; first {first[0]} at position {first.start()} of {unknown[0].name!r}" if first else ""
    more = ", ..." if len(unknown) > 5 else ""
    return InputError(
        f'{len(unknown)} of {number} sequences have {what}, and n="error": {", ".join(counts)}{more}{where}',
        "an unknown letter has no code",
        'Write n="drop" to leave these sequences out, or n="sample" to fill in random letters',
    )


def _refuse_other_letter(records: Sequence[Record], alphabet: Alphabet | None) -> None:
    """Refuse T and U in one file, T in a file of RNA and U in a file of DNA."""
    t_name = next((record.name for record in records if "T" in record.text), None)
    u_name = next((record.name for record in records if "U" in record.text), None)
    if t_name is not None and u_name is not None:
        raise InputError(
            f"record {t_name!r} has a T and record {u_name!r} a U",
            "a file has one alphabet: T for DNA, U for RNA",
            "Write t_as_u=True to read T as U",
        )
    if t_name is not None and alphabet == RNA:
        raise InputError(
            f"record {t_name!r} has a T at position {dict(records)[t_name].index('T')}, and alphabet=sd.RNA",
            f"the letters of RNA are {RNA.letters}",
            "Write alphabet=sd.DNA, or t_as_u=True to read T as U",
        )
    if u_name is not None and alphabet == DNA:
        raise InputError(
            f"record {u_name!r} has a U at position {dict(records)[u_name].index('U')}, and alphabet=sd.DNA",
            f"the letters of DNA are {DNA.letters}",
            "Write alphabet=sd.RNA",
        )


def _fill(sequences: Sequences, records: Sequence[Record], seed: np.random.SeedSequence) -> None:
    """Draw one of its bases for each ambiguous letter, in the order of the file, and write it into the codes."""
    letters = np.frombuffer("".join(record.text for record in records).encode("latin-1"), np.uint8)
    inside = np.arange(sequences.codes.shape[1]) < sequences.lengths[:, None]
    unknown: NDArray[np.bool_] = np.zeros(sequences.codes.shape, bool)
    unknown[inside] = np.isin(letters, [ord(letter) for letter in AMBIGUOUS])
    kinds = letters[unknown[inside]]
    draws = stream(seed, "unknown letters").random(len(kinds))
    codes = np.empty(len(kinds), np.uint8)
    for letter in AMBIGUOUS:
        bases = np.array(DNA.iupac(letter), np.uint8)  # the codes of RNA are the same
        rows = kinds == ord(letter)
        codes[rows] = bases[np.floor(len(bases) * draws[rows]).astype(np.int64)]
    sequences.codes[unknown] = codes
