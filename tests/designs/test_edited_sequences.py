"""The edited sequences of a design are those that a model receives in a run."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest

import seqdo as sd
from seqdo.errors import InputError

MOTIF = sd.Motif("M", np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]]))
REAL = sd.Sequences.from_strings(["CCGATTACACCGATTACACC" * 3, "TTGATTACATTTTTTTTTTT" * 3, "ACGTACGGATTACAGTACGT" * 3])


class Recorder:
    """A model that keeps every sequence it receives, and predicts the number under which it keeps it."""

    def __init__(self):
        self.rows = {}

    def __call__(self, codes):
        return np.array([self.rows.setdefault(row.tobytes(), len(self.rows)) for row in codes], np.float64)


DESIGNS = {
    "embed": (lambda: sd.embed("GATTACA", at=20, scrambles=3), lambda: sd.backgrounds.uniform(60)),
    "sampled": (lambda: sd.spacing(MOTIF, "GRNCC", gaps=range(0, 9, 4), at=10), lambda: sd.backgrounds.uniform(60)),
    "copies": (lambda: sd.copies("GATTACA", [3, 20, 40]), lambda: sd.backgrounds.markov(REAL, order=1)),
    "orientation": (lambda: sd.orientation("GATTAC", at=5), lambda: sd.backgrounds.shuffled(REAL, k=2)),
    "gc_context": (lambda: sd.gc_context("GATTACA", at=25), lambda: sd.backgrounds.uniform(60)),
    "occlude": (lambda: sd.occlude(REAL, "GATTACA"), lambda: None),
    "mutagenesis": (lambda: sd.mutagenesis(REAL, start=2, stop=6), lambda: None),
    "given": (lambda: sd.embed("GATTACA", at=20), lambda: REAL),
}


@pytest.mark.parametrize("kind", DESIGNS)
@pytest.mark.parametrize("engine", ["auto", "full"])
def test_they_are_letter_for_letter_what_a_run_evaluates(kind, engine, seed):
    design, background = (make() for make in DESIGNS[kind])
    recorder = Recorder()
    model = sd.wrap(recorder, alphabet=sd.DNA, length=60, layout="codes")
    n = None if background is None or isinstance(background, sd.Sequences) else 300  # more than one block of 256
    outcomes = sd.run(design, model, background, n=n, rng=seed, engine=engine, block=70)
    edited = design.sequences(background, n, seed)
    count = outcomes.y.sizes["background"]
    assert len(edited) == count * len(design.arms)
    rows = [np.frombuffer(row, np.uint8) for row in recorder.rows]
    for number, arm in enumerate(design.arms):
        received = [rows[int(row)] for row in outcomes.y.sel(arm=arm).values[0, :, 0]]
        assert np.array_equal(np.array(received), edited.codes[number * count : (number + 1) * count]), arm
        assert edited.names[number * count] == f"{arm}|background 0"
    assert edited.names[-1] == f"{list(design.arms)[-1]}|background {count - 1}"
    assert edited.alphabet is (None if kind == "sampled" else sd.DNA), "the motif and GRNCC have no T"


def test_some_arms_and_a_fasta_file(tmp_path, seed):
    design, null = sd.positions("GATTACA", [0, 10], scrambles=1), sd.backgrounds.uniform(30)
    every = design.sequences(null, 5, seed)
    some = design.sequences(null, 5, seed, arms=["GATTACA@10", "none"])
    rows = [every.names.index(name) for name in some.names]
    assert np.array_equal(every.codes[rows], some.codes)
    assert [name.partition("|")[0] for name in some.names] == ["GATTACA@10"] * 5 + ["none"] * 5
    read = sd.read_fasta(every.write_fasta(tmp_path / "edited.fa"))
    assert (read.names, read.to_strings()) == (every.names, every.to_strings())
    assert design.sequences(null, 3, seed, arms="none").to_strings() == null.sample(3, seed).to_strings()


def test_a_longer_run_begins_with_the_shorter_one(seed):
    design, null = sd.embed(MOTIF, at=4, sample=True), sd.backgrounds.uniform(20)
    short, long = (design.sequences(null, n, seed, arms=["M@4"]).to_strings() for n in (7, 600))
    assert long[:7] == short


def test_rna_and_backgrounds_of_several_lengths():
    edited = sd.embed("UGCA", at=1).sequences(["GGGGGGGG", "CCCCCC"])
    assert edited.alphabet is sd.RNA
    assert edited.to_strings() == ["GGGGGGGG", "CCCCCC", "GUGCAGGG", "CUGCAC"]
    assert edited.lengths.tolist() == [8, 6, 8, 6]


def test_what_run_refuses_is_refused():
    null = sd.backgrounds.uniform(20)
    with pytest.raises(InputError, match=r"`background` is missing for embed"):
        sd.embed("GAT", at=2).sequences()
    with pytest.raises(InputError, match="the design is about those sequences"):
        sd.mutagenesis(REAL, start=0, stop=2).sequences(null)
    with pytest.raises(InputError, match="GAT at 18 would end at 21"):
        sd.embed("GAT", at=18).sequences(null)
    with pytest.raises(InputError, match="n=0"):
        sd.embed("GAT", at=2).sequences(null, 0)
    with pytest.raises(InputError, match=r"`arms` holds 'GAT@3'.*Did you mean 'GAT@2'"):
        sd.embed("GAT", at=2).sequences(null, 5, arms=["GAT@3"])
    for arms in ([], ["none", "none"]):
        with pytest.raises(InputError, match=r"arms=\["):
            sd.embed("GAT", at=2).sequences(null, 5, arms=arms)
    with pytest.raises(InputError, match="`pattern` GAT is DNA"):
        sd.embed("GAT", at=2).sequences(sd.Sequences.from_strings(["GUCUUCUU"]))
    with pytest.raises(InputError, match=r"Write design\.own_sequences"):
        sd.backgrounds.given(sd.mutagenesis(REAL, start=0, stop=2).sequences)


def attributes(text):
    """Lines on which a design's method ``sequences`` is used as if it were an attribute."""
    tree = ast.parse(text)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr == "sequences" and id(node) not in called:
            owner = ast.unparse(node.value)
            if owner.split(".")[-1] == "design":
                yield f"{node.lineno}: {ast.unparse(node)}"


def test_no_code_takes_the_method_for_the_sequences_of_a_design():
    """``design.sequences is not None`` is always true; ``own_sequences`` are what a design is about."""
    assert list(attributes("a = outcomes.design.sequences is None\nb = design.sequences(null)\n"))
    files = sorted(Path(sd.__file__).parent.rglob("*.py"))
    assert not [f"{file.name}:{line}" for file in files for line in attributes(file.read_text("utf-8"))]
