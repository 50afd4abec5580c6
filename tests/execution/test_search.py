"""What some backgrounds choose is reported on others: on planted models, whose exact effects are known."""

from __future__ import annotations

from itertools import product
from zlib import crc32

import numpy as np
import pytest
from blank import blank
from scipy import integrate, stats

import seqdo as sd
from seqdo.models.planted.terms import Term
from seqdo.motifs.alignment import aligned
from seqdo.reporting.page.rerun import rerun

L, AT = 40, 18
WORDS = ["".join(letters) for letters in product("ACGT", repeat=3)]
ADDITIVE = sd.planted.additive({"GAT": 3.0, "CCG": -2.0, "TAC": 1.5}, L)
AT_ONE_PLACE = {"GAT": 20.0, "CCG": -16.0, "TAC": 12.0, "GGG": -8.0, "ACT": 4.0}
PLACED = sd.planted.combine([Term(weight, word, at=AT) for word, weight in AT_ONE_PLACE.items()], L)
NULL = sd.backgrounds.uniform(L)
REAL = ["".join(letters) for letters in np.random.default_rng(1).choice(list("ACGT"), (300, L))]


def exact(model, word):
    return model.expected([(AT, word)]) - model.expected()


def searched(design=None, model=PLACED, null=NULL, **more):
    given = {"keep": 2, "screen": 64, "n": 100, "rng": 0, "margin": 0.1} | more
    return sd.search(design or sd.kmers(3, at=AT), model, null, **given)


def own(seed):
    """The seed of the report's backgrounds."""
    return np.random.SeedSequence(seed, spawn_key=(crc32(b"search"),))


def test_the_best_words_of_a_planted_model_are_kept_best_first(seed):
    """Of 64 exact effects the third differs from the fourth by 0.4, 6 SE of the screen: fails once in 10^8 seeds."""
    best = sorted(WORDS, key=lambda word: -abs(exact(ADDITIVE, word)))[:3]
    found = searched(model=ADDITIVE, keep=3, screen=800, n=400, rng=seed)
    assert found.table["kmer"].tolist() == best == ["GAT", "CCG", "TAC"]
    assert set(found.effects.table["kmer"]) == set(best)
    truth = np.array([exact(ADDITIVE, word) for word in best])
    assert (np.abs(found.table["estimate"] - truth) < 5 * found.effects.table["se"].max()).all()
    assert len(found.screened.table) == 64
    assert repr(found) == "<search of kmers: 3 of 64 kept; on fresh backgrounds 3 present>"


@pytest.mark.parametrize(("by", "best"), [("largest", [20, -16]), ("highest", [20, 12]), ("lowest", [-16, -8])])
def test_contrasts_are_ranked_by_size_or_from_either_end(by, best):
    """All contrasts share their noise, the answer to the background, so that their order is exact."""
    weights = {weight: word for word, weight in AT_ONE_PLACE.items()}
    assert searched(by=by, screen=200).table["kmer"].tolist() == [weights[weight] for weight in best]


def test_endless_backgrounds_are_drawn_anew_from_a_seed_of_their_own(seed):
    found = searched(rng=seed)
    chose, reported = (each.outcomes.backgrounds.codes for each in (found.screened, found.effects))
    assert np.array_equal(chose, NULL.sample(64, rng=seed).codes)
    assert np.array_equal(reported, NULL.sample(100, rng=own(seed)).codes)
    assert not {row.tobytes() for row in chose} & {row.tobytes() for row in reported}
    child = searched(rng=np.random.SeedSequence(seed, spawn_key=(3,)))
    assert child.effects.outcomes.provenance["seed"]["spawn_key"] == [3, crc32(b"search")]


@pytest.mark.parametrize(
    "null", [sd.backgrounds.natural(REAL), sd.backgrounds.given(REAL), REAL], ids=["natural", "given", "plain"]
)
def test_of_finite_backgrounds_the_first_choose_and_the_next_report(null, seed):
    found = searched(null=null, screen=90, n=150, rng=seed)
    whole = sd.backgrounds.given(null) if isinstance(null, list) else null
    order = whole.sample(300, rng=seed).to_strings()
    assert found.screened.outcomes.backgrounds.to_strings() == order[:90]
    assert found.effects.outcomes.backgrounds.to_strings() == order[90:240]
    assert found.effects.outcomes.provenance["background"] == whole.describe()


def test_letters_that_a_pattern_leaves_open_are_drawn_anew_too():
    """With the seed of the screen the first background of the report would get the letters of the screen's first."""
    design = sd.kmers(["NNRYRYRY", "NNSWSWSW"], at=AT)
    found = searched(design, null=REAL, keep=1, screen=100, n=100)
    (arm,) = (arm for arm in found.effects.outcomes.design.arms.values() if arm.sites)
    seeds = [each.outcomes.provenance["seed"] for each in (found.screened, found.effects)]
    letters = [
        arm.edits(np.random.SeedSequence(int(one["entropy"]), spawn_key=one["spawn_key"]), 0, blank(100))[0].letters
        for one in seeds
    ]
    same = (letters[0] == letters[1])[:, 2:]
    assert abs(same.mean() - 0.5) < 0.1  # 600 coins, 5 SD


def test_given_sequences_that_did_not_choose_all_report():
    assert len(searched(null=REAL, screen=90, n=None).effects.outcomes.backgrounds) == 210
    assert len(searched(n=None).effects.outcomes.backgrounds) == 1000


def test_a_background_that_was_chosen_by_the_models_answers_is_known_as_such_in_the_rest():
    scores = ADDITIVE.predict(sd.Sequences.from_strings(REAL))[0, :, 0]
    null = sd.backgrounds.natural(REAL, scores=scores, quantile=(0.2, 1))
    found = searched(model=ADDITIVE, null=null)
    assert found.effects.outcomes.provenance["background"]["conditioned_on"] == "outcome"
    assert any(note.startswith("Conditioned on outcome") for note in found.effects.notes)


def test_the_winners_curse_is_on_the_screen_and_not_in_the_report(seed):
    """Effects of 0 at 16 starts, with random letters that differ between them: the noise of each is its own.

    All contrasts have one SD, s, so that the largest of 16 estimates is s/sqrt(screen) times the largest of 16 normal
    |z|, and a fresh one has a mean of 0. Each mean over 40 searches is within 4 SE: fails once in 8,000 seeds.
    """
    motif, starts, screen, n, searches = "GATTA", range(0, 80, 5), 100, 100, 40
    rng = np.random.default_rng(seed)
    weights = np.zeros((80, 4), int)
    others = rng.permuted(np.tile([3, -3, 0], (80, 1)), axis=1)
    weights[np.arange(4) != sd.DNA.encode(motif * 16)[:, None]] = others.ravel()
    model = sd.planted.letter_score(weights, lambda score: score)
    assert [model.expected([(start, motif)]) - model.expected() for start in starts] == pytest.approx([0] * 16)
    s = np.sqrt(5 * 18 / 4)
    tops = [
        searched(sd.positions(motif, starts), model, sd.backgrounds.uniform(80), keep=1, screen=screen, n=n, rng=one)
        for one in range(seed, seed + searches)
    ]
    rows = [(top.table["screened"].iloc[0], top.table["estimate"].iloc[0]) for top in tops]
    screened, fresh = (np.array(column) * np.sign([row[0] for row in rows]) for column in zip(*rows, strict=True))
    largest = [integrate.quad(lambda z, k=k: k * z ** (k - 1) * _beyond(z), 0, 10)[0] for k in (1, 2)]
    se = s / np.sqrt(screen * searches)
    assert abs(screened.mean() - s / np.sqrt(screen) * largest[0]) < 4 * se * np.sqrt(largest[1] - largest[0] ** 2)
    assert abs(fresh.mean()) < 4 * s / np.sqrt(n * searches)
    assert screened.mean() > 10 * se  # what there is to be seen


def _beyond(z):
    """P(the largest of 16 normal |z| is larger)."""
    return 1 - (2 * stats.norm.cdf(z) - 1) ** 16


def test_one_seed_gives_one_answer_and_another_gives_another(seed):
    first, again, blocks, other = (
        searched(rng=one, model=ADDITIVE, **more)
        for one, more in ((seed, {}), (seed, {}), (seed, {"block": 7}), (seed + 1, {}))
    )
    for same in (again, blocks):
        assert first.table.equals(same.table)
        assert first.effects.table.equals(same.effects.table)
    assert not first.table["estimate"].equals(other.table["estimate"])


def test_members_that_screen_choose_and_all_report():
    """The first member knows GAT alone, the other CCG alone, and both together like CCG."""
    parts = [sd.planted.combine([Term(w, word, at=AT)], L) for word, w in (("GAT", 1.0), ("CCG", 5.0))]
    model = sd.wrap([part.members[0].predict for part in parts], alphabet=sd.DNA, length=L, layout="codes")
    every, first = (searched(model=model, keep=1, members_screen=members) for members in (None, 1))
    assert every.table["kmer"].tolist() == ["CCG"]
    assert first.table["kmer"].tolist() == ["GAT"]
    assert [each.outcomes.y.sizes["model"] for each in (first.screened, first.effects)] == [1, 2]
    assert "on 64 other backgrounds, with the first 1 of 2 members." in " ".join(first.effects.notes)
    for found in (every, first):
        assert any(
            note.startswith("Members that were used for the choice are also used for the estimates")
            for note in found.effects.notes
        )
    with pytest.raises(sd.InputError, match=r"members_screen=3: .* has 2\. Leave it out for all"):
        searched(model=model, members_screen=3)


def test_contrasts_of_other_names_at_the_kept_levels_stay_with_the_arms_that_they_need():
    design = sd.positions("GATTACA", range(0, 30, 3), scrambles=2)
    found = searched(design, ADDITIVE, keep=3)
    kept = set(found.table["position"])
    made = found.effects.outcomes.design
    assert {(one.name, one.levels["position"]) for one in made.contrasts} == set(product(("effect", "specific"), kept))
    assert len(made.arms) == 1 + 3 * 3
    assert [one for one in design.contrasts if one in made.contrasts] == list(made.contrasts)
    assert found.table["contrast"].tolist() == ["effect"] * 3


def test_a_contrast_without_levels_stays_and_one_with_all_arms_brings_them():
    mutants = searched(sd.mutants("GATTA", at=AT), ADDITIVE, contrast="change", keep=4).effects.outcomes.design
    assert [one.name for one in mutants.contrasts] == ["effect"] + ["change"] * 4
    assert len(mutants.arms) == 2 + 4
    fillings = searched(sd.flanks("GAT", at=AT, left=1), ADDITIVE, keep=1).effects.outcomes.design
    assert [one.name for one in fillings.contrasts] == ["effect", "relative"]
    assert len(fillings.arms) == 1 + 4


def test_the_arm_without_edits_stays_if_any_contrast_weighs_it_and_twins_are_warned_of_once():
    site = {name: sd.Arm((sd.Site(sd.Motif.from_string(name), AT),)) for name in ("GAT", "CCG", "TAC")}
    pairs = [sd.Contrast("pair", {"GAT": 1.0, other: -1.0}, {"other": other}) for other in ("CCG", "TAC")]
    alone = sd.Design("own", "?", {"none": sd.Arm(), **site}, tuple(pairs))
    assert list(alone.restricted(pairs[:1]).arms) == ["GAT", "CCG"]
    effect = sd.Contrast("effect", {"GAT": 1.0, "none": -1.0})
    beside = sd.Design("own", "?", alone.arms, (*pairs, effect))
    assert list(beside.restricted(pairs[:1]).arms) == ["none", "GAT", "CCG"]
    with pytest.raises(sd.InputError, match="names arm 'elsewhere'"):
        beside.restricted([sd.Contrast("effect", {"GAT": 1.0, "elsewhere": -1.0})])
    with pytest.warns(UserWarning, match="make the same edit"):
        twins = sd.Design("own", "?", {**alone.arms, "again": site["GAT"]}, tuple(pairs))
    twins.restricted([sd.Contrast("pair", {"GAT": 1.0, "again": -1.0})])  # a warning would be an error here


def test_the_table_has_the_screen_beside_the_report_for_every_output():
    model = sd.wrap(
        lambda codes: np.stack([PLACED.parts[0].predict(codes), 2 * PLACED.parts[1].predict(codes)], 1),
        alphabet=sd.DNA, length=L, layout="codes", outputs=["first", "second"],
    )  # fmt: skip
    found = searched(model=model, output="second", by="lowest", keep=1)
    assert found.table[["output", "contrast", "kmer"]].values.tolist() == [
        ["first", "effect", "CCG"],
        ["second", "effect", "CCG"],
    ]
    assert list(found.table.columns) == [
        "output", "contrast", "kmer", "screened", "estimate", "low", "high", "p_adjusted", "verdict", "shrinkage"
    ]  # fmt: skip
    before, after = (each.table[each.table["kmer"] == "CCG"].reset_index() for each in (found.screened, found.effects))
    assert found.table["screened"].equals(before["estimate"].rename("screened"))
    same = ["estimate", "low", "high", "p_adjusted", "verdict"]
    assert found.table[same].equals(after[same])
    assert found.table["shrinkage"][1] == pytest.approx(1 - after["estimate"][1] / before["estimate"][1])
    assert "by the lowest estimate (effect of second) on 64" in " ".join(found.effects.notes)


def test_p_is_adjusted_for_those_that_were_kept():
    table = searched(model=ADDITIVE, keep=8).effects.table
    assert table["p_adjusted"].to_numpy() == pytest.approx(stats.false_discovery_control(table["p"]), rel=1e-9)


def test_the_record_and_the_note_say_what_was_searched_and_survive_a_file(tmp_path):
    found = searched(n=1000, rng=5, margin=None)
    assert found.effects.outcomes.provenance["search"] == {
        "candidates": 64, "kept": 2, "contrast": "effect", "output": "y", "by": "largest", "screen": 64, "members": 1,
        "seed": {"entropy": "5", "spawn_key": []},
    }  # fmt: skip
    assert "search" not in found.screened.outcomes.provenance
    said = (
        "The 2 contrasts were chosen among 64 by the largest estimate (effect) on 64 other backgrounds. The effects "
        "here come from 1,000 backgrounds that were not used for the choice."
    )
    assert said in found.effects.notes
    assert said not in found.screened.notes
    found.effects.outcomes.save(tmp_path / "found.nc")
    assert said in sd.estimate(sd.Outcomes.load(tmp_path / "found.nc")).notes
    assert "The 1 contrast was chosen among 64" in " ".join(searched(keep=1).effects.notes)


@pytest.mark.parametrize("null", [NULL, sd.backgrounds.natural(REAL)], ids=["endless", "finite"])
def test_the_code_of_a_report_asks_the_kept_and_leaves_the_seed_open(null, tmp_path):
    """With the seed of the search it would ask the backgrounds that chose."""
    found = searched(null=null)
    code = rerun([found.effects]).code
    assert "design = sd.kmers(3, at=18).restricted([22, 35])" in code  # CCG and GAT as numbers in base 4
    assert "n=100, rng=...)" in code
    page = sd.report(found.effects, tmp_path / "found.html").read_text("utf-8")
    assert "chosen among 64" in page


def test_a_motif_weighs_the_kept_words_by_their_fresh_effects():
    """All contrasts share the mean c of the backgrounds' own answers, so that each effect is its weight − c, exactly.

    GAT is the anchor; GAC matches it in 2 of 3 letters at 0, ATA at 1, which too little weight reaches to be kept.
    """
    planted = {"GAT": 20.0, "GAC": 12.0, "ATA": 8.0, "CCG": -30.0, "CCC": -15.0}
    model = sd.planted.combine([Term(weight, word, at=AT) for word, weight in planted.items()], L)
    found = searched(model=model, by="highest", keep=3)
    c = found.effects.outcomes.y.sel(arm="none").mean().item()
    gat, gac, ata = 20 - c, 12 - c, 8 - c
    counts = np.array([[0, 0, gat + gac, 0], [gat + gac + ata, 0, 0, 0], [0, gac, 0, gat + ata]])
    counts[0] += ata / 4  # of the first column ATA says nothing
    made = found.motif()
    assert made.matrix == pytest.approx(counts / (gat + gac + ata))
    assert (made.text, made.alphabet) == ("GAT", sd.DNA)
    lowest = searched(model=model, by="lowest", keep=2)
    assert lowest.motif().matrix[2] == pytest.approx(np.array([0, 15 + c, 30 + c, 0]) / (45 + 2 * c))
    assert searched(model=model, keep=5).motif().text == "CCG"  # the largest is below 0: so are those that count
    both = sd.kmers(["ATA", "CCC", "CCG"], at=AT)
    assert [searched(both, model, by=by).motif().text for by in ("highest", "largest")] == ["ATA", "CCG"]
    assert searched(both, model, by="highest").table["kmer"].tolist() == ["ATA", "CCC"]


def test_a_motif_of_the_screen_would_be_another():
    found = searched(sd.kmers(4, at=AT), ADDITIVE, keep=8, by="highest", screen=16)
    table = found.table.sort_values("estimate", ascending=False)
    assert np.array_equal(found.motif().matrix, aligned(table["kmer"], table["estimate"]).matrix)
    assert not np.allclose(found.motif().matrix, aligned(table["kmer"], table["screened"]).matrix)


def test_a_motif_of_fillings_counts_them_where_they_stand():
    """By letters at a place, what a filling has beyond the mean of all is exact on each background."""
    weights = np.random.default_rng(3).integers(-5, 6, (L, 4))
    model = sd.planted.letter_score(weights, lambda score: score)
    found = searched(sd.flanks(".GA.", at=AT), model, contrast="relative", by="highest", keep=5)
    own = weights[[AT, AT + 3]] - weights[[AT, AT + 3]].mean(1, keepdims=True)
    beyond = own[0][:, None] + own[1]
    best = np.argsort(-beyond.ravel(), kind="stable")[:5]
    counts = np.zeros((4, 4))
    for left, right in zip(*np.unravel_index(best, (4, 4)), strict=True):
        counts[[0, 1, 2, 3], [left, 2, 0, right]] += beyond[left, right]
    assert (beyond.ravel()[best] > 0).all()
    assert found.motif().matrix == pytest.approx(counts / counts.sum(1, keepdims=True))


def test_a_motif_is_of_the_output_that_was_ranked_by_or_of_another():
    model = sd.wrap(
        lambda codes: np.stack([-PLACED.parts[0].predict(codes), PLACED.parts[1].predict(codes)], 1), alphabet=sd.DNA,
        length=L, layout="codes", outputs=["first", "second"],
    )  # fmt: skip
    found = searched(sd.kmers(["GAT", "CCG", "TTT"], at=AT), model, output="second", by="lowest", keep=2)
    assert found.motif().text == "CCG"
    assert found.motif(output="first").text == "GAT"


def test_a_motif_of_one_pattern_at_many_places_is_refused():
    with pytest.raises(sd.InputError, match="`effects` of positions: effects of kmers or flanks are needed"):
        searched(sd.positions("GATTACA", range(0, 30, 3)), ADDITIVE).motif()


def test_only_what_was_kept_is_asked_again():
    asked = [0]

    def counted(codes):
        asked[0] += len(codes)
        return PLACED.members[0].predict(codes)

    model = sd.wrap(counted, alphabet=sd.DNA, length=L, layout="codes", outputs=["y"])
    asked[0] = 0
    searched(model=model, null=REAL, screen=50, n=200)
    assert asked[0] == 50 * 65 + 200 * 3  # the margin is declared, so no pilot is predicted for it


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"keep": 64}, r"keep=64 of 64 contrasts 'effect' of kmers: there is nothing to choose.*Write keep=63$"),
        ({"keep": 0}, "keep=0: a whole number of contrasts"),
        ({"design": sd.mutants("GATT", at=3)}, r"keep=2 of 1 contrasts 'effect'.*contrast='change' \(12 of them\)"),
        ({"design": sd.embed("GATT", at=3), "keep": 1}, "nothing to choose.*Call run and estimate"),
        ({"contrast": "specific"}, r"keep=2 of 0 contrasts 'specific'.*Write contrast='effect' \(64 of them\)"),
        ({"output": "z"}, "output='z': the output to rank by is needed. planted has y"),
        ({"by": "best"}, "by='best': one of largest, highest, lowest is needed. Write by=\"largest\""),
        ({"screen": 0}, "screen=0: a whole number of backgrounds that choose.*screen=100"),
        ({"n": 1.5}, "n=1.5: a whole number of backgrounds"),
        ({"members_screen": True}, "members_screen=True: a whole number of members"),
        ({"null": REAL, "screen": 250}, "screen=250 and n=100 of the background given: it holds 300.*n=50 or fewer"),
        ({"null": REAL, "screen": 300, "n": None}, "none both chooses and reports. Write a screen below 300"),
        ({"null": sd.backgrounds.natural(REAL), "n": None}, "screen=64 and n=1000.*n=236 or fewer"),
        ({"null": sd.backgrounds.uniform(L, balance="columns"), "screen": 100}, "screen=100.*sets of 16.*screen=112"),
        ({"null": sd.backgrounds.gc_matched(REAL, pool=REAL)}, "drawn from a pool"),
        (
            {"model": lambda codes: codes},
            r"`design` is a Design and `model` a function: `search` expects a Design and a wrapped model",
        ),
        ({"level": 2}, "level=2"),
    ],
)
def test_what_cant_be_searched_is_refused_with_what_to_write(more, said):
    with pytest.raises(sd.InputError, match=said):
        searched(**more)


def test_of_several_outputs_one_is_named():
    model = sd.wrap(lambda codes: codes[:, :6] * 1.0, alphabet=sd.DNA, length=L, layout="codes", outputs=list("abcdef"))
    with pytest.raises(sd.InputError, match=r"output=None: the output to rank by.*has a, b, c, d, \.\.\.$"):
        searched(model=model)


@pytest.mark.parametrize("made", [lambda given: sd.backgrounds.shuffled(given, k=1), sd.backgrounds.gc_matched])
def test_of_backgrounds_made_of_sequences_no_sequence_both_chooses_and_reports(made):
    """Sources without letters in common: what chose is of the first 30 of 300 (100 of 1,000), what reports of the rest.

    Those that choose are of A and C, those that report of G and T: neither may show a letter of the other.
    """
    given = ["AC" * (L // 2)] * 30 + ["GT" * (L // 2)] * 270
    found = sd.search(
        sd.kmers(2, at=5),
        sd.planted.additive({"GA": 1.0}, L),
        made(given),
        keep=1,
        screen=100,
        n=900,
        rng=0,
        margin=0.1,
    )
    first, rest = found.screened.outcomes.backgrounds, found.effects.outcomes.backgrounds
    assert found.effects.outcomes.provenance["background"]["in_turn"] == 270
    assert found.screened.outcomes.provenance["background"]["in_turn"] == 30
    assert len(first), len(rest) == (100, 900)
    if "shuffled" in first_kind(found):
        assert set("".join(first.to_strings())) == {"A", "C"}
        assert set("".join(rest.to_strings())) == {"G", "T"}


def first_kind(found):
    return found.screened.outcomes.provenance["background"]["kind"]
