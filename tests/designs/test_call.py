"""Calls: what a design records of how it was made, executed, gives an equal design."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from calls import CALLS, EACH, LETTERS, contents, fasta

import seqdo as sd
from seqdo.designs.call import LONGEST, Call, recorded
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.experiments.catalog import EXPERIMENTS, execute

pytestmark = pytest.mark.filterwarnings(r"ignore:pattern [\s\S]* scrambles", "ignore:.* variants were left out")


def executed(design: sd.Design) -> sd.Design:
    """The design that its call makes, from the package's name and the data that the call does not write out."""
    assert design.origin is not None
    return eval(design.call, {"sd": sd, **design.origin.data})  # noqa: S307 - the text is what is tested


def test_every_experiment_is_called_here():
    """A new experiment needs its row in tests/calls.py."""
    assert set(CALLS) == set(EXPERIMENTS)


@pytest.mark.parametrize(("experiment", "number"), EACH)
def test_the_call_executed_gives_an_equal_design(experiment, number, tmp_path):
    design = CALLS[experiment][number](tmp_path)
    assert design.origin.function == experiment
    assert design.origin.data == {}, "all of these are written out, or read from their file"
    assert contents(executed(design)) == contents(design)
    assert executed(design).call == design.call


@pytest.mark.parametrize(("experiment", "number"), EACH)
def test_a_stored_design_has_the_same_call_and_it_gives_an_equal_design(experiment, number, tmp_path):
    design = CALLS[experiment][number](tmp_path)
    record = json.loads(json.dumps(to_record(design)))
    back = from_record(record, design.own_sequences)
    assert back.call == design.call
    assert contents(executed(back)) == contents(design)
    assert to_record(back) == record


@pytest.mark.parametrize("experiment", CALLS)
def test_saved_and_loaded_outcomes_have_the_call(experiment, tmp_path):
    design = CALLS[experiment][-1](tmp_path)
    backgrounds = (
        design.own_sequences if design.own_sequences is not None else sd.backgrounds.uniform(60).sample(2, rng=0)
    )
    shape = (1, len(backgrounds), len(design.arms), 1)
    y = xr.DataArray(
        np.zeros(shape), {"arm": list(design.arms), "output": ["y"]}, ("model", "background", "arm", "output")
    )
    sd.Outcomes(y, design, backgrounds, {}).save(tmp_path / "outcomes.nc")
    back = sd.Outcomes.load(tmp_path / "outcomes.nc").design
    assert back.call == design.call
    assert contents(executed(back)) == contents(design)
    assert contents(execute(back.origin)) == contents(design)


@pytest.mark.parametrize(
    ("design", "call"),
    [
        (sd.embed("GATTACA", at=20), 'sd.embed("GATTACA", at=20)'),
        (sd.embed(at=20, pattern="GATTACA"), 'sd.embed("GATTACA", at=20)'),
        (sd.embed("GATTACA", 20, scrambles=0), 'sd.embed("GATTACA", at=20, scrambles=0)'),
        (sd.positions("GAT", [0, 5, 10, 15]), 'sd.positions("GAT", at=range(0, 20, 5))'),
        (sd.positions("GAT", [0, 5, 10, 16]), 'sd.positions("GAT", at=[0, 5, 10, 16])'),
        (sd.kmers(2, at=3), "sd.kmers(2, at=3)"),
        (sd.spacing("GAT", "CCG", [0], 3), 'sd.spacing("GAT", "CCG", gaps=[0], at=3)'),
        (sd.swap("GAT", ["CCG"], 3), 'sd.swap("GAT", ["CCG"], at=3)'),
        (
            sd.embed(sd.Motif.from_string("GATTACA"), at=2),
            'sd.embed(sd.Motif.from_string("GATTACA"), at=2)',
        ),
        (
            sd.embed(sd.Motif("half", np.array([[0.5, 0.5, 0, 0], [0, 0, 0.75, 0.25]]), sd.DNA), at=2, sample=True),
            'sd.embed(sd.Motif("half", [[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.75, 0.25]], sd.DNA, axis=1), at=2, '
            "sample=True)",
        ),
        (sd.mutagenesis(["GAT"], stop=2), 'sd.mutagenesis(["GAT"], stop=2)'),
        (
            sd.mutagenesis(sd.Sequences.from_strings(["GAC"], sd.RNA, ["a"]), stop=2),
            'sd.mutagenesis(sd.Sequences.from_strings(["GAC"], sd.RNA, names=["a"]), stop=2)',
        ),
        (
            sd.occlude(["CCGATTACACC"], pd.DataFrame({"sequence": [0], "start": [2], "stop": [9]}), replicates=1),
            'sd.occlude(["CCGATTACACC"], {"sequence": [0], "start": [2], "stop": [9]}, replicates=1)',
        ),
    ],
)  # fmt: skip
def test_the_text_is_what_one_would_write(design, call):
    assert design.call == call


def test_sequences_of_a_file_are_read_from_it_again_unless_they_are_few(tmp_path):
    path = tmp_path / "peaks.fa"
    design = sd.mutagenesis(fasta(tmp_path, alphabet=sd.DNA, n="drop"), stop=2)
    assert design.call == f'sd.mutagenesis(sd.read_fasta("{path}", alphabet=sd.DNA, n="drop"), stop=2)'
    few = sd.mutagenesis(fasta(tmp_path)[:1][:1], stop=2)
    assert "from_strings" in few.call, "a part of a file is not the file"


def test_long_data_without_a_file_go_by_their_name():
    letters = sd.Sequences.from_strings(["".join(np.random.default_rng(0).choice(list("ACGT"), LONGEST + 1))])
    design = sd.mutagenesis(letters, stop=2)
    assert design.call == "sd.mutagenesis(sequences, stop=2)"
    assert design.origin.data == {"sequences": letters}
    assert contents(executed(design)) == contents(design)
    back = from_record(json.loads(json.dumps(to_record(design))), letters)
    assert contents(executed(back)) == contents(design), "the record has the data"
    every = sd.kmers(6, at=0)
    some = every.restricted(every.contrasts[i] for i in np.random.default_rng(0).permutation(4096)[:4000].tolist())
    assert some.call == "sd.kmers(6, at=0).restricted(restricted)"
    assert contents(executed(some)) == contents(some)


def test_what_was_changed_by_hand_has_no_call():
    design = sd.embed("GATTACA", at=20)
    assert replace(design, question="Another?").call == ""
    other = sd.embed("GAT", at=2).contrasts[0]
    assert design.restricted([replace(design.contrasts[0], name="other")]).call == ""
    assert design.restricted(design.contrasts).call == 'sd.embed("GATTACA", at=20).restricted([0])'
    assert other not in design.contrasts
    own = sd.Design("mine", "?", dict(design.arms), design.contrasts)
    assert (own.origin, own.call) == (None, "")
    assert own.with_question("What?").call == ""
    assert from_record(to_record(own)).call == ""


def test_what_is_passed_may_change_afterwards():
    starts, table = [3, 5], pd.DataFrame({"sequence": [0], "start": [2], "stop": [9]})
    scan, sites = sd.positions("GAT", starts), sd.occlude(LETTERS, table, replicates=1)
    before = sites.call
    starts.append(99)
    table.loc[0, "start"] = 4
    assert scan.call == 'sd.positions("GAT", at=[3, 5])'
    assert sites.call == before


def test_a_kind_that_nothing_writes_goes_by_its_name_and_is_not_stored():
    dates = pd.DataFrame({"arm": ["a"], "start": [2], "letters": ["GAT"], "day": [pd.Timestamp("2026-01-01")]})
    design = sd.design_from_table(dates)
    assert design.call == "sd.design_from_table(table)"
    assert contents(executed(design)) == contents(design)
    assert from_record(to_record(design)).call == ""


def test_mistakes_are_those_of_the_function():
    with pytest.raises(TypeError, match=r"embed\(\) missing 1 required positional argument: 'at'"):
        sd.embed("GATTACA")
    with pytest.raises(InputError, match=r"`contrasts` holds 7: .* the numbers 0 to 0"):
        sd.embed("GATTACA", at=2).restricted([7])


def test_a_recorded_function_keeps_its_signature_and_documentation():
    def plain(design: sd.Design, *, more: int = 1) -> sd.Design:
        """What it does."""
        return replace(design)

    wrapped = recorded(plain)
    assert inspect.signature(wrapped) == inspect.signature(plain)
    assert (wrapped.__doc__, wrapped.__name__) == (plain.__doc__, "plain")
    assert wrapped(sd.embed("GAT", at=2), more=2).origin.arguments["more"] == 2


@pytest.mark.parametrize("change", [{"function": "embed(); import os; sd.embed"}, {"steps": [["x(1) or y", 1]]}])
def test_no_name_of_a_file_becomes_code(change):
    """REP-01."""
    record = to_record(sd.embed("GATTACA", at=20))
    record["call"] |= change
    with pytest.raises(InputError, match="names of Python"):
        from_record(record)


def test_files_of_earlier_versions_have_no_call():
    record = to_record(sd.embed("GATTACA", at=20))
    del record["call"]
    assert from_record(record).call == ""


def test_a_call_of_no_experiment_is_not_executed():
    with pytest.raises(InputError, match="`call` has the function 'run': the experiments are embed,"):
        execute(Call("run", {}))


def test_infinities_are_written_so_that_they_can_be_read():
    value = eval(Call("f", {"x": [float("inf"), 1.5]}).text.removeprefix("sd.f(x=")[:-1])  # noqa: S307
    assert value == [float("inf"), 1.5]
