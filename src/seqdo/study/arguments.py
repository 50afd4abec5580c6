"""Arguments of experiments in a study: what a file may say of each kind, and how it becomes what the function takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from seqdo.errors import InputError
from seqdo.experiments.from_table import Weights
from seqdo.experiments.occlusion import Sites
from seqdo.motifs.files.read_motifs import read_motifs
from seqdo.motifs.motif import Motif
from seqdo.motifs.site_table import read_sites
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.files.fasta import read_sequences
from seqdo.sequences.files.genome import Source
from seqdo.sequences.files.tabular import Table
from seqdo.sequences.sequences import SequencesLike
from seqdo.specs.validation import near
from seqdo.study.keys import Genome, MotifFile, MotifFiles, Number, Range, SequenceFile, SiteFile


def _as_file(given: Any) -> Any:  # noqa: ANN401 - what a file says, still to be checked
    """A file of sequences, of which only the name may be said."""
    return {"file": given} if isinstance(given, str) else given


_Pattern = str | MotifFile
_named = BeforeValidator(_as_file, json_schema_input_type=str | SequenceFile)
_given = BeforeValidator(_as_file, json_schema_input_type=str | SequenceFile | Genome)
_SequenceFile = Annotated[SequenceFile, _named]
_TableFile = Annotated[Path, Field(strict=False)]
TYPES: dict[Any, Any] = {
    str | Motif: _Pattern,
    Sites: _Pattern | SiteFile,
    SequencesLike: _SequenceFile,
    Iterable[int]: list[int] | Range,
    int | Iterable[int]: int | list[int] | Range,
    Sequence[int]: list[int],
    Sequence[int] | None: list[int] | None,
    float: Number,
    Sequence[str]: list[str],
    Sequence[str | Motif]: list[_Pattern] | MotifFiles,
    int | Sequence[str | Motif]: int | list[_Pattern] | MotifFiles,
    int: int,
    int | None: int | None,
    str | Motif | None: _Pattern | None,
    Table: _TableFile,
    Table | Weights | None: _TableFile | dict[str, dict[str, Number]] | None,
    Source: Annotated[
        SequenceFile | Genome, BeforeValidator(_as_file, json_schema_input_type=str | SequenceFile | Genome)
    ],
    Literal["error", "drop"]: Literal["error", "drop"],
    Literal["shift", "drop"]: Literal["shift", "drop"],
    Literal["one", "both"]: Literal["one", "both"],
    bool: bool,
    str: str,
    str | None: str | None,
}
"""What an experiment takes, by its signature, to what a file may say of it."""


@dataclass(frozen=True)
class Here:
    """Where a spec's files are, and the letters of its model; None where it has not been opened."""

    folder: Path
    alphabet: Alphabet | None


def opened(value: Any, here: Here) -> Any:  # noqa: ANN401 - whatever an experiment takes
    """What a file says of an argument, as the experiment takes it: files are read."""
    if isinstance(value, Range):
        return range(value.start, value.stop, value.step)
    if isinstance(value, list):
        return [opened(item, here) for item in value]
    if isinstance(value, SequenceFile):
        return read_sequences(here.folder / value.file, here.alphabet, value.n, value.masked, value.t_as_u, rng=0)
    if isinstance(value, Genome):
        return here.folder / value.genome
    if isinstance(value, Path):
        return here.folder / value
    if isinstance(value, SiteFile):
        return read_sites(here.folder / value.table)
    if isinstance(value, MotifFiles):
        return read_motifs(here.folder / value.motifs)
    if isinstance(value, MotifFile):
        motifs = {motif.name: motif for motif in read_motifs(here.folder / value.file)}
        if value.motif not in motifs:
            raise InputError(f"motif {value.motif!r}", f"{value.file} has no such motif", near(value.motif, motifs))
        return motifs[value.motif]
    return value
