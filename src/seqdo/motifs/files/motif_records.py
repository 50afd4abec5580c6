"""Records of a motif file, good and bad: which are kept, and how the others are reported."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Literal, NamedTuple

from seqdo.caller_warning import warn_caller
from seqdo.errors import InputError
from seqdo.motifs.files.motif_lines import Block
from seqdo.motifs.motif import Motif

OnBadRecords = Literal["raise", "skip"]


class MissingMatrixError(InputError):
    """A record that names a motif and has no matrix, as some programs and databases write them on purpose."""


def missing_matrix(block: Block, accepted: str, fix: str = "") -> MissingMatrixError:
    """Build the error for a record without a matrix.

    Parameters
    ----------
    block : the record
    accepted, fix : the second and third part of the error
    """
    problem = block.head.refuse(f"motif {block.name} has no matrix", accepted).problem
    return MissingMatrixError(problem, accepted, fix)


class BadRecord(NamedTuple):
    """A record that is not a motif.

    Attributes
    ----------
    block : its lines
    error : why it can't be read
    """

    block: Block
    error: InputError

    @property
    def reason(self) -> str:
        """Line, name and reason, in one line."""
        problem = self.error.problem.removeprefix(f"{self.block.head.file}, ")
        place, _, rest = problem.partition(": ")
        named = problem if self.block.name in rest else f"{place}: motif {self.block.name}: {rest}"
        return f"{named} ({self.error.accepted})"


Record = Motif | BadRecord


def attempts(blocks: Iterable[Block], read: Callable[[Block], Motif]) -> Iterator[Record]:
    """Read each block. A block that can't be read does not end the reading of the others.

    Parameters
    ----------
    blocks : the motifs of a file, as lines
    read : reads one of them
    """
    for block in blocks:
        try:
            yield read(block)
        except InputError as error:
            yield BadRecord(block, error)


def kept(records: Sequence[Record], file: str, errors: OnBadRecords) -> list[Motif]:
    """The motifs among the records, with unique names.

    Records without a matrix are skipped with a warning. Other bad records are skipped or refused, all of them at once.

    Parameters
    ----------
    records : motifs and bad records of a file, in order
    file : path of the file
    errors : "raise" or "skip"

    Raises
    ------
    InputError
        ``errors`` is "raise", and there is a bad record or no motif at all.
    """
    motifs = [record for record in records if isinstance(record, Motif)]
    bad = [record for record in records if isinstance(record, BadRecord)]
    empty = [record for record in bad if isinstance(record.error, MissingMatrixError)]
    damaged = [record for record in bad if not isinstance(record.error, MissingMatrixError)]
    if errors == "raise" and damaged:
        raise _all_listed(damaged, file, len(motifs))
    if not motifs and (errors == "raise" or not bad):
        raise _no_motifs(empty, file)
    if empty:
        names = ", ".join(f"{record.block.name} (line {record.block.head.number})" for record in empty)
        warnings.warn(f"{file}: motifs without a matrix were skipped: {names}", stacklevel=3)
    if damaged:
        reasons = "\n  ".join(record.reason for record in damaged)
        total = f"{len(damaged)} of {len(motifs) + len(damaged)} motifs"
        warnings.warn(f"{file}: {total} can't be read and were skipped:\n  {reasons}", stacklevel=3)
    return _with_unique_names(motifs, file)


def _all_listed(damaged: Sequence[BadRecord], file: str, n_motifs: int) -> InputError:
    """One error for all bad records. A single one keeps its own advice."""
    others = f'Write errors="skip" to read the other {n_motifs} motif{"s" * (n_motifs > 1)}' if n_motifs else ""
    if len(damaged) == 1:
        error = damaged[0].error
        return InputError(error.problem, error.accepted, ". ".join(filter(None, (error.fix, others))))
    reasons = "\n  ".join(record.reason for record in damaged)
    fixes = dict.fromkeys(record.error.fix for record in damaged)
    return InputError(
        f"{file}: {len(damaged)} of {len(damaged) + n_motifs} motifs can't be read:\n  {reasons}",
        "each motif of the file needs a complete matrix", ". ".join(filter(None, (*fixes, others))),
    )  # fmt: skip


def _no_motifs(empty: Sequence[BadRecord], file: str) -> InputError:
    """The error for a file without a motif."""
    if not empty:
        return InputError(f"file {file} holds no motifs", "at least one motif is needed")
    names = ", ".join(record.block.name for record in empty)
    return InputError(
        f"file {file} holds no motifs: no matrix for {names}", "at least one motif with a matrix is needed",
        empty[0].error.fix,
    )  # fmt: skip


def _with_unique_names(motifs: Sequence[Motif], file: str) -> list[Motif]:
    """Rename motifs whose name an earlier motif has: the later ones get .2, .3, ... after their name."""
    counts = Counter(motif.name for motif in motifs)
    taken, unique, earlier = set(counts), list[Motif](), set[str]()
    for motif in motifs:
        name = motif.name
        if name in earlier:
            # "GATA.2" may be the name of another motif of the file. The next free number is taken then.
            name = next(numbered for i in count(2) if (numbered := f"{motif.name}.{i}") not in taken)
            taken.add(name)
        earlier.add(name)
        unique.append(motif if name == motif.name else replace(motif, name=name, axis=1))
    repeated = [name for name, times in counts.items() if times > 1]
    if repeated:
        names = ", ".join(repeated[:5]) + (f" and {len(repeated) - 5} more" if len(repeated) > 5 else "")
        warn_caller(f"{file}: more than one motif is named {names}. The later ones get .2, .3 after their name")
    return unique
