"""A public function that takes a path refuses what is no path in three parts, before anything is read or written."""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import seqdo as sd
from seqdo.motifs.site_table import read_sites
from seqdo.reporting.figures.figure import save_figures
from seqdo.reporting.tables import write_tables

CHROMOSOME = sd.Sequences.from_strings(["ACGT" * 20], names=["chr1"])
VARIANT = pd.DataFrame({"chrom": ["chr1"], "pos": [11], "ref": ["G"], "alt": ["A"]})
LOCUS = {"chrom": ["chr1"], "start": [4], "end": [8]}
ARMS = {"arm": ["a"], "start": [1], "letters": ["G"]}
GAT = sd.Motif.from_string("GAT")


def counted(x: Any) -> Any:
    return x[:, 0].sum(1)


Call = Callable[[Any, Any], Any]
"""A call of a public function with effects and a path; most need no effects."""

READERS: dict[str, Call] = {
    "read_fasta path": lambda _, path: sd.read_fasta(path),
    "read_sequences path": lambda _, path: sd.read_sequences(path),
    "read_one_hot path": lambda _, path: sd.read_one_hot(path),
    "read_motifs path": lambda _, path: sd.read_motifs(path),
    "read_loci loci": lambda _, path: sd.read_loci(path, CHROMOSOME),
    "read_loci genome": lambda _, path: sd.read_loci(LOCUS, path),
    "gc_matched_loci loci": lambda _, path: sd.gc_matched_loci(path, CHROMOSOME),
    "gc_matched_loci genome": lambda _, path: sd.gc_matched_loci(LOCUS, path),
    "read_variants table": lambda _, path: sd.read_variants(path),
    "variants table": lambda _, path: sd.variants(path, CHROMOSOME),
    "variants sequences": lambda _, path: sd.variants(VARIANT, path, length=20),
    "haplotypes table": lambda _, path: sd.haplotypes(path, CHROMOSOME, length=20),
    "haplotypes sequences": lambda _, path: sd.haplotypes(VARIANT, path, length=20),
    "design_from_table table": lambda _, path: sd.design_from_table(path),
    "read_sites path": lambda _, path: read_sites(path),
    "Outcomes.load path": lambda _, path: sd.Outcomes.load(path),
    "wrap obj": lambda _, path: sd.wrap(path, alphabet=sd.DNA, length=40),
}
WRITERS: dict[str, Call] = {
    "write_fasta path": lambda _, path: sd.write_fasta(["ACGT"], path),
    "Sequences.write_fasta path": lambda _, path: CHROMOSOME.write_fasta(path),
    "write_motifs path": lambda _, path: sd.write_motifs([GAT], path),
    "write_one_hot path": lambda _, path: sd.write_one_hot(["ACGT"], path),
    "Outcomes.save path": lambda effects, path: effects.outcomes.save(path),
    "report path": lambda effects, path: sd.report(effects, path),
}
FOLDERS: dict[str, Call] = {
    "write_tables folder": lambda effects, path: write_tables(effects, path),
    "save_figures folder": lambda effects, path: save_figures(effects, path),
    "remote cache": lambda _, path: sd.remote(counted, cache=path),
}
OTHERS: dict[str, Call] = {
    "read_sequences genome": lambda _, path: sd.read_sequences("loci.bed", genome=path),
    "gc_matched_loci exclude": lambda _, path: sd.gc_matched_loci(LOCUS, CHROMOSOME, exclude=path),
    "design_from_table contrasts": lambda _, path: sd.design_from_table(ARMS, contrasts=path),
    "load weights": lambda _, path: sd.zoo.load("bpnet-oskn", weights=path),
    "wrap outputs": lambda _, path: sd.wrap(counted, alphabet=sd.DNA, length=40, outputs=path),
}
"""Without a value, or with a list of values, each of these means something else."""

ANYWHERE = {
    "number": 5, "fraction": 1.5, "truth": True, "bytes": b"x.fa", "null character": "a\0b.fa",
    "content": "ACGT" * 2000, "empty": "", "object": object(), "class": Path,
}  # fmt: skip
"""What no function takes as a path."""
ONLY_PATHS = {"nothing": None, "list": ["a.fa", "b.fa"], "tuple": (Path("a.fa"), Path("b.fa")), "blank": "  "}
"""What a function takes only where it means something else than a path."""
CALLS = READERS | WRITERS | FOLDERS | OTHERS


@pytest.fixture(scope="module")
def effects() -> sd.Effects:
    model = sd.planted.additive({"GATTACA": 1.0}, length=40)
    return sd.estimate(sd.run(sd.embed("GATTACA", at=20), model, sd.backgrounds.uniform(40), n=64, rng=0))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("loci.bed").write_text("chr1\t4\t8\n", encoding="utf-8")
    Path("empty folder").mkdir()
    return tmp_path


def refused(call: Call, effects: sd.Effects, path: Any, folder: Path) -> None:
    before = sorted(file.name for file in folder.rglob("*"))
    with pytest.raises(sd.InputError) as error:
        call(effects, path)
    assert error.value.problem
    assert error.value.accepted
    assert error.value.fix
    assert max(map(len, str(error.value).split())) < 250, "a path of thousands of characters is not repeated"
    assert sorted(file.name for file in folder.rglob("*")) == before, "nothing is written"


@pytest.mark.parametrize("value", ANYWHERE)
@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_path_is_refused_in_three_parts(name, value, effects, folder):
    refused(CALLS[name], effects, ANYWHERE[value], folder)


@pytest.mark.parametrize("value", ONLY_PATHS)
@pytest.mark.parametrize("name", READERS | WRITERS)
def test_where_only_a_path_is_taken_nothing_and_several_are_refused_too(name, value, effects, folder):
    refused(CALLS[name], effects, ONLY_PATHS[value], folder)


@pytest.mark.parametrize("mode", ["r", "rb"])
@pytest.mark.parametrize("name", CALLS)
def test_an_open_file_is_refused(name, mode, effects, folder):
    with Path("loci.bed").open(mode) as file:
        refused(CALLS[name], effects, file, folder)


@pytest.mark.parametrize("name", READERS | WRITERS)
def test_a_folder_is_no_file(name, effects, folder):
    refused(CALLS[name], effects, folder / "empty folder", folder)


@pytest.mark.parametrize("name", READERS | WRITERS | FOLDERS)
def test_no_file_lies_in_a_file(name, effects, folder):
    refused(CALLS[name], effects, folder / "loci.bed" / "below.fa", folder)


@pytest.mark.parametrize("name", FOLDERS)
def test_no_folder_replaces_a_file(name, effects, folder):
    refused(CALLS[name], effects, "loci.bed", folder)


def paths_of(value: Any, name: str) -> Iterator[str]:
    """The parameters of a public function, or of the public methods of a class, that can be a path."""
    if inspect.isclass(value):
        for method, function in inspect.getmembers(value, callable):
            if not method.startswith("_"):
                yield from paths_of(function, f"{name}.{method}")
    elif isinstance(value, types.FunctionType | types.MethodType):
        for parameter in inspect.signature(value).parameters.values():
            kinds = ("PathLike", "Table", "LociLike", "Genome", "Source")
            if any(kind in str(parameter.annotation) for kind in kinds):
                yield f"{name} {parameter.name}"


def test_every_public_parameter_that_can_be_a_path_is_in_the_law():
    public = {name: getattr(sd, name) for name in sd.__all__} | {"load": sd.zoo.load}
    named = {parameter for name, value in public.items() for parameter in paths_of(value, name)}
    assert {"read_motifs path", "report path", "variants table"} <= named, "the test can fail"
    assert not named - set(CALLS)
