"""The main job: what an ensemble of ResidualBind learned about the RNA that a protein binds.

The screen narrows 4096 6-mers in two stages; whatever is reported comes from backgrounds that chose nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqdo import zoo
from seqdo.effects.estimate import Effects
from seqdo.motifs.motif import Motif
from seqdo.motifs.scramble import scrambles
from seqdo.study.spec import Spec, entry
from seqdo.study.study import Study

MODEL = "residualbind-rncmpt00002"
LENGTH, MIDDLE, FIRST = 38, 17, 3
"""59 % of the probes have 38 letters; the first three are AGA or AGG in all of them, so scans begin behind."""

SCREEN = {"n": 64, "members": 1}
KEPT = 64


def demo(out: Path, *, seed: int = 0, overwrite: bool = False) -> Study:
    """Ask the six questions and write the folder."""
    spec = Spec.model_validate(
        {
            "name": "demo", "model": MODEL, "background": {"kind": "reference", "length": LENGTH}, "seed": seed,
            "designs": [{"experiment": "kmers", "patterns": 6, "alphabet": "rna", "at": MIDDLE}],
        }
    )  # fmt: skip
    study = Study(spec, zoo.load(MODEL), Path())
    screened = study.ask(
        entry({"experiment": "kmers", "patterns": 6, "alphabet": "rna", "at": MIDDLE, "seed": seed + 1, **SCREEN})
    )
    shortlist = best(screened, KEPT)
    judged = study.ask(entry({"experiment": "kmers", "patterns": shortlist, "at": MIDDLE, "n": 250, "seed": seed + 2}))
    (winner,) = best(judged, 1)
    for question in questions(winner):
        study.ask(entry(question))
    study.write(out, f"What the model of {MODEL.split('-')[1].upper()} learned", replacing=overwrite)
    return study


def best(effects: Effects, number: int) -> list[str]:
    """The k-mers with the largest effects; chosen here, and so to be measured elsewhere."""
    table = effects.table.query("contrast == 'effect'")
    return [str(kmer) for kmer in table.nlargest(number, "estimate")["kmer"]]


def questions(kmer: str) -> Iterator[dict[str, Any]]:
    """Six questions about one k-mer, each with its control, on backgrounds that did not choose it."""
    width, control = len(kmer), scrambles(Motif.from_string(kmer), 1, rng=0)[0].text.replace("T", "U")
    scan = {"n": 500}
    starts = {"start": FIRST, "stop": LENGTH - width + 1}
    gaps = {"start": 0, "stop": LENGTH - FIRST - 2 * width + 1}
    yield {"experiment": "embed", "pattern": kmer, "at": MIDDLE, "scrambles": 20}
    mixture = {"kind": "reference"}
    yield {"experiment": "embed", "pattern": kmer, "at": MIDDLE, "background": mixture}
    yield {"experiment": "mutants", "pattern": kmer, "alphabet": "rna", "at": MIDDLE, **scan}
    yield {"experiment": "positions", "pattern": kmer, "starts": starts, "scrambles": 1, **scan}
    slots = list(range(FIRST, LENGTH - width + 1, width + 3))
    yield {"experiment": "copies", "pattern": kmer, "slots": slots, "scrambles": 1}
    yield {"experiment": "spacing", "first": kmer, "second": kmer, "gaps": gaps, "at": FIRST, **scan}
    yield {"experiment": "spacing", "first": kmer, "second": control, "gaps": gaps, "at": FIRST, **scan}
    yield {"experiment": "gc_context", "pattern": kmer, "at": MIDDLE, "scrambles": 1}
