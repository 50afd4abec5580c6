"""One-hot files: every container, both layouts and other orders of letters give the letters they were made of."""

from __future__ import annotations

import gzip
import itertools

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import seqdo as sd
from seqdo.errors import InputError

TEXTS = ["GATTACAGATTACA", "CCGGTATTTTTTTT", "ACGTACGTACGTAC"]
NAMES = ("a", "b c", "d")


def one_hot(texts, layout="NCL", letters="ACGT", dtype=np.float32):
    """By the definition: a 1 where the letter stands."""
    length = max(map(len, texts))
    array = np.zeros((len(texts), length, 4), dtype)
    for row, text in enumerate(texts):
        for position, letter in enumerate(text):
            if letter in letters:
                array[row, position, letters.index(letter)] = 1
    return array if layout == "NLC" else array.transpose(0, 2, 1)


@pytest.mark.parametrize("ending", ["npy", "npz", "h5", "hdf5", "parquet"])
@pytest.mark.parametrize("layout", ["NCL", "NLC"])
@pytest.mark.parametrize("letters", ["ACGT", "ATCG"])
@pytest.mark.filterwarnings("ignore:1 of 4 sequences end in zeros")  # of npy, which does not say that it is padded
def test_what_is_written_is_read_again(tmp_path, ending, layout, letters):
    sequences = sd.Sequences.from_strings([*TEXTS, "GAT"], names=[*NAMES, "short"])
    path = sd.write_one_hot(sequences, tmp_path / f"x.{ending}", layout=layout, letters=letters)
    assert [file.name for file in tmp_path.iterdir()] == [path.name]
    stated = {"letters": letters} if ending == "npy" else {}  # the one container that holds the array alone
    read = sd.read_one_hot(path, **stated)
    assert read.to_strings() == sequences.to_strings()
    assert read.names == (None if ending == "npy" else sequences.names)
    if letters == "ACGT":
        assert sd.read_sequences(path).to_strings() == sequences.to_strings()
    elif ending != "npy":
        with pytest.raises(InputError, match="letters='ACGT': the file states the order 'ATCG'"):
            sd.read_one_hot(path, letters="ACGT")


@pytest.mark.parametrize("letters", ["".join(order) for order in itertools.permutations("ACGT")][::5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8, np.uint8, bool, np.float16])
def test_every_order_of_letters_and_every_type(letters, dtype):
    for layout in ("NCL", "NLC"):
        array = one_hot(TEXTS, layout, letters, dtype)
        assert sd.read_one_hot(array, letters=letters).to_strings() == TEXTS
        assert sd.read_one_hot(array, letters=letters, layout=layout).to_strings() == TEXTS


def test_the_axis_of_letters_is_chosen_only_where_no_doubt_is_left():
    four = ["GATT", "CCAA"]  # sums over the other axis are not all 1
    for layout in ("NCL", "NLC"):
        assert sd.read_one_hot(one_hot(four, layout)).to_strings() == four
    either = one_hot(["ACGT", "TGCA"])  # every base once: rows and columns both have a single 1
    with pytest.raises(InputError, match=r"shape \(2, 4, 4\): both axes can be the letters.*layout=\"NCL\""):
        sd.read_one_hot(either)
    assert sd.read_one_hot(either, layout="NCL").to_strings() == ["ACGT", "TGCA"]
    with pytest.raises(InputError, match=r"shape \(2, 4, 5\): this is not NLC"):
        sd.read_one_hot(one_hot(["GATTA", "CCAAT"]), layout="NLC")
    with pytest.raises(InputError, match=r"shape \(2, 5, 6\): one axis after the first has to be 4 long"):
        sd.read_one_hot(np.zeros((2, 5, 6)))


@pytest.mark.parametrize("filler", [0, 0.25])
def test_a_position_without_a_letter_is_an_n(filler, seed):
    array = one_hot(["GANTA", "CCAAT"])
    array[0, :, 2] = filler
    with pytest.raises(InputError, match=r"1 of 2 sequences have an N.*first N at position 2 of 'sequence 0'"):
        sd.read_one_hot(array)
    with pytest.warns(UserWarning, match="left out"):
        assert sd.read_one_hot(array, n="drop").to_strings() == ["CCAAT"]
    drawn = {sd.read_one_hot(array, n="sample", rng=seed + k).to_strings()[0] for k in range(60)}
    assert drawn == {f"GA{letter}TA" for letter in "ACGT"}  # one is missing once in 10**7


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (one_hot(TEXTS)[0], r"shape \(4, 14\).*array\[None\]"),
        (one_hot(TEXTS) * 2, r"\[0.0, 0.0, 2.0, 0.0\] at position 0"),
        (one_hot(TEXTS) - 1, "single 1 at each position"), (one_hot(TEXTS) * np.nan, "nan"),
        (np.full((2, 4, 9), 0.5), "at position 0 of sequence 0"), (np.zeros((0, 4, 5)), r"shape \(0, 4, 5\)"),
        (one_hot(TEXTS).astype(str), "one-hot numbers"), (np.ones((2, 3)), r"shape \(2, 3\)"),
    ],
)  # fmt: skip
def test_what_is_not_one_hot_is_refused(array, words):
    with pytest.raises(InputError, match=words):
        sd.read_one_hot(array)


@pytest.mark.parametrize(
    ("options", "words"),
    [({"letters": "ACG"}, "letters='ACG'"), ({"letters": "AACC"}, "each once"), ({"layout": "CNL"}, "layout='CNL'"),
     ({"alphabet": "dna"}, "alphabet='dna'"), ({"n": "N"}, "n='N'")],
)  # fmt: skip
def test_options_that_are_none_are_refused(options, words):
    with pytest.raises(InputError, match=words):
        sd.read_one_hot(one_hot(TEXTS), **options)


def test_the_array_is_chosen_by_its_key_where_there_are_several(tmp_path):
    with h5py.File(tmp_path / "x.h5", "w") as file:
        file["train/x"], file["test/x"] = one_hot(TEXTS), one_hot(TEXTS[:2], "NLC")
        file["train/y"] = np.zeros((3, 2))
    assert sd.read_one_hot(tmp_path / "x.h5", "test/x").to_strings() == TEXTS[:2]
    with pytest.raises(InputError, match=r"x\.h5: `path` holds test/x \(2, 14, 4\), train/x .*key='test/x'"):
        sd.read_one_hot(tmp_path / "x.h5")
    with pytest.raises(InputError, match=r"key='valid/x': the file holds test/x"):
        sd.read_one_hot(tmp_path / "x.h5", "valid/x")
    np.savez(tmp_path / "x.npz", x=one_hot(TEXTS), y=np.arange(3))
    assert sd.read_one_hot(tmp_path / "x.npz").to_strings() == TEXTS
    (tmp_path / "x.npz.gz").write_bytes(gzip.compress((tmp_path / "x.npz").read_bytes()))
    assert sd.read_one_hot(tmp_path / "x.npz.gz").to_strings() == TEXTS


def test_columns_of_a_parquet_file(tmp_path):
    pq.write_table(pa.table({"x": one_hot(TEXTS, "NLC").tolist(), "y": [1.0, 2.0, 3.0]}), tmp_path / "nested.parquet")
    assert sd.read_sequences(tmp_path / "nested.parquet").to_strings() == TEXTS
    pq.write_table(pa.table({"sequence": TEXTS, "name": NAMES}), tmp_path / "text.parquet")
    read = sd.read_sequences(tmp_path / "text.parquet")
    assert (read.to_strings(), read.names) == (TEXTS, NAMES)
    pq.write_table(pa.table({"x": [[[1.0]], [[1.0], [0.0]]]}), tmp_path / "ragged.parquet")
    with pytest.raises(InputError, match="`x` holds lists of 2 lengths"):
        sd.read_one_hot(tmp_path / "ragged.parquet")
    pq.write_table(pa.table({"y": [1.0], "z": [2.0]}), tmp_path / "none.parquet")
    with pytest.raises(InputError, match=r"none\.parquet: `path` holds y \(1,\), z \(1,\)"):
        sd.read_one_hot(tmp_path / "none.parquet")


class Marker:
    """What a pickle would create."""

    created = 0

    def __init__(self):
        Marker.created += 1

    def __reduce__(self):
        return Marker, ()


@pytest.mark.parametrize("save", [np.save, np.savez])
def test_no_object_is_made_from_a_file(tmp_path, save):
    path = tmp_path / ("x.npy" if save is np.save else "x.npz")
    save(path, np.array([Marker()], object))
    count = Marker.created
    with pytest.raises(InputError, match="without Python objects"):
        sd.read_one_hot(path)
    assert Marker.created == count


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.h5", "x.parquet"])
def test_a_file_that_is_cut_short_is_refused(tmp_path, name):
    path = sd.write_one_hot(TEXTS, tmp_path / name)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match=name):
        sd.read_one_hot(path)


def test_writing_is_refused_in_plain_terms_and_leaves_no_part(tmp_path):
    with pytest.raises(InputError, match=r"ends in '\.txt': one of \.npy"):
        sd.write_one_hot(TEXTS, tmp_path / "x.txt")
    with pytest.raises(InputError, match="there is no folder"):
        sd.write_one_hot(TEXTS, tmp_path / "missing" / "x.npz")
    with pytest.raises(InputError, match="layout='codes'"):
        sd.write_one_hot(TEXTS, tmp_path / "x.npz", layout="codes")
    assert not list(tmp_path.iterdir())


def test_the_call_is_recorded_and_rna_is_rna(tmp_path):
    path = sd.write_one_hot(TEXTS, tmp_path / "x.npy", layout="NLC")
    read = sd.read_one_hot(path, layout="NLC", alphabet=sd.RNA)
    assert read.to_strings()[0] == "GAUUACAGAUUACA"
    assert read.file.options == {"alphabet": "rna", "layout": "NLC"}
    (tmp_path / "x.fa").write_text(">a\nACGT\n")
    with pytest.raises(InputError, match="an array is needed"):
        sd.read_one_hot(tmp_path / "x.fa")
