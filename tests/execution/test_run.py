"""Runs: what never changes a number, what is refused before the first prediction, what is named when it breaks."""

from __future__ import annotations

import json
import tracemalloc
from itertools import combinations

import numpy as np
import pytest

import seqdo as sd
from seqdo import backgrounds
from seqdo.designs.design import NONE, Arm, Contrast, Design, Site
from seqdo.effects.estimate import estimate
from seqdo.errors import InputError, RunError
from seqdo.execution.run import run
from seqdo.experiments.arrange import copies, interaction, spacing
from seqdo.experiments.embed import embed, kmers, mutants, orientation, positions
from seqdo.experiments.sequence_context import gc_context
from seqdo.models import planted
from seqdo.models.wrap import wrap
from seqdo.motifs.motif import Motif, as_motif
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.edit import apply
from seqdo.sequences.stream import root

L = 60
MATRIX = Motif("M", np.array([[0.5, 0.5, 0, 0], [0, 0, 1, 0], [0.1, 0.2, 0.3, 0.4]]))
WEIGHTS = np.random.default_rng(0).integers(-50, 50, (L, 4)) / 64  # sums of these are exact: no order of adding matters
NULL = backgrounds.uniform(L)
REAL = ["".join(letters) for letters in np.random.default_rng(1).choice(list("ACGT"), (80, L))]
MIXED = backgrounds.profile([*REAL, "ACGT", "ACGA"])


def exact(codes):
    """A number for each row that depends on every letter and on no other row."""
    return WEIGHTS[np.arange(L), codes].sum(1)


MODEL = wrap(exact, alphabet=DNA, length=L, layout="codes", outputs=["y"])


class Counter:
    """A model that counts the rows it is asked, and answers with ``answer(codes)``."""

    def __init__(self, answer=exact):
        self.rows, self.answer, self.armed = 0, answer, False

    def __call__(self, codes):
        self.rows += len(codes)
        return self.answer(codes) if self.armed else exact(codes)

    def wrapped(self, **more):
        model = wrap(self, alphabet=DNA, length=L, layout="codes", outputs=["y"], **more)
        self.rows, self.armed = 0, True
        return model


def y_of(*args, **more):
    return run(*args, **more).y.transpose("arm", "model", "background", "output").values


# --- what never changes a number


@pytest.mark.parametrize("block", [1, 7, 256, 300])
def test_the_block_size_changes_no_background_edit_or_number_DET_02(block):
    for design in (copies(MATRIX, at=[0, 20, 40], sample=True), embed("GRNNY", at=3)):
        n = 270 if block > 1 else 20
        whole, pieces = (run(design, MODEL, NULL, n=n, rng=3, block=size) for size in (1024, block))
        assert np.array_equal(whole.backgrounds.codes, pieces.backgrounds.codes)
        assert whole.y.identical(pieces.y)


@pytest.mark.parametrize(
    "null",
    [
        NULL, backgrounds.profile(REAL), backgrounds.markov(REAL, order=2), backgrounds.shuffled(REAL, k=2),
        backgrounds.gc_matched(REAL), backgrounds.custom(lambda n, rng: rng.integers(4, size=(n, L)), L),
    ],
)  # fmt: skip
def test_a_shorter_run_is_the_beginning_of_a_longer_one_DET_06(null):
    short, long = (run(embed(MATRIX, at=3, sample=True), MODEL, null, n=n, rng=5) for n in (100, 290))
    assert np.array_equal(short.backgrounds.codes, long.backgrounds.codes[:100])
    assert np.array_equal(short.y.values, long.y.values[:, :100])


def test_arms_in_another_order_left_out_or_added_leave_the_others_as_they_were_DET_05():
    design = interaction([MATRIX, "CCG", "GAR"], at=[5, 20, 40], sample=True)
    whole = run(design, MODEL, NULL, n=70, rng=1).y
    names = list(design.arms)
    added = {"new": Arm((Site(as_motif("TTTT"), 50),))}
    for arms in (names[::-1], names[::2], [names[0], names[3]], [*names, "new"]):
        some = Design("custom", "?", {name: (design.arms | added)[name] for name in arms}, ())
        y = run(some, MODEL, NULL, n=70, rng=1).y
        for name in arms:
            if name != "new":
                assert np.array_equal(y.sel(arm=name).values, whole.sel(arm=name).values)


def test_the_same_seed_gives_the_same_numbers_and_two_seeds_share_no_background_BKG_18():
    runs = [run(embed(MATRIX, at=3, sample=True), MODEL, NULL, n=300, rng=seed) for seed in (0, 0, 1)]
    assert runs[0].y.identical(runs[1].y)
    first, second = (set(outcomes.backgrounds.to_strings()) for outcomes in (runs[0], runs[2]))
    assert len(first) == 300
    assert not first & second  # two of 600 random 60-mers are equal with probability 1e-31


def test_every_arm_stands_on_the_same_backgrounds_and_only_its_sites_differ():
    design = interaction(["GATT", MATRIX], at=[5, 20], sample=True)
    outcomes = run(design, MODEL, NULL, n=40, rng=0)
    for name, arm in design.arms.items():
        written = apply(outcomes.backgrounds, arm.edits(root(0), 0, outcomes.backgrounds))
        assert np.array_equal(outcomes.y.sel(arm=name).values.ravel(), exact(written.codes))


def test_sampled_letters_are_one_draw_in_all_arms_of_a_background_and_fresh_in_the_next(seed):
    """A model that reads the site alone: its single and pair arms agree, and vary over backgrounds."""
    site = wrap(lambda codes: codes[:, 5:8] @ np.array([16.0, 4.0, 1.0]), alphabet=DNA, length=L, layout="codes")
    y = y_of(interaction([MATRIX, "CCG"], at=[5, 20], sample=True), site, NULL, n=500, rng=seed)[:, 0, :, 0]
    single, pair = y[1], y[3]
    assert np.array_equal(single, pair)
    assert len(set(single)) == 8, "each of 2 × 4 words has a probability of 0.05 or more"
    share = (single >= 16).mean()
    assert abs(share - 0.5) < 4 * np.sqrt(0.25 / 500)  # C first in half of them: fails once in 16,000 seeds


def test_an_edit_that_writes_what_stands_there_has_an_effect_of_exactly_0():
    arms = {NONE: Arm(), "same": Arm((Site(as_motif(REAL[0][10:20]), 10),)), "kept": Arm((Site(as_motif("NNN"), 3),))}
    contrasts = [Contrast(name, {name: 1.0, NONE: -1.0}) for name in ("same", "kept")]
    outcomes = run(Design("custom", "?", arms, tuple(contrasts)), MODEL, [REAL[0]] * 5, rng=0)
    assert (outcomes.y.sel(arm=["same", "kept"]) - outcomes.y.sel(arm=NONE) == 0).all()


def test_given_sequences_are_used_as_they_are_in_order_with_their_names():
    outcomes = run(embed("GATTACA", at=3), MODEL, REAL[:7], rng=0)
    assert outcomes.backgrounds.to_strings() == REAL[:7]
    assert outcomes.y.sizes["background"] == 7
    assert run(embed("GATTACA", at=3), MODEL, REAL[:7], n=3).backgrounds.to_strings() == REAL[:3]
    codes = np.array([["ACGT".index(letter) for letter in text] for text in REAL[:4]])
    assert run(embed("GATTACA", at=3), MODEL, codes).backgrounds.to_strings() == REAL[:4]


def test_a_thousand_backgrounds_are_the_default_and_every_natural_one_is_used_once():
    assert run(embed("GATTACA", at=3), MODEL, NULL, rng=0).y.sizes["background"] == 1000
    drawn = run(embed("GATTACA", at=3), MODEL, backgrounds.natural(REAL), n=80, rng=0).backgrounds.to_strings()
    assert sorted(drawn) == sorted(REAL)
    assert drawn != REAL


def test_shorter_sequences_are_padded_with_what_is_no_letter_and_positions_do_not_count_it():
    letters = wrap(lambda x: x.sum((1, 2)), alphabet=DNA, length=L, pad="centre")
    y = y_of(embed("GATTACA", at=10), letters, ["ACGT" * 8, "ACG" * 12], rng=0)
    assert y[:, 0, :, 0].tolist() == [[32, 36], [32, 36]]


# --- what is refused before the first prediction


def test_a_model_in_the_place_of_the_design_is_named_as_swapped():
    with pytest.raises(InputError, match=r"`design` is a \w+: `run` expects a Design.*Are the arguments swapped\?"):
        run(MODEL, embed("GATTACA", at=3), NULL)
    with pytest.raises(InputError, match=r"`design` is a \w+: `run` expects a Design(?!.*swapped)"):
        run(MODEL, MODEL, NULL)
    with pytest.raises(InputError, match=r"`model` is a function: `run` expects a wrapped model"):
        run(embed("GATTACA", at=3), lambda codes: codes, NULL)


@pytest.mark.parametrize(
    ("design", "null", "more", "words"),
    [
        (embed("GATTACA", at=55), NULL, {}, "GATTACA at 55 .* 53 "),  # POS-01
        (embed("GATTACA", at=-1), NULL, {}, "GATTACA at -1 would begin before"),
        (embed("A" * 61, at=0), NULL, {}, "has only 60"),  # MOT-04
        (embed("UGCAUG", at=5), NULL, {}, "UGCAUG is RNA"),
        (embed("GATTACA", at=5), ["ACGU" * 15], {}, "sequences are RNA .*, not `alphabet=sd.DNA`"),  # SEQ-03
        (embed("GATTACA", at=5), ["ACGT"], {}, "the sequence has length 4, not `length=60`.* 60 bp"),
        (embed("GATTACA", at=5), backgrounds.uniform(59), {}, "length 59, not `length=60`.* 60 bp"),
        (embed("GATTACA", at=5), MIXED, {"n": 500}, "sequences have length 4, not `length=60`.* 60 bp"),
        (embed("GATTACA", at=5), REAL, {"n": 81}, "n=81 .* 80 sequences"),
        (embed("GATTACA", at=5), backgrounds.natural(REAL), {"n": 81}, "n=81 .* 80 sequences"),
        (embed("GATTACA", at=5), backgrounds.natural(REAL), {}, "n=1000 .* 80 sequences"),
        *[(embed("GATTACA", at=5), NULL, {"n": n}, f"n={n!r}") for n in (0, -5, 1.5, "1e3", True)],  # BKG-01
        *[(embed("GATTACA", at=5), NULL, {"block": block}, f"block={block!r}") for block in (0, -1, 1.5)],
        *[(embed("GATTACA", at=5), NULL, {"rng": rng}, "rng=") for rng in (-1, 2**70, "abc", 1.0)],  # BKG-17
        (embed("GATTACA", at=5), NULL, {"engine": "fast"}, "engine='fast'"),
        (embed("GATTACA", at=5), NULL, {"n": 10**12}, "GiB"),  # SPC-12
        (embed("GATTACA", at=5), NULL, {"n": 10**9}, "n=1,000,000,000 backgrounds of 2 arms make 63 GiB"),  # BKG-04
        ("GATTACA", NULL, {}, "`design` is a str: `run` expects a Design"),
        (embed("GATTACA", at=5), 7, {}, "a background or a list of sequences"),
    ],
)  # fmt: skip
def test_what_can_not_be_asked_is_refused_before_the_first_prediction(design, null, more, words):
    counter = Counter()
    with pytest.raises(InputError, match=words):
        run(design, counter.wrapped(), null, **({"rng": 0} | more))
    assert counter.rows == 0


def test_short_backgrounds_are_counted_where_an_edit_would_land_in_their_padding_POS_09():
    counter = Counter()
    with pytest.raises(InputError, match="GATT at 50 would end at 54 of a sequence of length 52, in 2 of 4 sequences"):
        run(embed("GATT", at=50), counter.wrapped(pad="right"), [REAL[0], REAL[1][:52], REAL[2][:53], REAL[3][:54]])
    assert counter.rows == 0


def test_sites_that_meet_in_some_order_of_slots_are_refused_before_the_first_prediction():
    counter = Counter()
    sites = copies("GATT", at=[0, 10]).arms["GATT@slot 1 + GATT@slot 2"].sites
    design = Design("custom", "?", {NONE: Arm(), "a": Arm((*sites, Site(as_motif("CCC"), 11)))}, ())
    with pytest.raises(InputError, match="GATT at 10 and CCC at 11 overlap"):
        run(design, counter.wrapped(), NULL, n=5, rng=0)
    assert counter.rows == 0


def test_a_model_that_is_not_wrapped_and_a_second_strand_of_rna_are_refused():
    with pytest.raises(InputError, match=r"Write sd\.wrap"):
        run(embed("GATTACA", at=5), exact, NULL)
    rna = wrap(lambda x: x.sum((1, 2)), alphabet=RNA, length=L)
    with pytest.raises(InputError, match="RNA is single-stranded"):
        run(orientation("GGCAA", at=5), rna, NULL)


# --- what breaks under way


@pytest.mark.parametrize("block", [1024, 100])
def test_a_prediction_that_is_no_number_is_named_with_member_arm_and_background_MOD_05(block):
    """Background 157 of the arm at 40, and no other, gets a NaN."""
    design = positions("GATTACA", at=range(0, 50, 5))
    outcomes = run(design, MODEL, NULL, n=300, rng=0)
    bad = apply(
        outcomes.backgrounds[157:158], design.arms["GATTACA@40"].edits(root(0), 157, outcomes.backgrounds[157:158])
    )
    spoiled = Counter(lambda codes: np.where((codes == bad.codes[0]).all(1), np.nan, exact(codes)))
    with pytest.raises(RunError) as caught:
        run(design, spoiled.wrapped(name="spoiled"), NULL, n=300, rng=0, block=block)
    message = str(caught.value)
    for part in ("arm GATTACA@40 on background 157", "spoiled` predicted nan for 'y'", bad.to_strings()[0]):
        assert part in message


def test_a_background_that_gives_infinity_without_any_edit_is_named_MOD_06():
    first = run(embed("GATTACA", at=5), MODEL, NULL, n=300, rng=0).backgrounds
    spoiled = Counter(lambda codes: np.where((codes == first.codes[270]).all(1), np.inf, exact(codes)))
    with pytest.raises(RunError, match=r"no edits on background 270, alone: .* predicted inf"):
        run(embed("GATTACA", at=5), spoiled.wrapped(), NULL, n=300, rng=0)


def test_a_failure_that_does_not_come_again_names_arms_backgrounds_and_the_first_error_MOD_15():
    class Once(Counter):
        calls = 0

        def __call__(self, codes):
            self.calls += self.armed
            if self.calls == 8:
                raise ValueError("boom")
            return super().__call__(codes)

    with pytest.raises(RunError, match=r"arms none to GATTACA@9 on backgrounds 0 to 299 .*ValueError: boom"):
        run(positions("GATTACA", at=range(10)), Once().wrapped(), NULL, n=300, rng=0)


def test_pilot_backgrounds_that_break_a_model_are_said_to_be_pilots():
    spoiled = Counter(lambda codes: exact(codes) * np.nan)
    with pytest.raises(RunError, match="predictions on 1,000 pilot backgrounds: "):
        run(embed("GATTACA", at=5), spoiled.wrapped(), NULL, n=10, rng=0)


# --- what is written down


def test_a_seed_that_was_drawn_is_written_down_and_gives_the_run_again_BKG_17():
    first = run(embed(MATRIX, at=3, sample=True), MODEL, NULL, n=20)
    entropy = int(first.provenance["seed"]["entropy"])
    assert run(embed(MATRIX, at=3, sample=True), MODEL, NULL, n=20, rng=entropy).y.identical(first.y)
    assert not run(embed(MATRIX, at=3, sample=True), MODEL, NULL, n=20).y.identical(first.y)


def test_seeds_of_every_kind_are_written_down_and_give_the_run_again():
    for rng in (0, np.int64(7), np.random.SeedSequence(5).spawn(3)[2], np.random.default_rng(1)):
        first = run(embed("GATTACA", at=3), MODEL, NULL, n=5, rng=rng)
        seed = first.provenance["seed"]
        again = np.random.SeedSequence(int(seed["entropy"]), spawn_key=seed["spawn_key"])
        assert run(embed("GATTACA", at=3), MODEL, NULL, n=5, rng=again).y.identical(first.y)


def test_provenance_has_seed_versions_model_background_engine_and_batch_and_is_plain_json():
    null = backgrounds.natural(REAL, scores=np.arange(80.0), quantile=(0.5, 1))
    provenance = run(embed("GATTACA", at=3), MODEL, null, n=20, rng=9).provenance
    assert json.loads(json.dumps(provenance.to_json())) == provenance
    assert provenance["seed"] == {"entropy": "9", "spawn_key": []}
    assert (provenance["n"], provenance["engine"], provenance["batch"], provenance["block"]) == (20, "full", 512, 1024)
    assert provenance["model"] == MODEL.describe()
    assert provenance["background"] == null.describe()
    assert provenance["background"]["conditioned_on"] == "scores"  # BKG-14
    assert {"python", "seqdo", "numpy"} <= provenance["versions"].keys()


def test_the_scale_is_of_the_reference_else_of_pilots_that_no_effect_is_tested_on():
    outcomes = run(embed("GATTACA", at=3), MODEL, NULL, n=50, rng=0)
    assert outcomes.scales["y"].source == "predictions on 1,000 pilot backgrounds"
    per_place = WEIGHTS.var(axis=1).sum()  # independent letters: the variance of a sum is the sum of variances
    assert outcomes.scales["y"].sd == pytest.approx(np.sqrt(per_place), rel=4 / np.sqrt(2 * 1000))
    seen = []
    asked = Counter(lambda codes: [seen.extend(map(bytes, codes)), exact(codes)][1]).wrapped()
    tested = run(embed("GATTACA", at=3), asked, NULL, n=50, rng=0).backgrounds
    assert not set(seen[:1000]) & {bytes(row) for row in tested.codes}
    given = run(embed("GATTACA", at=3), MODEL, REAL, rng=0).scales["y"]
    codes = np.array([["ACGT".index(letter) for letter in text] for text in REAL])
    assert given.sd == pytest.approx(exact(codes).std(ddof=1))
    assert given.source == "predictions on the given sequences"


def test_one_background_runs_and_has_no_spread_BKG_02():
    outcomes = run(embed("GATTACA", at=3), MODEL, [REAL[0]], rng=0)
    assert outcomes.y.sizes["background"] == 1
    assert outcomes.scales["y"].sd == 0


def test_memory_is_that_of_the_outcomes_and_of_a_block_not_of_all_edited_sequences():
    """65 arms × 2,000 backgrounds × 60 letters are 7.8 MB of codes; their answers are 1.0 MB in float64."""
    design = kmers(3, at=20)
    run(design, MODEL, NULL, n=10)
    tracemalloc.start()
    outcomes = run(design, MODEL, NULL, n=2000, rng=0, block=256)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert outcomes.y.nbytes == 8 * 65 * 2000
    assert peak < outcomes.y.nbytes + 3 * 2**20


def test_the_model_and_the_random_states_are_left_as_they_were():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv1d(4, 2, 5), torch.nn.BatchNorm1d(2), torch.nn.Flatten(), torch.nn.Linear(112, 1)
    )
    net.eval()
    before = {name: value.clone() for name, value in net.state_dict().items()}
    states = torch.get_rng_state(), np.random.get_state()[1].copy()  # noqa: NPY002
    run(embed("GATTACA", at=3), wrap(net, alphabet=DNA, length=L), NULL, n=8, rng=0)
    assert not net.training
    assert all(torch.equal(before[name], value) for name, value in net.state_dict().items())
    assert all(p.requires_grad and p.grad is None for p in net.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in net.modules())
    assert torch.equal(torch.get_rng_state(), states[0])
    assert np.array_equal(np.random.get_state()[1], states[1])  # noqa: NPY002


# --- planted truth, from the design to the table


STARTS, GAPS = (0, 20, 53), (0, 4, 5, 12)
SHORT = ("ACG", "CCT")


def expected(model, design, contrast):
    """The exact mean of a contrast, from each arm's own; slots have no one place and are asked apart."""
    sites = {name: [(s.at, s.motif if s.strand == "+" else s.motif.reverse_complement()) for s in arm.sites]
             for name, arm in design.arms.items()}  # fmt: skip
    return sum(weight * model.expected(sites[arm]) for arm, weight in contrast.weights.items())


SCORE = np.random.default_rng(2).integers(-1, 2, (L, 4))

PLANTED = {
    "additive": (planted.additive({"ACG": 2.0, "CCT": -1.0}, L), positions("ACG", at=STARTS)),
    "additive, mutants": (planted.additive({"ACG": 2.0}, L), mutants("ACG", at=7)),
    "additive, sampled": (planted.additive({"AGT": 2.0, "CG": 1.0}, L), embed(MATRIX, at=9, sample=True)),
    "saturating": (planted.saturating("ACG", L, cap=2), interaction(["ACG"] * 3, at=[5, 20, 40])),
    "steric": (planted.steric(*SHORT, L, reach=5), spacing(*SHORT, gaps=GAPS, at=10)),
    "periodic": (planted.periodic(*SHORT, L), spacing(*SHORT, gaps=GAPS, at=10, orders=["AB", "BA"])),
    "context flip": (planted.context_flip("ACG", L), interaction(["C", "ACG"], at=[0, 9])),
    "GC biased": (planted.gc_biased("ACT", L, slope=8.0), gc_context("ACT", at=20)),
    "hairpin gated": (planted.hairpin_gated("ACG", L, at=20, stem=2), embed("GTACGAC", at=18)),
    "letter score": (planted.letter_score(SCORE, np.tanh), orientation("GATTACA", at=20)),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_design_recovers_what_is_planted(name, seed):
    """Each contrast within 4 standard errors; some 60 of them: another seed fails in fewer than 1 of 100."""
    model, design = PLANTED[name]
    effects = estimate(run(design, model, NULL, n=1500, rng=seed), margin=0.1)
    for row, (place, _) in enumerate(effects.places):
        truth = expected(model, design, design.contrasts[place])
        found = effects.table.iloc[row]
        assert abs(found["estimate"] - truth) <= 4 * found["se"] + 1e-9, (dict(found), truth)


def test_copies_recover_a_planted_cap(seed):
    """k copies stand in each k of the slots equally often; 7 contrasts, fails in fewer than 1 of 1,000 seeds."""
    model, slots = planted.saturating("ACG", L, cap=2), [0, 20, 40]
    effects = estimate(run(copies("ACG", at=slots), model, NULL, n=1500, rng=seed), margin=0.1)
    mean = [
        np.mean([model.expected([(slot, "ACG") for slot in some]) for some in combinations(slots, k)]) for k in range(4)
    ]
    truth = {("effect", k): mean[k] - mean[0] for k in (1, 2, 3)}
    truth |= {("step", k): mean[k] - mean[k - 1] for k in (2, 3)}
    truth |= {("second difference", k): mean[k] - 2 * mean[k - 1] + mean[k - 2] for k in (2, 3)}
    assert len(effects.table) == len(truth)
    for _, row in effects.table.iterrows():
        assert abs(row["estimate"] - truth[row["contrast"], row["copies"]]) <= 4 * row["se"] + 1e-9


def test_equal_answers_have_no_spread_but_rounding():
    """0.3 a thousand times has an SD of 5e-17, which is none: a margin of a tenth of it would mean nothing."""
    flat = sd.wrap(lambda codes: np.full(len(codes), 0.3), alphabet=sd.DNA, length=30, layout="codes")
    outcomes = run(embed("GATTACA", at=3), flat, sd.backgrounds.uniform(30), n=20, rng=0)
    assert [scale.sd for scale in outcomes.scales.values()] == [0.0]
