"""Outcomes as files: whole and bit for bit, or refused."""

from __future__ import annotations

import json

import h5py
import numpy as np
import pytest
import xarray as xr

from seqdo.errors import InputError
from seqdo.execution.run import run
from seqdo.experiments.arrange import copies
from seqdo.experiments.embed import embed, orientation
from seqdo.experiments.record import to_record
from seqdo.models.reference import Reference
from seqdo.models.wrap import wrap
from seqdo.motifs.motif import Motif
from seqdo.outcomes import FORMAT, Extra, Outcomes, _digest
from seqdo.sequences import backgrounds
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequence import Sequences

REAL = Sequences.from_strings(["ACGT" * 5, "GGCA" * 4, "TTGCATGA", "ACG" * 6], names=["a", "β", "c d", "e/f"])


def model(**more):
    weights = np.random.default_rng(0).normal(size=20)
    return wrap(
        [lambda x: (x * weights).sum((1, 2)), lambda x: (x[:, :2] * weights).sum((1, 2))],
        **({"alphabet": DNA, "length": 20, "pad": "centre"} | more),
    )


@pytest.fixture
def outcomes():
    """Of an ensemble, on named sequences of several lengths, with a reference."""
    wrapped = model()
    predicted = wrapped.predict(REAL).mean(0)
    reference = Reference.measure(REAL, predicted, wrapped.outputs, "four sequences")
    design = orientation(Motif("M", np.array([[1 / 3, 2 / 3, 0, 0], [0, 0, 1, 0]])), at=2, sample=True)
    return run(design, model(reference=reference), REAL, rng=3)


def same(one: Outcomes, two: Outcomes) -> bool:
    return (
        one.y.identical(two.y)
        and one.y.values.tobytes() == two.y.values.tobytes()
        and one.y.dtype == two.y.dtype
        and np.array_equal(one.backgrounds.codes, two.backgrounds.codes)
        and one.backgrounds.codes.dtype == two.backgrounds.codes.dtype
        and np.array_equal(one.backgrounds.lengths, two.backgrounds.lengths)
        and (one.backgrounds.alphabet, one.backgrounds.names) == (two.backgrounds.alphabet, two.backgrounds.names)
        and one.scales == two.scales
        and one.provenance == two.provenance
        and to_record(one.design) == to_record(two.design)
        and (one.reference is None) == (two.reference is None)
        and (one.reference is None or one.reference.to_json() == two.reference.to_json())
        and (one.extra is None) == (two.extra is None)
        and (one.extra is None or same_extra(one.extra, two.extra))
    )


def same_extra(one: Extra, two: Extra) -> bool:
    return (
        one.y.identical(two.y)
        and one.y.values.tobytes() == two.y.values.tobytes()
        and np.array_equal(one.backgrounds.codes, two.backgrounds.codes)
        and np.array_equal(one.backgrounds.lengths, two.backgrounds.lengths)
        and one.backgrounds.alphabet == two.backgrounds.alphabet
    )


def test_outcomes_come_back_bit_for_bit_with_backgrounds_scales_reference_and_provenance(outcomes, tmp_path):
    outcomes.save(tmp_path / "one.nc")
    back = Outcomes.load(tmp_path / "one.nc")
    assert same(back, outcomes)
    assert back.scales["output"].source == "predictions on 4 held-out real sequences"
    assert back.backgrounds.to_strings() == REAL.to_strings()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_float32_stays_float32_and_rna_stays_rna(dtype, tmp_path):
    rna = wrap(lambda x: x.sum(2).astype(dtype), alphabet=RNA, length=20, outputs=list("ACGU"))
    made = run(copies("GCAU", slots=[0, 9]), rna, backgrounds.uniform(20), n=11)
    made.save(tmp_path / "one.nc")
    back = Outcomes.load(tmp_path / "one.nc")
    assert same(back, made)
    assert back.y.dtype == dtype
    assert back.backgrounds.alphabet is RNA
    assert (back.reference, back.backgrounds.names) == (None, None)


def test_extra_backgrounds_come_back_bit_for_bit_and_a_change_in_them_is_refused(tmp_path):
    mixed = backgrounds.profile(Sequences.from_strings(REAL.to_strings() * 2))  # of several lengths
    made = run(embed("GATT", at=3), model(), mixed, n=5, rng=0, extra=40)
    path = tmp_path / "one.nc"
    made.save(path)
    assert same(Outcomes.load(path), made)
    for name, value in (("extra_y", 1e-9), ("extra_codes", 1), ("extra_lengths", -1)):
        made.save(path)
        with h5py.File(path, "r+") as file:
            file[name][(0,) * file[name].ndim] += value
        with pytest.raises(InputError, match="damaged: its checksum is another"):
            Outcomes.load(path)


def test_a_file_of_version_1_is_still_read(tmp_path):
    """It differs in nothing but the number, as there were no extra backgrounds."""
    made = run(embed("GATT", at=3), model(), backgrounds.uniform(20), n=5, rng=0)
    made.save(tmp_path / "one.nc")
    data = xr.load_dataset(tmp_path / "one.nc", engine="h5netcdf")
    text = json.dumps(json.loads(data.attrs["seqdo"]) | {"format": 1})
    data.attrs = {"seqdo": text, "sha256": _digest(data, text)}
    data.to_netcdf(tmp_path / "old.nc", engine="h5netcdf")
    assert same(Outcomes.load(tmp_path / "old.nc"), made)


def test_what_was_loaded_can_be_saved_over_itself(outcomes, tmp_path):
    path = str(tmp_path / "one.nc")
    outcomes.save(path)
    Outcomes.load(path).save(path)
    assert same(Outcomes.load(path), outcomes)
    assert [file.name for file in tmp_path.iterdir()] == ["one.nc"]


def test_a_design_of_thousands_of_arms_can_be_saved(tmp_path):
    """Its record is longer than the 64 kB that some HDF5 attributes may have."""
    from seqdo.experiments.embed import kmers

    made = run(kmers(5, at=3), model(), backgrounds.uniform(20), n=2, rng=0)
    made.save(tmp_path / "many.nc")
    assert same(Outcomes.load(tmp_path / "many.nc"), made)
    assert len(json.dumps(to_record(made.design))) > 2**17


def test_a_missing_file_and_a_missing_folder_are_named(outcomes, tmp_path):
    with pytest.raises(InputError, match=r"one\.nc: there is no such file"):
        Outcomes.load(tmp_path / "one.nc")
    with pytest.raises(InputError, match="there is no folder"):
        outcomes.save(tmp_path / "nowhere" / "one.nc")
    with pytest.raises(InputError, match="it is a folder"):
        outcomes.save(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.999])
def test_a_file_that_was_cut_short_is_refused(outcomes, tmp_path, share):
    path = tmp_path / "one.nc"
    outcomes.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"one\.nc: it is not a whole file of outcomes"):
        Outcomes.load(path)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # h5netcdf closes what it never opened
def test_a_flipped_bit_is_refused_unless_it_changes_nothing_STO_19(outcomes, tmp_path, seed):
    """In bytes that are not 0 (half of the file is); each in a file of its own, as HDF5 remembers what it has open."""
    outcomes.save(tmp_path / "one.nc")
    whole, refused = (tmp_path / "one.nc").read_bytes(), 0
    used = np.flatnonzero(np.frombuffer(whole, np.uint8))
    for byte, bit in np.random.default_rng(seed).integers([len(used), 8], size=(20, 2)):
        damaged = bytearray(whole)
        damaged[used[byte]] ^= 1 << bit
        path = tmp_path / f"{byte}-{bit}.nc"
        path.write_bytes(damaged)
        try:
            assert same(Outcomes.load(path), outcomes), f"bit {bit} of byte {used[byte]} was changed in silence"
        except InputError:
            refused += 1
    assert refused >= 15


def test_a_prediction_changed_in_the_file_is_refused(outcomes, tmp_path):
    path = tmp_path / "one.nc"
    outcomes.save(path)
    with h5py.File(path, "r+") as file:
        file["y"][0, 0, 0, 0] += 1e-9
    with pytest.raises(InputError, match="damaged: its checksum is another"):
        Outcomes.load(path)


def test_files_of_others_are_refused(tmp_path):
    xr.Dataset({"y": ("x", np.arange(3.0))}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    (tmp_path / "text.nc").write_text("output,contrast\n")
    strange = xr.Dataset({"y": ("x", np.arange(3.0))}, attrs={"seqdo": "[1, 2]"})
    strange.to_netcdf(tmp_path / "strange.nc", engine="h5netcdf")
    for name in ("other", "text", "strange"):
        with pytest.raises(InputError, match="it is not a whole file of outcomes"):
            Outcomes.load(tmp_path / f"{name}.nc")


def test_a_newer_format_is_refused_with_both_versions(outcomes, tmp_path):
    path = tmp_path / "one.nc"
    outcomes.save(path)
    with h5py.File(path, "r+") as file:
        record = json.loads(file.attrs["seqdo"]) | {"format": FORMAT + 1, "news": [1, 2]}
        file.attrs["seqdo"] = json.dumps(record)
    with pytest.raises(InputError, match=f"has format {FORMAT + 1}: this version reads up to {FORMAT}. Update seqdo"):
        Outcomes.load(path)


def test_a_save_that_is_interrupted_leaves_what_was_there(outcomes, tmp_path, monkeypatch):
    path = tmp_path / "one.nc"

    def interrupted(self, target, **more):
        target.write_bytes(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(xr.Dataset, "to_netcdf", interrupted)
    with pytest.raises(KeyboardInterrupt):
        outcomes.save(path)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    outcomes.save(path)
    monkeypatch.setattr(xr.Dataset, "to_netcdf", interrupted)
    with pytest.raises(KeyboardInterrupt):
        outcomes.save(path)
    assert [file.name for file in tmp_path.iterdir()] == ["one.nc"]
    assert same(Outcomes.load(path), outcomes)


def test_outcomes_say_what_they_are():
    made = run(embed("GATT", at=3), model(), backgrounds.uniform(20), n=3, rng=0)
    assert str(made) == "Outcomes of embed: 2 models, 3 backgrounds, 2 arms, 1 output"
