"""Arguments of experiments in a study: what a file may hold of each type, how it is opened, and how it is written.

Adding an experiment needs nothing here, unless a parameter has a type that no other experiment has.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

import pandas as pd
from pydantic import BeforeValidator, Field

from seqdo.errors import InputError
from seqdo.experiments.from_table import Weights
from seqdo.experiments.occlusion import Sites
from seqdo.motifs.files.motif_file import read_motifs
from seqdo.motifs.motif import Motif
from seqdo.motifs.site_table import read_sites
from seqdo.sequences.alphabet import ALPHABETS, Alphabet
from seqdo.sequences.files.genome import Source
from seqdo.sequences.files.tabular import Table
from seqdo.sequences.sequence_file import read_sequences
from seqdo.sequences.sequences import Sequences, SequencesLike, alphabet_of_letters
from seqdo.specs.keys import Count, Number, Range, Reading, Strict
from seqdo.specs.validation import near

LONGEST = 100_000
"""Characters of an argument that is written into a study; a longer one belongs in a file of its own."""

AlphabetName = Literal["dna", "rna"]


class MotifFile(Strict):
    """A motif of a motif file (MEME, JASPAR and others) next to the study, by its name."""

    motif: str
    file: str


class MotifFiles(Strict):
    """All motifs of a motif file (MEME, JASPAR and others) next to the study."""

    motifs: str


class MotifMatrix(Strict):
    """A motif as its probabilities: a row for each position, columns ACGT or ACGU."""

    name: str
    matrix: list[list[Number]]
    alphabet: AlphabetName | None = None


class SequenceFile(Reading):
    """A file of sequences next to the study; the alphabet is the model's unless another is named.

    With ``genome`` the file names loci, and ``length`` is that of the windows around them.
    """

    file: str
    alphabet: AlphabetName | None = None
    length: Count | None = None


READ = set(SequenceFile.model_fields)
"""How a study can say that a file is read; sequences that were read otherwise are written as letters."""


class Letters(Strict):
    """Sequences as text, with their names if they have any."""

    letters: list[str]
    names: list[str] | None = None
    alphabet: AlphabetName | None = None


class SiteFile(Strict):
    """A table of sites next to the study, with the columns of ``sd.find_sites`` in its first line."""

    table: str


class Genome(Strict):
    """A FASTA file next to the study that is too large for memory; windows of the design's ``length`` are cut out."""

    genome: str


def _as_file(content: Any) -> Any:  # noqa: ANN401 - what a file holds, still to be checked
    """A text in place of sequences is the name of a file."""
    return {"file": content} if isinstance(content, str) else content


Cell = str | int | Number | bool | None
TableColumns = dict[str, list[Cell]]
Pattern = str | MotifFile | MotifMatrix
TableFile = Annotated[Path, Field(strict=False)]
AnySequences = Annotated[
    SequenceFile | Letters | list[str],
    BeforeValidator(_as_file, json_schema_input_type=str | SequenceFile | Letters | list[str]),
]
AnySource = Annotated[
    SequenceFile | Letters | Genome,
    BeforeValidator(_as_file, json_schema_input_type=str | SequenceFile | Letters | Genome),
]

TYPES: Mapping[Any, Any] = {
    str | Motif: Pattern,
    Sites: Pattern | SiteFile | TableColumns,
    SequencesLike: AnySequences,
    Source: AnySource,
    Table: TableFile | TableColumns,
    Table | Weights: TableFile | TableColumns | dict[str, dict[str, Number]],
    Sequence[str | Motif]: list[Pattern] | MotifFiles,
    str | Motif | Sequence[str | Motif]: Pattern | list[Pattern],
    Iterable[int] | Iterable[Sequence[int]]: list[int] | Range | list[list[int]],
    Iterable[int]: list[int] | Range,
    float: Number,
}
"""Type of an experiment's parameter to its type in a study, where they differ."""


@dataclass(frozen=True)
class Here:
    """Where a study's files are, and the alphabet of its model.

    Attributes
    ----------
    folder : the folder of the study file
    alphabet : of the model; None where the model has not been opened
    """

    folder: Path
    alphabet: Alphabet | None


def opened(value: Any, here: Here) -> Any:  # noqa: ANN401 - whatever an experiment takes
    """An argument of a study as the experiment takes it: files are read."""
    if isinstance(value, list):
        return [opened(item, here) for item in value]
    if isinstance(value, Range):
        return value.numbers
    if isinstance(value, Path):
        return here.folder / value
    if isinstance(value, Genome):
        return here.folder / value.genome
    if isinstance(value, SiteFile):
        return read_sites(here.folder / value.table)
    if isinstance(value, SequenceFile | Letters):
        return _opened_sequences(value, here)
    if isinstance(value, MotifFiles):
        return read_motifs(here.folder / value.motifs)
    return _opened_motif(value, here) if isinstance(value, MotifFile | MotifMatrix) else value


def _opened_sequences(value: SequenceFile | Letters, here: Here) -> Sequences:
    alphabet = ALPHABETS[value.alphabet] if value.alphabet else None
    if isinstance(value, Letters):
        return Sequences.from_strings(value.letters, alphabet, value.names)
    path = here.folder / value.file
    genome = None if value.genome is None else here.folder / value.genome
    return read_sequences(
        path, alphabet or here.alphabet, value.n, value.masked, value.t_as_u, rng=0,
        genome=genome, length=value.length, bad=value.bad,
    )  # fmt: skip


def _opened_motif(value: MotifFile | MotifMatrix, here: Here) -> Motif:
    if isinstance(value, MotifMatrix):
        return Motif(value.name, value.matrix, ALPHABETS[value.alphabet] if value.alphabet else None, axis=1)  # type: ignore[arg-type]
    motifs = {motif.name: motif for motif in read_motifs(here.folder / value.file)}
    if value.motif not in motifs:
        raise InputError(f"`motif` {value.motif!r}", f"{value.file} has no such motif", near(value.motif, motifs))
    return motifs[value.motif]


def written(name: str, value: Any, hint: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever an experiment takes
    """An argument of an experiment as a study holds it: the reverse of :func:`opened`.

    Parameters
    ----------
    name : the parameter, as errors call it
    value : the argument, as a design's ``origin`` records it
    hint : the parameter's type
    folder : where the study will be; files inside are named from there

    Raises
    ------
    InputError
        Data that no study holds, or that are too long for one.
    """
    kinds = (hint, *get_args(hint))
    if isinstance(value, str) and hint == Source:
        return {"genome": _beside(value, folder)}
    if isinstance(value, str) and hint in (Table, Table | Weights | None):
        return _beside(value, folder)
    if isinstance(value, range):
        stepped = {"start": value.start, "stop": value.stop, "step": value.step}
        return stepped if Iterable[int] in kinds and value.step > 0 else list(value)
    content = _content(name, value, folder)
    if len(json.dumps(content)) > LONGEST:
        raise InputError(
            f"`{name}` takes more than {LONGEST:,} characters in a study", "long data belong in a file of their own",
            "Write them to a file, and make the design from that file",
        )  # fmt: skip
    return content


def _content(name: str, value: Any, folder: Path) -> Any:  # noqa: ANN401 - whatever an experiment takes
    if isinstance(value, list):
        return [_content(name, item, folder) for item in value]
    if isinstance(value, Mapping):
        return {key: _content(name, item, folder) for key, item in value.items()}
    if isinstance(value, Motif):
        alphabet = {"alphabet": value.alphabet.name} if value.alphabet else {}
        return {"name": value.name, "matrix": value.matrix.tolist()} | alphabet
    if isinstance(value, Sequences):
        return _written_sequences(name, value, folder)
    if value is None or isinstance(value, bool | int | float | str):
        return value
    columns = f" with the columns {', '.join(map(str, value))}" if isinstance(value, pd.DataFrame) else ""
    raise InputError(
        f"`{name}` is a {type(value).__name__}{columns}", "a study holds text, numbers, and tables of them",
        "Write the data to a file, and make the design from that file",
    )  # fmt: skip


def _written_sequences(name: str, sequences: Sequences, folder: Path) -> dict[str, Any]:
    """Sequences by the file that a study reads them from, or as letters."""
    file, texts = sequences.file, sequences.to_strings
    if file is not None and file.options.get("rng", 0) == 0 and set(file.options) - {"rng"} <= READ:
        options = {key: option for key, option in file.options.items() if key != "rng"}
        if "genome" in options:
            options["genome"] = _beside(str(options["genome"]), folder)
        return {"file": _beside(file.path, folder)} | options
    wide = sequences.codes.shape[1] > int(sequences.lengths.max())
    if wide or (sequences.alphabet is None and alphabet_of_letters(texts()) is not None):
        raise InputError(
            f"`{name}` holds codes without an alphabet, or columns of padding", "a study holds sequences as letters",
            "Write sd.Sequences.from_strings(sequences.to_strings(), alphabet)",
        )  # fmt: skip
    alphabet = {"alphabet": sequences.alphabet.name} if sequences.alphabet else {}
    return {"letters": texts()} | alphabet | ({"names": list(sequences.names)} if sequences.names else {})


def _beside(path: str, folder: Path) -> str:
    """The path of a file as a study in this folder names it: from there where it is inside, else the whole path."""
    whole, start = Path(path).resolve(), folder.resolve()
    return str(whole.relative_to(start) if whole.is_relative_to(start) else whole)
