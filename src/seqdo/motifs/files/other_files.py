"""Files that are given as motif files and hold something else: what they are, for the error."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seqdo.errors import InputError
from seqdo.motifs.files.motif_lines import Line

_TEXT_OUTPUT = "Use the text output instead, like meme.txt or streme.txt"
_MOTIF_FILE = "Use a motif file"
_CONSENSUS = 'For a consensus write sd.Motif.from_string("TGACTCA")'

KINDS = (
    (r"<\?xml|<(MEME|STREME|dreme)\b", "XML, perhaps of a program of the MEME suite", _TEXT_OUTPUT),
    (r"<!doctype html|<html", "a web page (HTML)", _TEXT_OUTPUT),
    (r"##fileformat=VCF", "variants (VCF)", "For variants write sd.read_variants(path)"),
    (
        r"(browser|track|#?chr(om)?\s+(chrom)?start)\s|(?=\S*[A-Za-z])\S+\s+\d+\s+\d+(\s|$)",
        "intervals (BED)",
        _MOTIF_FILE,
    ),
    (r"\S+\t\S+\t\S+\t\d+\t\d+\t|##gff", "annotations (GTF or GFF)", _MOTIF_FILE),
    (r"@\S.*\n\s*[A-Za-z]+(\n|$)", "sequencing reads (FASTQ)", _MOTIF_FILE),
    (r">.*\n\s*[A-Za-z*.\-]+(\n|$)", "sequences (FASTA)", f"Write sd.read_sequences(path). {_CONSENSUS}"),
    (r"(motif_id|#? ?pattern name|\S*sequence_name)\t", "a table of sites, as FIMO writes it", _MOTIF_FILE),
    (r"[ACGTURYSWKMBDHVN]+\s*(\n|$)", "a pattern as text", _CONSENSUS),
    (r"[{\[]\s*(\n|\"|\{|$)", "JSON", _MOTIF_FILE),
)
"""A regular expression for the first lines of a file, what the file holds, and what to do."""


def not_motifs(lines: Sequence[Line], accepted: str) -> InputError:
    """Build the error for a file that is of no motif format. It says what the file is, if that can be seen.

    Parameters
    ----------
    lines : the lines of the file
    accepted : the formats that are read
    """
    first = next((line for line in lines if not line.comment or line.text.startswith("##")), lines[0])
    start = "\n".join(line.text.strip("\r\n ") for line in lines[lines.index(first) :][:2])
    for pattern, content, fix in KINDS:
        if re.match(pattern, start, re.IGNORECASE):
            return first.refuse(f"this file holds {content}, not motifs: {first.excerpt}", accepted, fix)
    return first.refuse(
        f"{first.text.strip()[:40]!r}", accepted, "For other tables write sd.Motif.from_counts(name, counts)"
    )
