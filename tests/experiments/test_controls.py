"""The design of all controls of one site."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import seqdo as sd
from seqdo.experiments.controls import IDENTITY
from seqdo.models.adapters.function import FunctionNetwork
from seqdo.models.member import Member
from seqdo.models.readout import whole

LENGTH = 40


def asked(design, model, n=100, **more):
    return sd.estimate(sd.run(design, model, sd.backgrounds.uniform(LENGTH), n=n, rng=3, **more), margin=0.1)


def test_every_control_is_there_with_its_weights():
    design = sd.controls("GATTACA", at=9, scrambles=30, kmers=10, positive="CACGTGA")
    by_name = {contrast.name: contrast for contrast in design.contrasts}
    assert list(by_name) == ["effect", "specific", "beyond k-mers", "positive", "identity"]
    assert len(design.arms) == 1 + 1 + 30 + 10 + 1 + 1
    for name, number in (("specific", 30), ("beyond k-mers", 10)):
        weights = by_name[name].weights
        assert sorted(set(weights.values())) == [-1 / number, 1.0]
        assert weights["GATTACA@9"] == 1.0
    assert by_name["positive"].weights == {"CACGTGA@9": 1.0, "none": -1.0}
    assert by_name["identity"].identity == IDENTITY


@pytest.mark.parametrize(("positive", "start"), [("CACGTGA", 9), ("CAC", 11), ("CACCACCAC", 8)])
def test_the_positive_control_stands_in_the_middle_of_the_same_place(positive, start):
    assert f"{positive}@{start}" in sd.controls("GATTACA", at=9, scrambles=0, kmers=0, positive=positive).arms


def test_what_is_not_asked_for_is_not_there():
    design = sd.controls("GATTACA", at=9, scrambles=0, kmers=0)
    assert [contrast.name for contrast in design.contrasts] == ["effect", "identity"]


def test_consensus_is_compared_with_letters_drawn_from_the_matrix():
    """A site that is C in 3 of 4 draws, of a model that counts CCC at 5: the gain is 1 − (3/4)^3."""
    motif = sd.Motif("m", np.array([[0.25, 0.75, 0, 0]] * 3), axis=1)
    weights = np.zeros((LENGTH, 4))

    def model(codes):
        return (codes[:, 5:8] == 1).all(1).astype(float) + weights[0, 0]

    wrapped = sd.wrap(model, alphabet=sd.DNA, length=LENGTH, layout="codes")
    table = asked(sd.controls(motif, at=5, scrambles=0, kmers=0), wrapped, n=4000).table.set_index("contrast")
    # 4,000 draws: outside 4 SE once in 16,000 seeds, and the seed is fixed
    assert table.loc["consensus gain", "estimate"] == pytest.approx(1 - 0.75**3, abs=4 * 0.494 / 4000**0.5)
    assert "consensus gain" not in {one.name for one in sd.controls("GATTACA", at=5, kmers=0, scrambles=0).contrasts}


def test_flanks_drawn_anew_show_what_the_junctions_add():
    """A model that counts GATTACAG beside GATTACA: of drawn letters one in four is the G, of these backgrounds none is.

    Effect between fixed flanks 1, between drawn ones 1 + 2/4: the junctions add 1/2.
    """

    def model(codes):
        core = (codes[:, 9:16] == sd.DNA.encode("GATTACA")).all(1)
        return core * (1.0 + 2.0 * (codes[:, 16] == 2))

    wrapped = sd.wrap(model, alphabet=sd.DNA, length=LENGTH, layout="codes")
    design = sd.controls("GATTACA", at=9, scrambles=0, kmers=0, flanks=2)
    n = 2000
    table = sd.estimate(sd.run(design, wrapped, ["T" * LENGTH] * n, rng=1), margin=0.1).table.set_index("contrast")
    assert table.loc["effect", "estimate"] == 1
    # an SD of 2·√(3/16) on each background: outside 4 SE once in 16,000 seeds, and the seed is fixed
    assert table.loc["junctions", "estimate"] == pytest.approx(0.5, abs=4 * 2 * 0.433 / n**0.5)
    starts = {site.motif.name: (site.at, site.motif.width) for arm in design.arms.values() for site in arm.sites}
    assert starts["left flank"] == (7, 2)
    assert starts["right flank"] == (16, 2)
    at_the_start = sd.controls("GATTACA", at=1, scrambles=0, kmers=0, flanks=3)
    assert any("left flank@0" in arm for arm in at_the_start.arms)


def test_the_identity_is_exactly_0_for_a_network():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Conv1d(4, 8, 5), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(288, 1))
    model = sd.wrap(net.eval(), alphabet=sd.DNA, length=LENGTH, layout="NCL")
    for engine in ("auto", "full"):
        row = asked(sd.controls("GATTACA", at=9, scrambles=0, kmers=0), model, engine=engine).table.set_index(
            "contrast"
        )
        assert row.loc["identity", "estimate"] == 0
        assert row.loc["identity", "verdict"] == "absent"


def test_a_model_that_answers_twice_differently_is_found_out():
    calls = iter(range(10_000))

    def drifting(codes):
        return np.full(len(codes), 1e-9 * next(calls))

    member = Member("drifting", FunctionNetwork("drifting", "codes", whole, drifting))
    model = sd.Model("drifting", sd.DNA, LENGTH, ("y",), (member,))
    with pytest.raises(sd.RunError, match="0 by construction"):
        asked(sd.controls("GATTACA", at=9, scrambles=0, kmers=0), model, engine="full")


def test_noise_that_was_allowed_is_no_contradiction():
    rng = np.random.default_rng(0)

    def noisy(codes):
        return rng.normal(size=len(codes))

    model = sd.wrap(noisy, alphabet=sd.DNA, length=LENGTH, layout="codes", allow_noise=True)
    row = asked(sd.controls("GATTACA", at=9, scrambles=0, kmers=0), model).table.set_index("contrast").loc["identity"]
    assert row["se"] > 0


def test_a_study_file_says_the_same():
    from seqdo.specs.entry import entry

    said = {"experiment": "controls", "pattern": "GATTACA", "at": 9, "positive": "CACGTG", "scrambles": 20}
    made = entry(said).design(Path())
    assert list(made.arms) == list(sd.controls("GATTACA", at=9, positive="CACGTG", scrambles=20).arms)
