"""Names of contigs: those of a table matched with those of a genome, with and without "chr"."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence


def matched_contigs(names: Iterable[str], genome_names: Iterable[str]) -> dict[str, str]:
    """Name in a table to name in the genome: the same, or the only one that differs in case, in "chr" or in M and MT.

    A name without such a contig, or with several, is left out.

    Parameters
    ----------
    names : names in the table
    genome_names : names in the genome

    Examples
    --------
    >>> matched_contigs(["1", "MT", "chr2", "X"], ["chr1", "chrM", "chr2", "chrX", "Chrx"])
    {'1': 'chr1', 'MT': 'chrM', 'chr2': 'chr2'}
    """
    exact = set(genome_names)
    by_key: dict[str, list[str]] = {}
    for name in exact:
        by_key.setdefault(_key(name), []).append(name)
    matches = {}
    for name in dict.fromkeys(names):
        alike = [name] if name in exact else by_key.get(_key(name), [])
        if len(alike) == 1:
            matches[name] = alike[0]
    return matches


def contig_advice(name: str, genome_names: Iterable[str]) -> str:
    """What the genome has in place of a name that it lacks.

    Parameters
    ----------
    name : name in the table
    genome_names : names in the genome

    Examples
    --------
    >>> contig_advice("X", ["chrX", "Chrx"])
    "it has 'Chrx' and 'chrX'"
    """
    names = sorted(genome_names)
    alike = [other for other in names if _key(other) == _key(name)]
    near = alike or difflib.get_close_matches(name, names, 1) or names[:3]
    return "it has " + " and ".join(map(repr, near))


def name_advice(name: str, sequences: Sequence[str]) -> str:
    """What to do about a name that no sequence, or more than one, has.

    Parameters
    ----------
    name : name in the table
    sequences : names in the genome
    """
    alike = sorted(other for other in sequences if _key(other) == _key(name))
    if alike:
        return f"It can be {' or '.join(map(repr, alike))}: write one of these names in the table"
    near = difflib.get_close_matches(name, sequences, 1)
    return f"Did you mean {near[0]!r}?" if near else f"The first names are {', '.join(map(repr, sequences[:5]))}"


def _key(name: str) -> str:
    """Equal for names that differ only in case, in "chr" in front, and in M for MT."""
    key = name.upper().removeprefix("CHR")
    return "MT" if key == "M" else key
