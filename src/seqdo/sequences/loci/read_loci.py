"""Sequences at loci of a genome: BED, narrowPeak, broadPeak, GTF and GFF files, tables and AnnData."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pandas as pd

from seqdo.errors import InputError
from seqdo.sequences.alphabet import DNA, RNA, Alphabet
from seqdo.sequences.files.content import LOCI, content_of, refusal
from seqdo.sequences.files.contigs import matched_contigs
from seqdo.sequences.files.genome import Letters, genome_letters, sequence_letters
from seqdo.sequences.files.input_file import naming, unpacked
from seqdo.sequences.files.records import (
    ANY_AMBIGUOUS,
    Masked,
    Record,
    Unknown,
    check_reading,
    encoded,
    file_read,
    seed_of_unknown,
)
from seqdo.sequences.files.tabular import Columns
from seqdo.sequences.loci.locus import Bad, Locus, locus_table, usable
from seqdo.sequences.loci.locus_lines import lines_as_loci
from seqdo.sequences.loci.locus_tables import read_regions, regions_as_loci, table_as_loci
from seqdo.sequences.loci.windows import Center, on_genome, unreadable, window_letters, with_names
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import Seed

LociLike = str | PathLike[str] | pd.DataFrame | Columns | Any
"""What a user may pass as loci: the path of a file, a table, or an AnnData object."""

Genome = str | PathLike[str] | Sequences
"""What a user may pass as a genome: the path of a FASTA or 2bit file, or sequences with names."""


def read_loci(
    loci: LociLike,
    genome: Genome,
    *,
    length: int | None = None,
    center: Center = "summit",
    stranded: bool = True,
    feature: str | None = None,
    bad: Bad = "raise",
    alphabet: Alphabet = DNA,
    n: Unknown = "error",
    rng: Seed = None,
) -> Sequences:
    r"""Read the letters of a genome at the loci of a BED, narrowPeak, broadPeak, GTF or GFF file, or of a table.

    Parameters
    ----------
    loci : a file, gzipped or not, whose content decides; a DataFrame with the columns chrom, start and end; an AnnData
        object or h5ad file, whose ``var`` has these columns or an index like chr1:100-200
        Starts and ends are 0-based and half-open; only those of a GTF and GFF count from 1 and include the end.
    genome : a FASTA file (plain, gzip or bgzip) or a UCSC 2bit file; or ``sd.Sequences`` with names
        Names of contigs may differ in "chr", and in M for MT.
    length : of every window, in bp, around the center; by default each locus as it is
        The center is letter ``length // 2`` of the window, counted from 0 on the + strand.
    center : "summit", of a narrowPeak (column 10) or of the column ``summit``, else the middle; "middle"; or "start",
        the 5' end, such as the transcription start of a gene
    stranded : read the reverse complement where the strand is "-"; False reads the + strand always
    feature : of a GTF or GFF: which rows are read ("gene", "exon", ...); it is needed if the file has several kinds
    bad : what to do with a locus that has no window of letters (no such contig, beyond its end, an N, a damaged row)
        "raise" refuses the file and lists all such rows. "skip" leaves them out with a warning.
    alphabet : ``sd.DNA``, or ``sd.RNA``, which writes each T as U
    n : what to do with N and other ambiguous letters, as in `sd.read_fasta`; with "error" the locus is bad
    rng : seed for n="sample"

    Returns
    -------
    Sequences
        In the order of the file. Their names are those of the file, or ``chr1:100-200(+)``. The table ``loci`` of the
        sequences has a row for every locus: place, name, chrom, start, end, strand, reason (why it was left out).

    Raises
    ------
    InputError
        The file or the genome cannot be read, or loci cannot be used; all of them are listed.

    Examples
    --------
    >>> genome = Sequences.from_strings(["AACCGGTTAC"], names=["chr1"])
    >>> peaks = {"chrom": ["chr1", "chr1"], "start": [1, 1], "end": [5, 5], "strand": ["+", "-"]}
    >>> windows = read_loci(peaks, genome)
    >>> windows.names, windows.to_strings()
    (('chr1:1-5(+)', 'chr1:1-5(-)'), ['ACCG', 'CGGT'])
    >>> read_loci(peaks, genome, length=2).to_strings()
    ['CC', 'GG']
    """
    _check_options(length, center, bad, n)
    if alphabet not in (DNA, RNA):
        raise InputError(f"alphabet={alphabet!r}", "sd.DNA or sd.RNA is needed", "Write alphabet=sd.DNA")
    seed, source = seed_of_unknown(n, rng), source_name(loci)
    rows = _of_feature(loci_of(loci), feature, source)
    with opened_genome(genome) as letters:
        windows = on_genome(rows, length, center, letters)
        names = matched_contigs((window.contig for window in windows), letters.lengths)
        texts = []
        for number, window in enumerate(windows):
            text = "" if window.flaw else window_letters(window, names[window.contig], letters, stranded)
            windows[number] = window if window.flaw else unreadable(window, text, ambiguous=n != "error")
            texts.append(text)
    texts = [text for text, window in zip(texts, windows, strict=True) if not window.flaw]
    kept = with_names(usable(windows, bad, source))
    sequences = encoded(
        [Record(window.name, text) for window, text in zip(kept, texts, strict=True)],
        None if alphabet is RNA else DNA, n, "upper", alphabet is RNA, seed,
    )  # fmt: skip
    others = _options(genome, length, center, stranded, feature, bad)
    if others is not None and isinstance(loci, str | PathLike):
        rna = alphabet if alphabet is RNA else None
        sequences.read_by(file_read("read_loci", loci, rna, n, "upper", False, seed, others))
    dropped = {
        window.place for window, text in zip(kept, texts, strict=True) if n == "drop" and ANY_AMBIGUOUS.search(text)
    }
    return sequences.at_loci(_table(windows, kept, dropped))


def loci_of(loci: LociLike) -> list[Locus]:
    """All loci of a file, a table or an AnnData object, those with a flaw included.

    Parameters
    ----------
    loci : as in :func:`read_loci`

    Raises
    ------
    InputError
        The file cannot be read, it holds something else, or it holds no loci.
    """
    var = getattr(loci, "var", None)
    if isinstance(var, pd.DataFrame):
        rows = list(regions_as_loci(var, source_name(loci)))
    elif isinstance(loci, str | PathLike):
        with naming(loci, "loci") as file:
            rows = list(_file_as_loci(file))
    elif isinstance(loci, pd.DataFrame | dict):
        rows = list(table_as_loci(loci))
    else:
        raise InputError(
            f"`loci` is a {type(loci).__name__}", "a file, a DataFrame or an AnnData object is needed",
            'Write sd.read_loci("peaks.bed", genome="hg38.fa")',
        )  # fmt: skip
    if not rows:
        raise InputError(f"`loci`: {source_name(loci)} holds no loci", "at least one locus is needed")
    return rows


def source_name(loci: LociLike) -> str:
    """What messages call the loci: the file, or their kind.

    Parameters
    ----------
    loci : as in :func:`read_loci`
    """
    return Path(loci).name if isinstance(loci, str | PathLike) else f"the {type(loci).__name__}"


def opened_genome(genome: Genome) -> AbstractContextManager[Letters]:
    """The letters of a genome, while it is open.

    Parameters
    ----------
    genome : as in :func:`read_loci`

    Raises
    ------
    InputError
        It is neither a path nor sequences with names.
    """
    if isinstance(genome, Sequences):
        return nullcontext(sequence_letters(genome))
    if isinstance(genome, str | PathLike):
        return genome_letters(genome)
    raise InputError(
        f"`genome` is a {type(genome).__name__}", "the path of a FASTA or 2bit file, or named sequences, are needed",
        'Write genome="hg38.fa"',
    )  # fmt: skip


def _file_as_loci(path: Path) -> Iterator[Locus]:
    """The loci of a file, by its content; the name decides only where the content leaves it open."""
    with unpacked(path) as lines:
        content, rows = content_of(lines)
        named = {".bed", ".narrowpeak", ".broadpeak"} & {suffix.lower() for suffix in path.suffixes}
        if content == "text" and named:
            content = "BED"
        if content in ("BED", "narrowPeak", "GTF"):
            yield from lines_as_loci(rows, content)
            return
    if content in ("table", "Parquet"):
        yield from table_as_loci(path)
    elif content == "HDF5":
        yield from regions_as_loci(read_regions(path), path.name)
    else:
        raise refusal(content, path, f"loci are needed: {', '.join(sorted(LOCI))} or an h5ad file")


def _of_feature(rows: list[Locus], feature: str | None, source: str) -> list[Locus]:
    """The rows of one kind of feature; a file of several kinds, of which none is chosen, is refused."""
    kinds = Counter(row.feature for row in rows if row.feature)
    if feature is None and len(kinds) < 2:
        return rows
    if feature in kinds:
        return [row for row in rows if row.feature == feature]
    listed = ", ".join(f"{count:,} {kind}" for kind, count in kinds.most_common())
    first = "gene" if "gene" in kinds else next(iter(kinds), "")
    raise InputError(
        f"feature={feature!r} of {source}, which holds {listed or 'no features'}", "one kind of feature is read",
        f'Write feature="{first}"' if kinds else "Leave `feature` out: it is for GTF and GFF",
    )  # fmt: skip


def _check_options(length: int | None, center: Center, bad: Bad, n: Unknown) -> None:
    """Refuse options that are none, before a file is opened."""
    masked: Masked = "upper"
    check_reading(n, masked)
    for name, value, kind in (("center", center, Center), ("bad", bad, Bad)):
        if value not in get_args(kind):
            raise InputError(f"{name}={value!r}", f"one of {', '.join(map(repr, get_args(kind)))} is needed")
    whole = isinstance(length, int | np.integer) and not isinstance(length, bool)
    if length is not None and not (whole and length > 0):
        raise InputError(f"length={length!r}", "a whole number of bp from 1 is needed", "Write length=1000")


def _options(
    genome: Genome, length: int | None, center: Center, stranded: bool, feature: str | None, bad: Bad
) -> dict[str, str | bool | int] | None:
    """Arguments of the call that are not defaults; None where no text makes the call again."""
    if isinstance(genome, Sequences):
        return None
    options: dict[str, str | bool | int] = {"genome": str(genome)}
    options |= {} if length is None else {"length": int(length)}
    options |= {} if center == "summit" else {"center": center}
    options |= {} if stranded else {"stranded": False}
    options |= {} if feature is None else {"feature": feature}
    return options | ({} if bad == "raise" else {"bad": bad})


def _table(windows: Sequence[Locus], kept: Sequence[Locus], dropped: set[str]) -> pd.DataFrame:
    """A row for every locus: those that were read with the names of their sequences, the others with the reason."""
    table = locus_table(windows)
    names = {window.place: window.name for window in kept}
    table["name"] = [names.get(place, name) for place, name in zip(table["place"], table["name"], strict=True)]
    table.loc[table["place"].isin(dropped), "reason"] = "ambiguous letters, and n='drop'"
    return table
