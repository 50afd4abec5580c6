"""The models of the catalogue: whole, described, and predicting what they predicted when they were made."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

from seqdo.errors import InputError
from seqdo.models.wrap import wrap
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.stream import root, stream
from seqdo.zoo import CATALOGUE, load
from seqdo.zoo.fetch import Source
from seqdo.zoo.published import check_golden

WEIGHTS = Path(__file__).parents[2] / ".." / "shared" / "data" / "bpnet_oskn" / "bpnet_oskn_weights.npz"
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_file(),
    reason="bpnet_oskn_weights.npz is in ../shared/data/bpnet_oskn, which is not beside this clone",
)


@pytest.mark.parametrize("name", CATALOGUE)
def test_a_model_is_described(name):
    """Its card has the licence and, where weights are fetched, what is fetched; a line of a list says so too."""
    entry = CATALOGUE[name]
    assert entry.card.startswith(f"# {name}\n")
    assert "licence" in entry.card.lower()
    assert entry.claim in str(entry)
    assert ("fetched" in str(entry)) == (entry.source is not None)
    if entry.source:
        for fact in (entry.source.file, entry.source.sha256, entry.source.licence):
            assert fact in entry.card


@pytest.mark.parametrize("name", [name for name, entry in CATALOGUE.items() if not entry.source])
def test_a_model_that_ships_loads_as_its_entry_says(name):
    entry = CATALOGUE[name]
    model = load(name)
    assert len(model.members) == entry.members
    assert (model.alphabet, model.length, model.outputs, model.pad) == (
        entry.alphabet, entry.length, entry.outputs, entry.pad,
    )  # fmt: skip
    with pytest.raises(InputError, match="ship with seqdo"):
        load(name, weights="my.npz")


@pytest.mark.parametrize("name", [name for name in CATALOGUE if name.startswith("residualbind")])
def test_a_model_of_probes_has_a_reference_of_probes(name):
    entry, model = CATALOGUE[name], load(name)
    assert (model.alphabet, model.length, model.outputs, model.pad) == (RNA, 41, ("binding",), "centre")
    assert model.reference is not None
    assert model.reference.n == 30_000
    assert set(model.reference.lengths) == {30, 35, 38, 39, 40, 41} & set(model.reference.lengths)
    assert model.reference.lengths[38] == pytest.approx(0.59, abs=0.02)  # as the data's description says
    for word in ("RNAcompete", "MIT", "Pearson", "ensemble"):
        assert word in entry.card


def test_the_card_states_an_accuracy_that_the_task_asks_for():
    members = [
        float(r)
        for r in re.findall(
            r"^\| \d+ \| \d+ \| [\d.]+ \| ([\d.]+) \|$", CATALOGUE["residualbind-rncmpt00002"].card, re.M
        )
    ]
    ensemble = float(re.search(r"ensemble.*\| ([\d.]+) \|", CATALOGUE["residualbind-rncmpt00002"].card)[1])
    assert len(members) == 5
    assert min(members) >= 0.78
    assert ensemble >= 0.79


def test_all_probes_begin_as_the_data_say():
    profile = load("residualbind-rncmpt00002").reference.profiles[38]
    assert np.allclose(profile[:2], [[1, 0, 0, 0], [0, 0, 1, 0]])  # AG, then A or G
    assert profile[2, [0, 2]].sum() == pytest.approx(1)


def test_an_unknown_name_lists_the_choices():
    with pytest.raises(InputError, match="Did you mean residualbind-rncmpt00002"):
        load("residualbind-rncmpt0002")


@pytest.mark.parametrize(("off", "refused"), [(0.0, False), (0.01, True)])
def test_weights_that_predict_something_else_are_refused(off, refused):
    """MOD-31: letters in another order, or a damaged file, would show in the stored predictions."""
    model = load("residualbind-rncmpt00002")
    entry = CATALOGUE["residualbind-rncmpt00002"]
    golden = json.loads((entry.folder / "reference.json").read_text(encoding="utf-8"))["golden"]
    golden["predictions"][0][0] += off
    with pytest.raises(InputError, match="off the stored values") if refused else contextlib.nullcontext():
        check_golden(model, golden)


def test_golden_sequences_may_be_a_seed_and_have_several_outputs():
    """Off by 0.002 of 100, where a hundred-thousandth of a number above 1 is allowed: refused."""
    model = wrap(lambda x: x.sum(2)[:, :2] * [1, 40], alphabet=DNA, length=10, outputs=["A", "40 C"])
    codes = stream(root(3), "golden").integers(0, 4, (2, 10), dtype=np.uint8)
    right = [[[int((row == 0).sum()), 40 * int((row == 1).sum())] for row in codes]]
    check_golden(model, {"seed": 3, "n": 2, "predictions": right})
    right[0][1][1] *= 1 + 2e-5
    with pytest.raises(InputError, match="off the stored values"):
        check_golden(model, {"seed": 3, "n": 2, "predictions": right})


def test_a_model_without_its_weights_says_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQDO_MIRROR", raising=False)
    monkeypatch.setenv("SEQDO_CACHE", str(tmp_path))
    public = Source._public
    monkeypatch.setattr(Source, "_public", lambda self, _: public(self, "http://127.0.0.1:1/bpnet.model.h5"))
    wanted = r"can't be fetched.*bpnet_oskn_weights\.npz with SHA-256 0ae53d65.*squid-manuscript.*MIT.*weights=PATH"
    with pytest.raises(InputError, match=wanted):
        load("bpnet-oskn")


@needs_weights
def test_weights_that_are_fetched_load_from_a_mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQDO_MIRROR", str(WEIGHTS.parent))
    assert load("bpnet-oskn").outputs == CATALOGUE["bpnet-oskn"].outputs
    damaged = bytearray(WEIGHTS.read_bytes())
    damaged[300_000] ^= 1
    (tmp_path / WEIGHTS.name).write_bytes(damaged)
    with pytest.raises(InputError, match="damaged, or another file"):
        load("bpnet-oskn", weights=tmp_path / WEIGHTS.name)
