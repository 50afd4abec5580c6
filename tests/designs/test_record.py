"""Records: every design survives being written as JSON and read again."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
import pytest
from blank import blank

from seqdo.designs.design import Arm, Contrast, Design, Site
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.experiments.sequence_context import flanks, gc_context, swap
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.stream import root

MATRIX = Motif("M", np.array([[1 / 3, 2 / 3, 0, 0], [0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]]))
SQUARE = Motif("square", np.eye(4)[[1, 2, 0, 3]] * 0.5 + 0.125, axis=1)  # reads as probabilities either way

with pytest.warns(UserWarning, match="pattern M: some scrambles agree"):
    DESIGNS = {
        "embed": embed("GATTACA", at=20, scrambles=3),
        "embed, four letters that read both ways": embed("CGAT", at=20),
        "embed, 4 x 4 and sampled": embed(
            Motif("square", np.eye(4)[[1, 0, 3, 2]] * 0.5 + 0.125, axis=1), at=2, sample=True
        ),
        "embed, sampled": embed(MATRIX, at=20, sample=True, scrambles=2),
        "embed, IUPAC and kept": embed("GRNT", at=3),
        "positions": positions("UGCAUG", at=range(3)),
        "orientation": orientation(MATRIX, at=3, sample=True),
        "orientation of a palindrome": orientation("CACGTG", at=3),
        "mutants": mutants("GAN", at=3),
        "kmers": kmers(2, at=3),
        "copies": copies(MATRIX, at=[0, 10, 20], sample=True, scrambles=1),
        "spacing": spacing("GATT", "CCG", gaps=[0, 3], at=3, strand=["++", "+-"], orders=["AB", "BA"]),
        "spacing, overlapping": spacing("UGCAUG", "UGCAUG", gaps=[-2, 1], at=3),
        "interaction": interaction(["GATT", MATRIX, "CCG"], at=[0, 10, 20], sample=True),
        "flanks": flanks("NGN", at=3),
        "swap": swap("GATTACA", ["CCGG", MATRIX], at=10),
        "gc_context": gc_context("GATT", at=20, scrambles=1),
    }


@pytest.mark.parametrize("name", DESIGNS)
def test_a_design_comes_back_with_the_same_arms_edits_contrasts_and_factors(name):
    design = DESIGNS[name]
    record = json.loads(json.dumps(to_record(design)))
    back = from_record(record)
    assert (back.experiment, back.question, str(back)) == (design.experiment, design.question, str(design))
    assert list(back.arms) == list(design.arms)
    assert back.contrasts == design.contrasts
    assert [(k, v) for c in back.contrasts for k, v in c.levels.items()] == [
        (k, v) for c in design.contrasts for k, v in c.levels.items()
    ]
    assert back.factors == design.factors
    for arm in design.arms:
        ours, theirs = (made.arms[arm].edits(root(3), 250, blank(20)) for made in (design, back))
        assert [(e.name, e.agree, np.asarray(e.start).tolist(), e.letters.tolist()) for e in ours] == [
            (e.name, e.agree, np.asarray(e.start).tolist(), e.letters.tolist()) for e in theirs
        ]
    assert to_record(back) == record, "a record of the record differs"


def test_a_motif_is_written_once_however_many_arms_it_has():
    assert len(to_record(positions(MATRIX, at=range(20), sample=True))["motifs"]) == 1
    assert len(to_record(positions(MATRIX, at=range(20)))["motifs"]) == 2, "its consensus, and what was passed"


def test_what_a_change_holds_is_stored_whole_and_slots_of_earlier_files_are_read():
    """Both by the one table of names: {"kind": "Slot", ...}; files had slots without a kind, and sites as numbers."""
    record = json.loads(json.dumps(to_record(DESIGNS["copies"])))
    (stored,) = (arm["sites"][0]["at"] for arm in record["arms"] if arm["name"] == "M@slot 1")
    assert stored == {"kind": "Slot", "places": [0, 10, 20], "rank": 0}
    for arm in record["arms"]:
        for site in arm["sites"]:
            del site["kind"], site["at"]["kind"]
            site["motif"] = site["motif"]["motif"]
    assert to_record(from_record(record)) == to_record(DESIGNS["copies"])


@pytest.mark.parametrize("kind", [{"kind": "Popen"}, {"kind": "Site", "stem": 9}])
def test_a_kind_or_a_field_that_this_version_has_not_is_refused(kind):
    record = to_record(DESIGNS["embed"])
    record["arms"][1]["sites"][0] |= kind
    with pytest.raises(InputError, match=f"kind {kind['kind']} with .*this version reads no such change. Run the"):
        from_record(record)


@dataclass(frozen=True)
class Elsewhere:
    """A dataclass that no table names."""

    places: tuple[int, ...] = (3,)


def test_a_dataclass_that_no_table_names_is_not_stored():
    site = Site(as_motif("GATT"), 3)
    object.__setattr__(site, "draw", Elsewhere())
    arms = {"none": Arm(), "a": Arm((site,))}
    with pytest.raises(InputError, match="kind Elsewhere"):
        to_record(Design("custom", "?", arms, (Contrast("effect", {"a": 1.0, "none": -1.0}),)))


def test_numbers_of_numpy_in_a_design_of_one_s_own_become_plain_ones():
    arms = {"none": Arm(), "a": Arm((Site(as_motif("GATT"), np.int64(3)),))}
    contrast = Contrast(
        "effect", {"a": np.float64(1), "none": np.float32(-1)}, {"dose": np.int64(2), "x": np.float64(0.5)}
    )
    record = json.loads(json.dumps(to_record(Design("custom", "?", arms, (contrast,)))))
    assert record["contrasts"][0]["levels"] == {"dose": 2, "x": 0.5}
    assert from_record(record).contrasts == (contrast,)
