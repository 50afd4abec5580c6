"""Entries: a design written as a study holds it, read again, is an equal design; or it is refused by name."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import yaml
from calls import CALLS, EACH, NAMED, contents, fasta

import seqdo as sd
from seqdo.errors import InputError
from seqdo.specs.arguments import LONGEST
from seqdo.specs.entry import entry, entry_of
from seqdo.specs.yaml_reader import read_yaml

pytestmark = pytest.mark.filterwarnings(r"ignore:pattern [\s\S]* scrambles", "ignore:.* variants were left out")


def stored(content, folder):
    """The mapping, through a file."""
    path = folder / "entry.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return read_yaml(path)[0]


def writable(design):
    """No contrasts left out, and no codes whose letters a study could not tell."""
    given = [value for value in design.origin.arguments.values() if isinstance(value, sd.Sequences)]
    lettered = all(
        value.alphabet is not None or (value.codes.max() < 3 and value.codes.shape[1] == value.lengths.max())
        for value in given
    )
    return lettered and all(method != "restricted" for method, _ in design.origin.steps)


@pytest.mark.parametrize(("experiment", "number"), EACH)
def test_a_design_and_its_entry_become_one_another(experiment, number, tmp_path):
    design = CALLS[experiment][number](tmp_path)
    if not writable(design):
        with pytest.raises(InputError, match=r"`sequences` holds codes|`design` was changed by `restricted`"):
            entry_of(design, tmp_path)
        return
    content = stored(entry_of(design, tmp_path), tmp_path)
    again = entry(content).design(tmp_path)
    assert contents(again) == contents(design)
    assert contents(entry(entry_of(again, tmp_path)).design(tmp_path)) == contents(design)


def test_most_calls_can_be_written(tmp_path):
    refused = [number for name, number in EACH if not writable(CALLS[name][number](tmp_path))]
    assert 0 < len(refused) < len(EACH) / 10


def test_files_are_named_from_the_folder_of_the_study(tmp_path):
    design = sd.occlude(fasta(tmp_path, alphabet=sd.DNA, masked="N", n="drop"), "GATTACA", replicates=1)
    inside = {"file": "peaks.fa", "alphabet": "dna", "masked": "N", "n": "drop"}
    assert entry_of(design, tmp_path)["sequences"] == inside
    (tmp_path / "studies").mkdir()
    assert entry_of(design, tmp_path / "studies")["sequences"]["file"] == str(tmp_path / "peaks.fa")
    variants = pd.DataFrame({"sequence": ["a"], "position": [3], "ref": ["A"], "alt": ["T"]})
    variants.to_csv(tmp_path / "v.csv", index=False)
    (tmp_path / "g.fa").write_text(">a\nCCGATTACACC\n")
    content = entry_of(sd.variants(tmp_path / "v.csv", tmp_path / "g.fa", length=8), tmp_path)
    assert content == {"experiment": "variants", "table": "v.csv", "sequences": {"genome": "g.fa"}, "length": 8}


@pytest.mark.parametrize("options", [{"length": 30}, {"length": 30, "center": "start", "stranded": False}])
def test_loci_of_a_genome_are_named_by_their_files_or_written_as_letters(options, tmp_path):
    """A study has a key for the length of windows, and none for their center."""
    text = "".join(np.random.default_rng(1).choice(list("ACGT"), 3000))
    (tmp_path / "g.fa").write_text(f">chr1\n{text}\n", encoding="utf-8")
    (tmp_path / "x.bed").write_text("".join(f"chr1\t{i}\t{i + 20}\n" for i in range(100, 1000, 50)), encoding="utf-8")
    design = sd.mutagenesis(sd.read_loci(tmp_path / "x.bed", tmp_path / "g.fa", **options), start=0, stop=2)
    content = entry_of(design, tmp_path)
    files = {"file": "x.bed", "genome": "g.fa", "length": 30}
    assert content["sequences"] == files if len(options) == 1 else "letters" in content["sequences"]
    assert contents(entry(stored(content, tmp_path)).design(tmp_path)) == contents(design)


def test_an_entry_reads_as_one_would_write_it():
    pattern = sd.Motif("M", np.array([[0.5, 0.5, 0, 0]]), sd.RNA)
    assert entry_of(sd.positions("GAT", range(0, 9, 4)).with_question("Where?")) == {
        "experiment": "positions", "pattern": "GAT", "at": {"start": 0, "stop": 9, "step": 4}, "question": "Where?",
    }  # fmt: skip
    assert entry_of(sd.embed(pattern, at=2, sample=True))["pattern"] == {
        "name": "M", "matrix": [[0.5, 0.5, 0.0, 0.0]], "alphabet": "rna",
    }  # fmt: skip
    assert entry_of(sd.mutagenesis(NAMED[:1], stop=2))["sequences"] == {
        "letters": NAMED[:1].to_strings(), "alphabet": "dna", "names": ["a"],
    }  # fmt: skip
    assert entry_of(sd.interaction(["GAT", "CC"], at=range(0, 20, 10)))["at"] == [0, 10]


def test_what_no_study_holds_is_refused_by_name():
    arms = {"none": sd.Arm(), "a": sd.embed("GAT", at=5).arms["GAT@5"]}
    own = sd.Design("mine", "?", arms, (sd.Contrast("effect", {"a": 1.0, "none": -1.0}),))
    with pytest.raises(InputError, match="`design` mine does not record the call that made it"):
        entry_of(own)
    long = sd.Sequences.from_strings(["ACGT" * (LONGEST // 4)])
    with pytest.raises(InputError, match=r"`sequences` takes more than 100,000 characters.*a file of their own"):
        entry_of(sd.mutagenesis(long, stop=2))
    dates = pd.DataFrame({"arm": ["a"], "start": [2], "letters": ["GAT"], "day": [pd.Timestamp("2026-01-01")]})
    with pytest.raises(InputError, match="`table` is a DataFrame with the columns arm, start, letters, day"):
        entry_of(sd.design_from_table(dates))


def test_an_old_name_of_an_experiment_still_opens_with_a_warning():
    table = {"arm": ["a"], "start": [2], "letters": ["GAT"]}
    with pytest.warns(DeprecationWarning, match="`design` is now called `design_from_table`"):
        old = entry({"experiment": "design", "table": table})
    assert old == entry({"experiment": "design_from_table", "table": table})
    assert old.design().experiment == "design_from_table"
