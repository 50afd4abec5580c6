"""The main job: what an ensemble of ResidualBind learned about the RNA that a protein binds.

A screen narrows 4096 6-mers in two stages. What is reported comes from backgrounds that were not used for the choice.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqdo import zoo
from seqdo.effects.effects import Effects
from seqdo.motifs.motif import Motif
from seqdo.motifs.scramble import scrambles
from seqdo.specs.entry import entry
from seqdo.specs.spec import Spec
from seqdo.study.study import Study

MODEL = "residualbind-rncmpt00002"
LENGTH, MIDDLE, FIRST = 38, 17, 3
"""59 % of the probes have a length of 38 nt. All begin with AGA or AGG, so scans begin after these."""

KEPT = 64


def demo(out: Path, *, seed: int = 0, overwrite: bool = False) -> Study:
    """Run the designs and write the folder.

    Parameters
    ----------
    out : the folder to write
    seed : of everything random
    overwrite : replace a study that is in the folder
    """
    screen = {"experiment": "kmers", "patterns": 6, "alphabet": "rna", "at": MIDDLE, "members": 1, "n": 64}
    screen |= {"seed": seed + 1, "on_page": False}
    null = {"kind": "reference", "length": LENGTH}
    spec = Spec.model_validate({"name": "demo", "model": MODEL, "background": null, "seed": seed, "designs": [screen]})
    study = Study(spec, zoo.load(MODEL), Path())
    shortlist = best(study.run_design(entry(screen)), KEPT)
    judge = {"experiment": "kmers", "patterns": shortlist, "at": MIDDLE, "n": 250, "seed": seed + 2}
    judge["question"] = f"Which 6-mers matter? The best {KEPT} of a screen of all 4096, again"
    (winner,) = best(study.run_design(entry(judge)), 1)
    for question in questions(winner):
        study.run_design(entry(question))
    study.lead(2)
    study.write(out, f"What the model of {MODEL.split('-')[1].upper()} learned", replacing=overwrite)
    return study


def best(effects: Effects, number: int) -> list[str]:
    """The k-mers with the largest effects. Chosen on these backgrounds, they are reported on others."""
    table = effects.table.query("contrast == 'effect'")
    return [str(kmer) for kmer in table.nlargest(number, "estimate")["kmer"]]


def questions(kmer: str) -> Iterator[dict[str, Any]]:
    """Designs of one k-mer, each with its control, on backgrounds that were not used to choose it."""
    width, control = len(kmer), scrambles(Motif.from_string(kmer), 1, rng=0)[0].text.replace("T", "U")
    last = LENGTH - width
    yield {"experiment": "embed", "pattern": kmer, "at": MIDDLE, "scrambles": 20}
    yield {
        "experiment": "embed", "pattern": kmer, "at": MIDDLE, "background": {"kind": "reference"},
        "question": f"Does {kmer} have the same effect in probes of every length, 30 to 41 nt?",
    }  # fmt: skip
    yield {
        "experiment": "embed", "pattern": kmer, "at": MIDDLE, "background": {"kind": "uniform", "length": LENGTH},
        "question": f"Control: does {kmer} have the same effect in uniform letters?",
    }  # fmt: skip
    yield {"experiment": "controls", "pattern": kmer, "at": MIDDLE, "n": 300, "flanks": 3}
    yield {
        "experiment": "controls", "pattern": kmer, "at": MIDDLE, "n": 300, "weights": "shuffled",
        "question": f"Control: does {kmer} have an effect on networks that learned nothing, with shuffled weights?",
    }  # fmt: skip
    yield {"experiment": "mutants", "pattern": kmer, "alphabet": "rna", "at": MIDDLE, "n": 500}
    yield {"experiment": "positions", "pattern": kmer, "at": {"start": FIRST, "stop": last + 1}, "n": 500}
    yield {
        "experiment": "positions", "pattern": control, "n": 500,
        "at": {"start": FIRST, "stop": last + 1, "step": 4},
        "question": f"Control: does {control}, a scramble of {kmer}, have an effect anywhere?",
    }  # fmt: skip
    yield {"experiment": "copies", "pattern": kmer, "at": [5, 12, 19, 26], "scrambles": 1}
    pair = {"experiment": "spacing", "first": kmer, "at": 5, "n": 500}
    yield pair | {"second": kmer, "gaps": {"start": 0, "stop": last - 5 - width + 1}}
    yield pair | {
        "second": control, "gaps": {"start": 0, "stop": last - 5 - width + 1, "step": 4},
        "question": f"Control: does {kmer} interact with {control}, its scramble?",
    }  # fmt: skip
    yield {"experiment": "gc_context", "pattern": kmer, "at": MIDDLE, "scrambles": 1}
