"""A study's library: what it measured stands beside the effects, and what it can't be asked is refused before a run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml
from typer.testing import CliRunner

import seqdo as sd
from seqdo.cli import app
from seqdo.errors import InputError
from seqdo.specs.spec import read_spec, schema
from seqdo.study.open_model import open_model
from seqdo.study.study import Study

WEIGHTS = {"GATT": 2.0, "CCGT": 1.0, "TTAC": -1.0, "AAGG": 0.5}
WORDS = [*WEIGHTS, "CATG", "GTGT"]
LENGTH = 40

CONTENT = {
    "model": {"planted": WEIGHTS, "length": LENGTH},
    "background": {"kind": "uniform", "length": LENGTH},
    "n": 100,
    "library": {"file": "library.csv", "sequence": "letters", "measured": "y"},
    "designs": [
        {
            "experiment": "kmers", "patterns": WORDS, "at": {"start": 0, "stop": 37},
            "measured": [{"both_strands": False}, {"both_strands": False, "positions": [0, 37], "predictions": False}],
        }
    ],
}  # fmt: skip


SHOWN = {"experiment": "embed", "pattern": "GATT", "at": 3}


def write(folder: Path, seed: int, number: int = 3000, **changes: object) -> Path:
    """A library measured as the planted model says, doubled, with noise; and the study of it."""
    library = sd.backgrounds.uniform(LENGTH).sample(number, rng=seed)
    texts = library.to_strings()
    y = 2 * np.array([sum(weight * text.count(word) for word, weight in WEIGHTS.items()) for text in texts])
    y = y + np.random.default_rng(seed).normal(0, 0.5, number)
    pd.DataFrame({"letters": texts, "y": y}).to_csv(folder / "library.csv", index=False)
    (folder / "study.yaml").write_text(yaml.safe_dump(CONTENT | changes), encoding="utf-8")
    return folder / "study.yaml"


def asked(path: Path) -> Study:
    spec, entries = read_spec(path)
    made = Study(spec, open_model(spec.model, path.parent), path.parent)
    for one in entries:
        made.run_design(one)
    return made


def test_what_was_measured_is_the_difference_of_means_that_a_loop_finds(tmp_path, seed):
    ((first, second),) = asked(write(tmp_path, seed)).measured
    rows = pd.read_csv(tmp_path / "library.csv")
    for _, row in first.table.iterrows():
        times = [sum(text.startswith(row["pattern"], i) for i in range(LENGTH)) for text in rows["letters"]]
        once, never = ([y for y, count in zip(rows["y"], times, strict=True) if count == k] for k in (1, 0))
        assert row["measured"] == pytest.approx(np.mean(once) - np.mean(never))
    assert first.table["pattern"].tolist() == WORDS
    assert "predicted" in first.table
    assert "predicted" not in second.table
    # The assay is twice the model: the slope is 2. Its interval misses that in 5 % of seeds; eight errors never.
    slope = first.summary.loc["slope"]
    assert abs(slope["estimate"] - 2) < 4 * (slope["high"] - slope["low"])
    assert slope["high"] - slope["low"] < 1


def test_the_folder_holds_table_line_and_figure_and_the_page_is_the_same_twice(tmp_path, seed):
    made = asked(write(tmp_path, seed, designs=[SHOWN, CONTENT["designs"][0] | {"on_page": False}]))
    for name in ("one", "two"):
        made.write(tmp_path / name, "measured")
    page = (tmp_path / "one" / "report.html").read_bytes()
    assert page == (tmp_path / "two" / "report.html").read_bytes()
    table = pd.read_csv(tmp_path / "one" / "measured-1.csv")
    assert table["pattern"].tolist() == WORDS
    assert pd.read_csv(tmp_path / "one" / "measured-2-line.csv")["of"].tolist()[0] == "slope"
    assert (tmp_path / "one" / "figures" / "measured-2.svg").is_file()
    text = page.decode()
    assert text.count("with the start at 0 to 36") >= 1
    assert 'id="measured-2"' in text
    assert "Which of 6 k-mers have an effect" in text  # though the design itself is not on the page
    (tmp_path / "one" / "library.csv").write_bytes((tmp_path / "library.csv").read_bytes())
    again = asked(tmp_path / "one" / "study.yaml")
    pd.testing.assert_frame_equal(again.measured[1][0].table, made.measured[1][0].table)


def test_a_search_is_compared_by_what_it_kept(tmp_path, seed):
    design = CONTENT["designs"][0] | {"patterns": 3, "search": {"keep": 12, "screen": 20}, "at": 10}
    made = asked(write(tmp_path, seed, designs=[design | {"measured": {"both_strands": False}}]))
    (((one,)),) = made.measured
    assert len(one.table) == 12


def test_designs_of_the_same_words_on_one_strand_and_on_both_are_each_compared_with_their_own(tmp_path, seed):
    """On both strands the truth is a loop over each word and its complement; palindromes are written once."""
    one, both = (
        {"experiment": "kmers", "patterns": list(WORDS), "at": 10, "strand": strand, "measured": {}}
        for strand in ("+", "both")
    )
    (one,), (both,) = asked(write(tmp_path, seed, designs=[one, both])).measured
    rows = pd.read_csv(tmp_path / "library.csv")
    for found, stranded in ((one, False), (both, True)):
        for _, row in found.table.iterrows():
            ways = {row["pattern"], sd.Motif.from_string(row["pattern"]).reverse_complement().text}
            ways = ways if stranded else {row["pattern"]}
            held = [sum(text.startswith(way, i) for way in ways for i in range(LENGTH)) for text in rows["letters"]]
            assert row["n_with"] == held.count(1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"library": None}, "the study names no library"),
        ({"library": {"file": "no.csv", "sequence": "letters", "measured": "y"}}, "no.csv"),
        ({"library": {"file": "library.csv", "sequence": "seq", "measured": "y"}}, "no column 'seq'"),
        ({"library": {"file": "library.csv", "sequence": "y", "measured": "letters"}}, "line 2.*a number is needed"),
        (
            {"designs": [{"experiment": "embed", "pattern": "GATT", "at": 3, "measured": {}}]},
            "`measured` of the design embed: 0 points: a line needs 5",
        ),
        (
            {"designs": [CONTENT["designs"][0] | {"measured": {"output": "other"}}]},
            "output 'other'.*the model has",
        ),
        ({"designs": [CONTENT["designs"][0] | {"measured": {"positions": [0, 10, 37]}}]}, "0 points.*one of the bins"),
        ({"designs": [CONTENT["designs"][0] | {"measured": {"adjust": ["gc", "gc"]}}]}, "adjust names each once"),
        (
            {"designs": [CONTENT["designs"][0] | {"patterns": 3, "search": {"keep": 3}}]},
            "line .*measured of 3 that are kept",
        ),
        ({"designs": [CONTENT["designs"][0] | {"measured": {"positions": {"stop": 1}}}]}, "line .*measured.*that rise"),
        ({"designs": [CONTENT["designs"][0] | {"measured": {"positions": [9, 3]}}]}, "line .*measured.*that rise"),
        ({"designs": [CONTENT["designs"][0] | {"measured": {"place": 3}}]}, "'place'"),
        ({"designs": [CONTENT["designs"][0] | {"measured": []}]}, "measured"),
    ],
)  # fmt: skip
def test_what_can_not_be_compared_is_refused_before_anything_runs(changes, words, tmp_path, seed, monkeypatch):
    def run(*_: object, **__: object) -> None:
        raise AssertionError("it ran")

    monkeypatch.setattr("seqdo.study.study.run", run)
    with pytest.raises(InputError, match=f"(?s){words}"):
        asked(write(tmp_path, seed, 20, **changes))


def test_a_model_with_two_outputs_is_compared_by_the_one_that_is_named(tmp_path, seed):
    """The second output is the first turned round: so is the slope."""
    one = sd.planted.additive(WEIGHTS, length=LENGTH)

    def both(codes):
        answer = one.predict(sd.Sequences.from_codes(codes, sd.DNA))[0]
        return np.concatenate([answer, -answer], axis=1)

    model = sd.wrap(both, alphabet=sd.DNA, length=LENGTH, layout="codes", outputs=["up", "down"])
    slopes = []
    for output in (None, "up", "down"):
        asking = CONTENT["designs"][0] | {"measured": {"both_strands": False, "output": output}}
        spec, entries = read_spec(write(tmp_path, seed, designs=[asking]))
        study = Study(spec, model, tmp_path)
        if output is None:
            with pytest.raises(InputError, match=r"2 outputs.*one of up, down"):
                study.run_design(entries[0])
        else:
            study.run_design(entries[0])
            ((found,),) = study.measured
            slopes.append(found.summary.loc["slope", "estimate"])
    assert slopes[0] == pytest.approx(2, rel=0.2)
    assert slopes[1] == pytest.approx(-slopes[0])


def test_a_study_that_shows_nothing_is_refused_before_it_runs(tmp_path, seed):
    with pytest.raises(InputError, match=r"line .*on_page: false leaves every design off the page"):
        read_spec(write(tmp_path, seed, 20, designs=[SHOWN | {"on_page": False}]))


def test_a_library_of_the_last_design_is_sought_before_the_first_runs(tmp_path, seed, monkeypatch):
    def run(*_: object, **__: object) -> None:
        raise AssertionError("it ran")

    path = write(tmp_path, seed, 20, designs=[SHOWN, CONTENT["designs"][0]])
    (tmp_path / "library.csv").unlink()
    monkeypatch.setattr("seqdo.study.study.run", run)
    found = CliRunner().invoke(app, ["run", str(path), "--out", str(tmp_path / "out")])
    assert "library.csv" in str(found.exception)
    assert not (tmp_path / "out").exists()


def test_letters_that_are_not_the_models_are_named_with_their_line(tmp_path, seed):
    path = write(tmp_path, seed, 20)
    (tmp_path / "library.csv").write_text("letters,y\nACGT,1\nACGTU,2\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"library\.csv, line 3, column letters.*U"):
        asked(path)


def test_a_library_is_read_on_both_strands_where_the_design_asks_about_both(tmp_path, seed):
    design = CONTENT["designs"][0]
    one, two = (
        asked(write(tmp_path, seed, designs=[design | {"strand": strand, "measured": {}}])).measured[0][0]
        for strand in ("+", "both")
    )
    assert (one.measured.both_strands, two.measured.both_strands) == (False, True)
    assert (two.table["n_with"] > 1.5 * one.table["n_with"])[~one.table["pattern"].isin(["CATG"])].all()


def test_the_schema_takes_one_comparison_or_several():
    given = schema()["$defs"]["design_kmers"]["properties"]["measured"]["anyOf"][0]["anyOf"]
    assert [kind.get("type") or kind["$ref"] for kind in given] == ["array", "#/$defs/Comparison"]
