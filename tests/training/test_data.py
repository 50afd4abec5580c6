"""Readers: every record that is left out is counted, and a file that can't be read is named."""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from training.planted import content, recipe

from seqdo.errors import InputError
from seqdo.training.data import READERS, read
from seqdo.training.recipe import Recipe

DATA = Path(__file__).parents[3] / "shared/data"

SELECTED = {"reader": "fasta", "positives": "yes.fa", "negatives": "no.fa", "letters": 10, "t_as_u": True}
PROBES = {"reader": "rnacompete", "train": "a.txt", "test": "b.txt"}
ONE_HOT = {"reader": "onehot", "file": "x.h5"}


def fasta(path: Path, texts: list[str]) -> None:
    path.write_text("".join(f">r{i}\n{text}\n" for i, text in enumerate(texts)))


def test_uninformative_selected_records_are_left_out_and_counted(tmp_path):
    good, other, shared = "ACGTACGTAC", "GGCATTACGA", "TTGCATGCAA"
    fasta(tmp_path / "yes.fa", [good, good, "AAAAAAAAAA", "ACACACACAC", "AAAAAAACGT", "ACGTACGT", shared])
    fasta(tmp_path / "no.fa", [other, shared, "AAAAAACGTA"])
    data = read(recipe(alphabet="rna", data=SELECTED), tmp_path)
    assert data.sequences.to_strings() == [good.replace("T", "U"), other.replace("T", "U")]
    assert data.y.tolist() == [[1], [0]]
    assert data.dropped == {
        "duplicate": 1,
        "fewer than 3 different letters": 2,
        "one letter in more than 60%": 2,  # seven A of ten, in either file
        "not 10 nt long": 1,
        "in both files": 2,
    }


def test_six_of_ten_positions_are_not_more_than_60_percent(tmp_path):
    fasta(tmp_path / "yes.fa", ["AAAAAACGTC"])
    fasta(tmp_path / "no.fa", ["GGCATTACGA"])
    assert not read(recipe(alphabet="rna", data=SELECTED), tmp_path).dropped


def test_probes_without_an_intensity_are_left_out_and_files_are_parts(tmp_path):
    (tmp_path / "a.txt").write_bytes(gzip.compress(b"1.5 ACGU\nnan GGGG\n-2 ACG\n"))
    (tmp_path / "b.txt").write_text("3 UUGCA\n")
    data = read(recipe(alphabet="rna", data=PROBES), tmp_path)
    assert data.sequences.to_strings() == ["ACGU", "ACG", "UUGCA"]
    assert data.y.tolist() == [[1.5], [-2], [3]]
    assert data.part.tolist() == [0, 0, 2]
    assert data.dropped == {"no intensity": 1}
    assert data.sha256["b.txt"] == sha256(b"3 UUGCA\n").hexdigest()


def test_the_columns_that_a_recipe_names_are_read_from_a_table(tmp_path):
    (tmp_path / "planted.csv").write_text("y,more,letters\n1.5,x,ACGT\n,x,GGGG\n2,x,TTAA\n")
    data = read(recipe(), tmp_path)
    assert (data.sequences.to_strings(), data.y.tolist()) == (["ACGT", "TTAA"], [[1.5], [2.0]])
    assert data.dropped == {"no measurement": 1}


ALSO = {"file": "more.csv", "sequence": "seq", "measured": "value"}
CLUSTERS = {"by": "cluster", "differences": 1}


def with_more(also: dict[str, str] = ALSO) -> Recipe:
    return recipe(data=content()["data"] | {"also": [also]}, split=CLUSTERS)


def test_a_second_table_is_added_behind_the_first_under_its_own_columns(tmp_path):
    (tmp_path / "planted.csv").write_text("letters,y\nACGT,1.5\nTTAA,2\n")
    (tmp_path / "more.csv").write_text("value,seq\n3,GGCC\n,AAAA\n4,ACGT\n")
    data = read(with_more(), tmp_path)
    assert data.sequences.to_strings() == ["ACGT", "TTAA", "GGCC", "ACGT"]
    assert data.y[:, 0].tolist() == [1.5, 2, 3, 4]
    assert data.added is not None
    assert data.added.tolist() == [False, False, True, True]
    assert data.dropped == {"no measurement": 1}
    assert set(data.sha256) == {"planted.csv", "more.csv"}


def test_a_second_table_needs_a_split_by_cluster_and_has_to_exist(tmp_path):
    with pytest.raises(ValueError, match=r"data\.also needs split: \{by: cluster\}"):
        recipe(data=content()["data"] | {"also": [ALSO]})
    (tmp_path / "planted.csv").write_text("letters,y\nACGT,1.5\n")
    with pytest.raises(InputError, match=r"data\.also\.0\.file.*more\.csv.*no such file"):
        read(with_more(), tmp_path)
    (tmp_path / "more.csv").write_text("seq,y\nACGT,1.5\n")
    with pytest.raises(InputError, match=r"more\.csv: `data\.also\.0\.measured`: 'value'.*seq, y"):
        read(with_more(), tmp_path)


def test_the_same_data_under_two_names_and_rows_without_a_sequence_are_refused(tmp_path):
    (tmp_path / "planted.csv").write_text("letters,y\nACGT,1.5\nTTAA,2\n")
    (tmp_path / "more.csv").write_bytes((tmp_path / "planted.csv").read_bytes())
    with pytest.raises(
        InputError, match=r"data\.also\.0\.file`: more\.csv: this file has the same content as another file"
    ):
        read(with_more(ALSO | {"sequence": "letters", "measured": "y"}), tmp_path)
    (tmp_path / "planted.csv").write_text("letters,y\nACGT,1.5\nACGT,\n,2\n")
    with pytest.raises(InputError, match=r"planted\.csv: line 4: a measurement without a sequence"):
        read(recipe(), tmp_path)
    (tmp_path / "planted.csv").write_text("letters,y\nACGT,1.5\nACGT,\nAC-T,2\n")
    with pytest.raises(InputError, match=r"planted\.csv: .*line 4"):
        read(recipe(), tmp_path)


def test_a_file_may_be_in_another_folder(tmp_path):
    (tmp_path / "planted.csv").write_text("letters,y\nACGT,1.5\nTTAA,2\n")
    (tmp_path / "data").mkdir()
    elsewhere = recipe(data=content()["data"] | {"file": str(tmp_path / "planted.csv")})
    assert set(read(elsewhere, tmp_path / "data").sha256) == {"planted.csv"}


@pytest.mark.parametrize("name", ["", " ", "a|b", "a\nb", "`a`", "<b>"])
def test_an_output_has_a_name_of_one_line(name):
    with pytest.raises(ValueError, match="an output needs a name of one line"):
        recipe(network=content()["network"] | {"output": [name]})


def test_an_output_is_named_once_and_measured_somewhere():
    with pytest.raises(ValueError, match=r"`network\.output` names a twice"):
        recipe(network=content()["network"] | {"output": ["a", "a"]})
    with pytest.raises(ValueError, match="at least 1"):
        recipe(data=content()["data"] | {"measured": {}})


def two_outputs(**more: Any) -> Recipe:
    """Two columns of the first file; the second file has one of the two under another name."""
    first = content()["data"] | {"measured": {"one": "y", "two": "z"}}
    second = ALSO | {"measured": {"two": "value"}} | more
    network = content()["network"] | {"output": ["one", "two"]}
    return recipe(data=first | {"also": [second]}, split=CLUSTERS, network=network)


@pytest.mark.parametrize("held_out", [False, True])
def test_outputs_are_nan_where_they_were_not_measured(held_out, tmp_path):
    (tmp_path / "planted.csv").write_text("letters,y,z\nACGT,1.5,2\nTTAA,,3\nCCCC,,\nGGGA,4,\n")
    (tmp_path / "more.csv").write_text("value,seq\n5,GGCC\n")
    data = read(two_outputs(held_out=held_out), tmp_path)
    nan = np.nan
    assert np.array_equal(data.y, [[1.5, 2], [nan, 3], [4, nan], [nan, 5]], equal_nan=True)
    assert data.added.tolist() == [False, False, False, not held_out]
    assert data.dropped == {"no measurement": 1}


def test_a_recipe_and_its_files_have_the_same_outputs_and_each_is_held_out():
    first = {"measured": {"one": "y"}}
    network = content()["network"] | {"output": ["one", "two"]}
    for data, words in (
        (content()["data"], "network.output` is one, two, but the data measure one output without a name"),
        (content()["data"] | first, "the data measure one"),
        (content()["data"] | first | {"also": [ALSO | {"measured": {"two": "y"}}]}, "measures two is held out"),
    ):
        with pytest.raises(ValueError, match=words):
            recipe(data=data, split=CLUSTERS, network=network)


def one_hot_file(path: Path, codes: dict[str, np.ndarray], labels: dict[str, np.ndarray]) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        for name, each in codes.items():
            file[f"X_{name}"] = np.eye(4, dtype=np.float32)[each].transpose(0, 2, 1)
            file[f"Y_{name}"] = labels[name][:, None].astype(np.int8)


def test_one_hot_is_read_as_the_codes_that_it_was_made_from(tmp_path):
    rng = np.random.default_rng(0)
    codes = {name: rng.integers(0, 4, (n, 12)) for name, n in (("train", 5), ("valid", 3), ("test", 4))}
    labels = {name: rng.integers(0, 2, len(each)) for name, each in codes.items()}
    one_hot_file(tmp_path / "x.h5", codes, labels)
    data = read(recipe(data=ONE_HOT), tmp_path)
    assert np.array_equal(data.sequences.codes, np.concatenate(list(codes.values())))
    assert np.array_equal(data.y[:, 0], np.concatenate(list(labels.values())))
    assert data.part.tolist() == [0] * 5 + [1] * 3 + [2] * 4


def spoiled(folder: Path) -> dict[str, Recipe]:
    """Recipes with unusable files, by the error that each raises."""
    import h5py

    (folder / "text.csv").write_text("letters,y\nACGT,high\n")
    (folder / "gaps.csv").write_text("letters,y\nAC-T,1\n")
    (folder / "a.txt").write_text("1 ACGU\nACGU\n")
    (folder / "b.txt").write_text("1 ACGU\n")
    (folder / "bad.gz").write_bytes(gzip.compress(b"1 ACGU\n" * 99)[:-9])
    (folder / "text.h5").write_text("no hdf5")
    fasta(folder / "yes.fa", ["AAAAAAAAAA"])
    fasta(folder / "no.fa", ["GGCATTACGA"])
    with h5py.File(folder / "half.h5", "w") as file:
        file["X_train"], file["Y_train"] = np.zeros((2, 4, 9)), np.zeros(2)
    with h5py.File(folder / "soft.h5", "w") as file:
        for name in ("train", "valid", "test"):
            file[f"X_{name}"], file[f"Y_{name}"] = np.full((2, 4, 9), 0.25), np.zeros(2)
    table = {"reader": "csv", "sequence": "letters", "measured": "y"}
    return {
        "nope.csv.*no such file.*--data": recipe(data=table | {"file": "nope.csv"}),
        "text.csv.*'y'.*has to hold numbers": recipe(data=table | {"file": "text.csv"}),
        "gaps.csv.*'-' at position 2": recipe(data=table | {"file": "gaps.csv"}),
        "text.csv.*'seq'.*letters, y": recipe(data=table | {"file": "text.csv", "sequence": "seq"}),
        "a.txt: line 2.*`ACGU`": recipe(alphabet="rna", data=PROBES),
        "bad.gz.*can't be read": recipe(alphabet="rna", data=PROBES | {"train": "bad.gz"}),
        "text.h5.*can't be read": recipe(data=ONE_HOT | {"file": "text.h5"}),
        "half.h5: no array `X_valid`": recipe(data=ONE_HOT | {"file": "half.h5"}),
        "soft.h5.*one-hot": recipe(data=ONE_HOT | {"file": "soft.h5"}),
        "at least one record of each file has to remain": recipe(alphabet="rna", data=SELECTED),
    }


@pytest.mark.parametrize("number", range(10))
def test_a_file_that_cannot_be_read_is_named(number, tmp_path):
    message, unusable = list(spoiled(tmp_path).items())[number]
    with pytest.raises(InputError, match=f"(?s){message}"):
        read(unusable, tmp_path)


def test_every_reader_of_a_recipe_is_in_the_table():
    schema = Recipe.model_json_schema()["properties"]["data"]["discriminator"]["mapping"]
    assert set(schema) == set(READERS)


@pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not there (rnacompete_s/*.fa.gz)")
def test_the_selected_sequences_of_vts1_have_its_motif_and_degenerate_ones_are_left_out():
    from seqdo.study.training_folder import read_recipe

    data = read(read_recipe(Path(__file__).parents[2] / "recipes/configs/vts1.yaml"), DATA)
    with_motif = np.array(["GCUGG" in text for text in data.sequences.to_strings()])
    # The description of the data reports 22.9 % and 4.7 %.
    assert [with_motif[data.y[:, 0] == label].mean() for label in (1, 0)] == pytest.approx([0.229, 0.047], abs=0.0006)
    assert data.dropped == {"fewer than 3 different letters": 4}  # poly-A and poly-U, in either file


@pytest.mark.parametrize(
    ("shape", "words"), [((5, 2), "Y_train` of shape .5, 2."), ((4, 1), "Y_train` of shape .4, 1.")]
)
def test_labels_of_another_shape_are_refused(tmp_path, shape, words):
    import h5py

    with h5py.File(tmp_path / "x.h5", "w") as file:
        for name, n in (("train", 5), ("valid", 3), ("test", 4)):
            file[f"X_{name}"] = np.eye(4)[np.zeros((n, 9), int)].transpose(0, 2, 1)
            file[f"Y_{name}"] = np.zeros(shape if name == "train" else (n, 1))
    with pytest.raises(InputError, match=f"{words}.*one label for each of the 5 sequences"):
        read(recipe(data=ONE_HOT), tmp_path)


def test_both_strands_of_padded_sequences_and_one_table_twice_are_refused():
    with pytest.raises(ValueError, match=r"without `network\.pad`"):
        recipe(strands="both", network=content()["network"] | {"pad": "left"})
    with pytest.raises(ValueError, match=r"planted\.csv again"):
        with_more(ALSO | {"file": "planted.csv"})
