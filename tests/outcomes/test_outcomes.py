"""Outcomes as files: whole and bit for bit, or refused."""

from __future__ import annotations

import json
from dataclasses import replace

import h5py
import numpy as np
import pytest
import torch
import xarray as xr

from seqdo import backgrounds
from seqdo.designs.record import to_record
from seqdo.errors import InputError
from seqdo.execution.run import run
from seqdo.experiments.arrange import copies, interaction
from seqdo.experiments.embed import embed, orientation
from seqdo.models.reference import Reference
from seqdo.models.wrap import wrap
from seqdo.motifs.motif import Motif
from seqdo.outcomes.extras import Extra, Real, evenly
from seqdo.outcomes.netcdf import FORMAT, digest
from seqdo.outcomes.outcomes import Outcomes
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequences import Sequences

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
        and (one.real is None) == (two.real is None)
        and (one.real is None or same_real(one.real, two.real))
    )


def same_extra(one: Extra, two: Extra) -> bool:
    return (
        one.y.identical(two.y)
        and one.y.values.tobytes() == two.y.values.tobytes()
        and np.array_equal(one.backgrounds.codes, two.backgrounds.codes)
        and np.array_equal(one.backgrounds.lengths, two.backgrounds.lengths)
        and one.backgrounds.alphabet == two.backgrounds.alphabet
    )


def same_real(one: Real, two: Real) -> bool:
    """The same sequences and predictions, and the same places in the layer."""
    layers = one.layer, two.layer
    return same_extra(Extra(one.y, one.sequences), Extra(two.y, two.sequences)) and (
        layers == (None, None)
        or (
            (layers[0].name, layers[0].arm) == (layers[1].name, layers[1].arm)
            and all(
                getattr(layers[0], what).tobytes() == getattr(layers[1], what).tobytes()
                and getattr(layers[0], what).dtype == getattr(layers[1], what).dtype == np.float32
                for what in ("real", "unedited", "edited")
            )
        )
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
    made = run(copies("GCAU", at=[0, 9]), rna, backgrounds.uniform(20), n=11)
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


REAL_VARIABLES = [f"real_{what}" for what in ("y", "codes", "lengths")]
LAYER_VARIABLES = [f"layer_{what}" for what in ("real", "unedited", "edited")]


@pytest.mark.parametrize("layered", [False, True])
def test_real_sequences_come_back_bit_for_bit_and_a_change_in_them_is_refused(layered, tmp_path):
    texts = Sequences.from_strings([text + "ACGT"[: i % 4] for i, text in enumerate(["ACGTACGATT", "GGCA"] * 60)])
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(80, 6), torch.nn.ReLU(), torch.nn.Linear(6, 1)).eval()
    asked = wrap(net, alphabet=DNA, length=20, pad="centre", layout="NCL") if layered else model()
    made = run(embed("GATT", at=3), asked, backgrounds.uniform(20), n=12, rng=0, real=texts, extra=4)
    assert (made.real.layer is not None) == layered
    path = tmp_path / "one.nc"
    made.save(path)
    assert same(Outcomes.load(path), made)
    for name in REAL_VARIABLES + LAYER_VARIABLES * layered:
        made.save(path)
        with h5py.File(path, "r+") as file:
            file[name][(0,) * file[name].ndim] += 1
        with pytest.raises(InputError, match="damaged: its checksum is another"):
            Outcomes.load(path)


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_of_an_older_version_is_still_read(version, tmp_path):
    """Its record knows no layer; and there were no real sequences, nor in version 1 extra backgrounds."""
    extra = 0 if version == 1 else 4
    made = run(embed("GATT", at=3), model(), backgrounds.uniform(20), n=5, rng=0, extra=extra)
    made.save(tmp_path / "one.nc")
    data = xr.load_dataset(tmp_path / "one.nc", engine="h5netcdf")
    record = json.loads(data.attrs["seqdo"]) | {"format": version}
    assert record.pop("layer") is None
    text = json.dumps(record)
    data.attrs = {"seqdo": text, "sha256": digest(data, text)}
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
    with pytest.raises(InputError, match=r"path=.*one\.nc': there is no such file"):
        Outcomes.load(tmp_path / "one.nc")
    with pytest.raises(InputError, match="there is no folder"):
        outcomes.save(tmp_path / "nowhere" / "one.nc")
    with pytest.raises(InputError, match="is a folder"):
        outcomes.save(tmp_path)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.999])
def test_a_file_that_was_cut_short_is_refused(outcomes, tmp_path, share):
    path = tmp_path / "one.nc"
    outcomes.save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InputError, match=r"path=.*one\.nc': it is not a whole file of outcomes"):
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


# --- what the model saw


def spy(seen):
    """A model that notes the codes it is asked."""

    def answer(codes):
        seen.append(codes.copy())
        return codes.sum(1) * 1.0

    return wrap(answer, alphabet=DNA, length=20, layout="codes", pad="right")


@pytest.mark.parametrize(
    "design",
    [
        embed("GRNNY", at=3),
        copies(Motif("M", np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0]])), at=[0, 4, 9], sample=True),
        orientation("GATT", at=2),
    ],
)
def test_an_arm_is_edited_again_to_what_the_model_saw(design):
    """On backgrounds of several lengths, more than a block that letters are drawn in."""
    seen = []
    asked, null = spy(seen), backgrounds.profile(Sequences.from_strings(["ACGTACGTACGG", "TTGACCATGACCA"] * 9))
    seen.clear()
    made = run(design, asked, null, n=300, rng=7)
    rows = {row.tobytes() for codes in seen for row in codes}
    for arm in design.arms:
        edited = made.edited(arm)
        codes = asked.arrange(edited)
        assert all(row.tobytes() in rows for row in codes)
        assert np.array_equal(made.y.sel(arm=arm).values[0, :, 0], codes.sum(1))
        assert (edited.alphabet, edited.lengths.tolist()) == (DNA, made.backgrounds.lengths.tolist())


def test_an_arm_that_is_none_and_outcomes_that_no_run_made_are_refused():
    made = run(embed("GATT", at=3), model(), backgrounds.uniform(20), n=3, rng=0)
    with pytest.raises(InputError, match=r"arm='GATT@4'.*Did you mean 'GATT@3'"):
        made.edited("GATT@4")
    with pytest.raises(InputError, match="without the seed of their run"):
        replace(made, provenance={}).edited("GATT@3")


def test_treated_arms_are_those_that_effects_add():
    """Controls that an effect takes away and what other contrasts add are none."""
    assert run(embed("GATT", at=3, scrambles=2), model(), REAL[:2], rng=0).treated == ("GATT@3",)
    pair = run(interaction(["GAT", "CC"], at=[0, 5]), model(), REAL[:2], rng=0)
    assert pair.treated == ("GAT@0 + CC@5",)
    others = tuple(contrast for contrast in pair.design.contrasts if contrast.name != "effect")
    named = replace(pair, design=replace(pair.design, contrasts=others))
    assert set(named.treated) == {"GAT@0", "CC@5", "GAT@0 + CC@5"}


def test_evenly_takes_all_or_as_many_in_equal_steps():
    assert evenly(7, 7).tolist() == evenly(7, 99).tolist() == list(range(7))
    for number, most in ((10, 3), (5001, 5000), (12, 4)):
        taken = evenly(number, most)
        assert len(set(taken.tolist())) == most
        assert set(np.diff(taken)) <= {number // most, -(-number // most)}


def test_outcomes_say_what_they_are():
    made = run(embed("GATT", at=3), model(), backgrounds.uniform(20), n=3, rng=0)
    assert str(made) == "Outcomes of embed: 2 models, 3 backgrounds, 2 arms, 1 output"
