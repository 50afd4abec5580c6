"""The text of FASTA records, and the names in their headers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from seqdo.errors import InputError

WIDTH = 80
"""Letters of a line."""

_WHOLE_NAME = re.compile(r'^>\S+ name:"(.*)"$')


def fasta_lines(names: Sequence[str], texts: Iterable[str]) -> Iterator[str]:
    r"""Lines of FASTA records.

    A FASTA name ends at the first white space. A name with white space is written with underscores, and then as it is,
    behind ``name:``, from where :func:`name_in_header` reads it again.

    Parameters
    ----------
    names, texts : of each sequence

    Raises
    ------
    InputError
        A name is empty, or holds a line break.

    Examples
    --------
    >>> list(fasta_lines(["a b"], ["ACGT"]))
    ['>a_b name:"a b"\n', 'ACGT\n']
    """
    for name in names:
        if not name.strip() or len(name.splitlines()) != 1:
            raise InputError(f"`names` holds {name!r}", "a FASTA file has each name on one line", "Rename the sequence")
    for name, text in zip(names, texts, strict=True):
        plain = re.sub(r"\s", "_", name)
        yield f">{name}\n" if plain == name else f'>{plain} name:"{name}"\n'
        for start in range(0, len(text), WIDTH):
            yield text[start : start + WIDTH] + "\n"


def name_in_header(header: str) -> str:
    """The name in a header: what stands behind ``name:`` in quotation marks, else the part up to the first space.

    Parameters
    ----------
    header : the line, which starts with ``>``

    Examples
    --------
    >>> name_in_header('>a_b name:"a b"'), name_in_header(">chr1 assembled")
    ('a b', 'chr1')
    """
    whole = _WHOLE_NAME.match(header)
    if whole and header.startswith(">" + re.sub(r"\s", "_", whole[1]) + " "):
        return whole[1]
    return (header[1:].split() or [""])[0]
