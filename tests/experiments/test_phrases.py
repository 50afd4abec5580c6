"""Phrases of the experiments: each is about a contrast that its experiment makes, and its templates can be filled."""

from __future__ import annotations

import re
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest

import seqdo as sd
from seqdo.experiments.catalog import EXPERIMENTS
from seqdo.experiments.phrases import Phrase

PHRASES = {name: row.phrases for name, row in EXPERIMENTS.items() if row.phrases}
SITE = "GATTACAGATT"
REAL = ["CCTGATTACAGATTCACCCGATTACAGATTTTTTTT", "CCTGATTACAGATTCACACGATTACAGATTTTTTTC"]
TABLE = pd.DataFrame({"id": ["v"], "sequence": ["a"], "position": [2], "ref": ["T"], "alt": ["C"]})
PAIR = pd.DataFrame({"id": ["v", "w"], "sequence": "a", "position": [2, 5], "ref": ["T", "T"], "alt": ["C", "G"]})
MOTIF = sd.Motif("PWM", np.eye(4)[[2, 0, 3, 3, 0, 1, 0]] * 0.8 + 0.05)
DESIGNS = {
    "embed": [sd.embed("GATTACA", at=5, scrambles=1)],
    "controls": [sd.controls(MOTIF, at=9, scrambles=2, kmers=2, positive="TATA", flanks=2)],
    "positions": [sd.positions("GATTACA", range(3), scrambles=1)],
    "orientation": [sd.orientation("GATTACA", at=5, scrambles=1)],
    "kmers": [sd.kmers(["GAT", "ACG"], at=5, scrambles=1)],
    "flanks": [sd.flanks("GAT", at=5, left=1)],
    "mutants": [sd.mutants("GAT", at=5)],
    "copies": [sd.copies("GAT", [2, 9, 20], scrambles=1)],
    "spacing": [
        sd.spacing("GAT", "ACCG", range(2), at=5, orders=["AB", "BA"], scrambles=1),
        sd.spacing(["GAT", "ACCG", "TTG"], gaps=[(1, 2)], at=5),
    ],
    "interaction": [
        sd.interaction(["GAT", "ACCG"], at=[2, 9], scrambles=1), sd.interaction(["GAT", "ACCG", "TTG"], at=[2, 9, 20]),
    ],
    "swap": [sd.swap("GAT", ["ACC"], at=5)],
    "gc_context": [sd.gc_context("GATTACA", at=9)],
    "gc_scan": [sd.gc_scan("GATTACA", at=9, patch_at=[0, 20])],
    "hairpin": [sd.hairpin("GCUGG", 18, core=[1, 5])],
    "hairpin_series": [sd.hairpin_series("GCUGG", 18, "stem", [5, 9], core=[1, 5])],
    "compensatory": [sd.compensatory("GCUGG", 18, core=[1, 5])],
    "occlude": [sd.occlude(REAL, SITE, number=2, by=["CCCCCAAAAAC"], replicates=2)],
    "transplant": [sd.transplant(REAL, SITE)],
    "mutagenesis": [sd.mutagenesis(REAL), sd.mutagenesis(REAL[:1])],
    "pairwise_mutagenesis": [sd.pairwise_mutagenesis(REAL)],
    "haplotypes": [sd.haplotypes(PAIR, sd.Sequences.from_strings(["GATTATAGG"], sd.DNA, ["a"]))],
    "variants": [sd.variants(TABLE, sd.Sequences.from_strings(["GATTACA"], sd.DNA, ["a"]))],
}  # fmt: skip


def test_every_experiment_but_a_table_of_ones_own_has_phrases():
    assert PHRASES.keys() == EXPERIMENTS.keys() - {"design_from_table"} == DESIGNS.keys()


@pytest.mark.parametrize("name", PHRASES)
def test_phrases_are_about_contrasts_and_levels_that_the_experiment_makes(name):
    contrasts = [contrast for design in DESIGNS[name] for contrast in design.contrasts]
    phrases = [phrase for phrase in PHRASES[name] if not (name == "gc_context" and phrase.contrast == "specific")]
    for phrase in phrases:
        stem = phrase.contrast.removesuffix("*")
        own = [
            each for each in contrasts if each.name == stem or (phrase.contrast != stem and each.name.startswith(stem))
        ]
        assert own, phrase.contrast
        factors = {factor for each in own for factor in each.levels}
        assert phrase.where.keys() <= factors
        assert set(phrase.names) <= factors
        known = factors | {"arm", "pattern", "patterns", "output", "levels", "rest", "position 2"}
        texts = [getattr(phrase, field.name) for field in fields(phrase)]
        keys = {key for text in texts if isinstance(text, str) for key in re.findall(r"{([^}]+)}", text)}
        assert keys <= known, keys - known
    assert sum(phrase.lead for phrase in phrases)


def test_a_phrase_documents_its_fields():
    for kind in (Phrase, *Phrase.__subclasses__()):
        own = {field.name for field in fields(kind)} - {field.name for field in fields(Phrase)}
        wanted = own or {field.name for field in fields(Phrase)}
        documented = {
            name for names in re.findall(r"^    ([\w, ]+) : ", kind.__doc__ or "", re.M) for name in names.split(", ")
        }
        assert wanted <= documented, kind
