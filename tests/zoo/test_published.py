"""The models of the catalog: complete, described, and with the predictions that were stored when they were trained."""

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
from seqdo.zoo import CATALOG, load
from seqdo.zoo.fetch import Source
from seqdo.zoo.published import check_golden

WEIGHTS = Path(__file__).parents[2] / ".." / "shared" / "data" / "bpnet_oskn" / "bpnet_oskn_weights.npz"
needs_weights = pytest.mark.skipif(
    not WEIGHTS.is_file(),
    reason="bpnet_oskn_weights.npz is in ../shared/data/bpnet_oskn, which is not next to this clone",
)


@pytest.mark.parametrize("name", CATALOG)
def test_a_model_is_described(name):
    """Its card states the license and, for downloaded weights, their file. Its line in the list states the download."""
    entry = CATALOG[name]
    assert entry.card.startswith(f"# {name}\n")
    assert "license" in entry.card.lower()
    assert entry.claim in str(entry)
    assert ("downloaded" in str(entry)) == (entry.source is not None)
    if entry.source:
        for fact in (entry.source.file, entry.source.sha256, entry.source.licence):
            assert fact in entry.card


@pytest.mark.parametrize("name", [name for name, entry in CATALOG.items() if not entry.source])
def test_a_model_that_ships_loads_as_its_entry_states(name):
    entry = CATALOG[name]
    model = load(name)
    assert len(model.members) == entry.members
    assert (model.alphabet, model.length, model.outputs, model.pad) == (
        entry.alphabet, entry.length, entry.outputs, entry.pad,
    )  # fmt: skip
    with pytest.raises(InputError, match="ship with seqdo"):
        load(name, weights="my.npz")


@pytest.mark.parametrize("name", [name for name in CATALOG if name.startswith("residualbind")])
def test_a_model_of_probes_has_a_reference_of_probes(name):
    entry, model = CATALOG[name], load(name)
    assert (model.alphabet, model.length, model.outputs, model.pad) == (RNA, 41, ("binding",), "centre")
    assert model.reference is not None
    assert model.reference.n == 30_000
    assert set(model.reference.lengths) == {30, 35, 38, 39, 40, 41} & set(model.reference.lengths)
    assert model.reference.lengths[38] == pytest.approx(0.59, abs=0.02)  # as the description of the data states
    for text in ("RNAcompete", "MIT", "Pearson", "ensemble"):
        assert text in entry.card


def test_the_card_states_the_accuracy_that_is_required():
    members = [
        float(r)
        for r in re.findall(r"^\| \d+ \| \d+ \| [\d.]+ \| ([\d.]+) \|$", CATALOG["residualbind-rncmpt00002"].card, re.M)
    ]
    ensemble = float(re.search(r"ensemble.*\| ([\d.]+) \|", CATALOG["residualbind-rncmpt00002"].card)[1])
    assert len(members) == 5
    assert min(members) >= 0.78
    assert ensemble >= 0.79


def test_all_probes_begin_as_the_data_state():
    profile = load("residualbind-rncmpt00002").reference.profiles[38]
    assert np.allclose(profile[:2], [[1, 0, 0, 0], [0, 0, 1, 0]])  # AG, then A or G
    assert profile[2, [0, 2]].sum() == pytest.approx(1)


def test_an_unknown_name_lists_the_choices():
    with pytest.raises(InputError, match="Did you mean residualbind-rncmpt00002"):
        load("residualbind-rncmpt0002")


@pytest.mark.parametrize(("off", "refused"), [(0.0, False), (0.01, True)])
def test_weights_with_other_predictions_are_refused(off, refused):
    """MOD-31: channels in another order, or a damaged file, change the predictions."""
    model = load("residualbind-rncmpt00002")
    entry = CATALOG["residualbind-rncmpt00002"]
    golden = json.loads((entry.folder / "reference.json").read_text(encoding="utf-8"))["golden"]
    golden["predictions"][0][0] += off
    with pytest.raises(InputError, match="off the stored values") if refused else contextlib.nullcontext():
        check_golden(model, golden)


def test_golden_sequences_may_be_a_seed_and_have_several_outputs():
    """A prediction is 2e-5 off, relative to its stored value, where 1e-5 is allowed: it is refused."""
    model = wrap(lambda x: x.sum(2)[:, :2] * [1, 40], alphabet=DNA, length=10, outputs=["A", "40 C"])
    codes = stream(root(3), "golden").integers(0, 4, (2, 10), dtype=np.uint8)
    right = [[[int((row == 0).sum()), 40 * int((row == 1).sum())] for row in codes]]
    check_golden(model, {"seed": 3, "n": 2, "predictions": right})
    right[0][1][1] *= 1 + 2e-5
    with pytest.raises(InputError, match="off the stored values"):
        check_golden(model, {"seed": 3, "n": 2, "predictions": right})


def test_the_error_for_missing_weights_states_how_to_get_them(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQDO_MIRROR", raising=False)
    monkeypatch.setenv("SEQDO_CACHE", str(tmp_path))
    public = Source._public
    monkeypatch.setattr(Source, "_public", lambda self, _: public(self, "http://127.0.0.1:1/bpnet.model.h5"))
    wanted = r"can't be downloaded.*bpnet_oskn_weights\.npz with SHA-256 0ae53d65.*squid-manuscript.*MIT.*weights=PATH"
    with pytest.raises(InputError, match=wanted):
        load("bpnet-oskn")


@needs_weights
def test_downloaded_weights_load_from_a_mirror(tmp_path, monkeypatch):
    monkeypatch.setenv("SEQDO_MIRROR", str(WEIGHTS.parent))
    assert load("bpnet-oskn").outputs == CATALOG["bpnet-oskn"].outputs
    damaged = bytearray(WEIGHTS.read_bytes())
    damaged[300_000] ^= 1
    (tmp_path / WEIGHTS.name).write_bytes(damaged)
    with pytest.raises(InputError, match="damaged, or is another file"):
        load("bpnet-oskn", weights=tmp_path / WEIGHTS.name)
