"""Write examples/yeast_motifs.jaspar: the newest matrix of each factor of baker's yeast in JASPAR 2024.

    pip install pyjaspar==4.0.0
    python recipes/yeast_motifs/jaspar.py

The data of JASPAR may be used without restriction: Rauluseviciute et al., Nucleic Acids Research 52:D174 (2024).
"""

from __future__ import annotations

from pathlib import Path

from pyjaspar import jaspardb

YEAST = ["4932", "559292"]
"""NCBI taxonomy numbers of Saccharomyces cerevisiae and of its strain S288C."""

OUT = Path(__file__).parents[2] / "examples/yeast_motifs.jaspar"


def main() -> None:
    """Write one matrix of counts for each factor, in the order of their identifiers."""
    motifs = jaspardb(release="JASPAR2024").fetch_motifs(collection="CORE", species=YEAST)
    lines = []
    for motif in sorted(motifs, key=lambda motif: motif.matrix_id):
        lines.append(f">{motif.matrix_id} {motif.name}")
        lines += [f"{letter} [ {' '.join(f'{count:g}' for count in motif.counts[letter])} ]" for letter in "ACGT"]
    OUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
