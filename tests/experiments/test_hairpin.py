"""Hairpins: contexts that fold as asked, the same for all that is put into them, and what planted models do in them."""

from __future__ import annotations

import json

import numpy as np
import pytest

import seqdo as sd
from seqdo.designs.changes import folded_context as folded
from seqdo.designs.changes.folded_context import Folded
from seqdo.designs.record import from_record, to_record
from seqdo.effects.heterogeneity.moderators import presence
from seqdo.sequences.folding import loop_probabilities
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.stream import root

RNA = pytest.importorskip("RNA", reason="ViennaRNA (extra structure) is not installed")

NULL = sd.backgrounds.uniform(41)
AT, WIDTH = 18, 5
SPAN = slice(AT, AT + WIDTH)
# In the loop of 7 that hairpin(at=18) makes, the motif stands at 17 + 1, between nine pairs.
GATED = sd.planted.hairpin_gated("NGCUGGN", 41, at=17, stem=9, alphabet=sd.RNA)


def edited(design: sd.Design, arm: str, backgrounds: Sequences, seed: int = 0) -> np.ndarray:
    from seqdo.sequences.edit import apply

    return apply(backgrounds, design.arms[arm].edits(root(seed), 0, backgrounds)).codes


def arms_of(design: sd.Design, says: str) -> dict[str, str]:
    """Insert to arm, of one structure."""
    found = {}
    for name, arm in design.arms.items():
        context = [one for one in arm.sites if isinstance(one, Folded)]
        if [one.says for one in context] == ([says] if says else []):
            found[next((one.name for one in arm.sites if isinstance(one, sd.Site)), "none")] = name
    return found


def text(codes: np.ndarray) -> str:
    return "".join("ACGU"[code] for code in codes)


@pytest.fixture(scope="module")
def design() -> sd.Design:
    return sd.hairpin("GCUGG", AT, core=[1, 5])


@pytest.mark.parametrize("says", ["loop of 9+7", "stem of 9+7", "unstructured context"])
def test_motif_scrambles_and_nothing_share_a_context_and_the_motif_is_where_it_shall_be(design, says):
    backgrounds = NULL.sample(12, rng=1)
    seen = {insert: edited(design, arm, backgrounds) for insert, arm in arms_of(design, says).items()}
    assert list(seen) == ["GCUGG", "GCUGG~1", "none"]
    outside = np.delete(np.arange(41), np.arange(41)[SPAN])
    for codes in seen.values():
        np.testing.assert_array_equal(codes[:, outside], seen["none"][:, outside])
    np.testing.assert_array_equal(seen["none"][:, SPAN], backgrounds.codes[:, SPAN])
    assert {text(row[SPAN]) for row in seen["GCUGG"]} == {"GCUGG"}
    found = loop_probabilities(Sequences.from_codes(seen["GCUGG"]))[:, SPAN]
    least = {"l": found[:, 1:, 1], "s": found[:, :, 0], "u": 1 - found[:, :, :2].max(2)}[says[0]]
    assert least.min() >= 0.9


def test_arms_pair_and_the_rest_are_letters_of_the_background(design):
    """Loop: 8-17 pair with 24-33. What is no 3' arm's are letters of the background in some order."""
    backgrounds = NULL.sample(30, rng=2)
    codes = edited(design, arms_of(design, "loop of 9+7")["GCUGG"], backgrounds)
    np.testing.assert_array_equal(codes[:, 8:17] + codes[:, 24:33][:, ::-1], 3)
    context = next(one for arm in design.arms.values() for one in arm.sites if isinstance(one, Folded))
    around = np.delete(np.arange(41), np.arange(41)[SPAN])
    kept = np.setdiff1d(around, np.arange(24, 33))
    tries = [number for _, number in context.contexts(root(0), 0, backgrounds)]
    assert max(tries) > 1, "some were rearranged"
    for own, made, number in zip(backgrounds.codes, codes, tries, strict=True):
        if number == 1:
            np.testing.assert_array_equal(own[kept], made[kept])
        left = np.bincount(own[around], minlength=4) - np.bincount(made[kept], minlength=4)
        assert left.min() >= 0
        assert left.sum() == 9


def test_the_stem_s_3_prime_arm_pairs_with_the_motif(design):
    codes = edited(design, arms_of(design, "stem of 9+7")["GCUGG"], NULL.sample(5, rng=0))
    np.testing.assert_array_equal(codes[:, 16:25] + codes[:, 32:41][:, ::-1], 3)


def test_contexts_do_not_depend_on_blocks_arms_or_sessions(design):
    whole = sd.run(design, GATED, NULL, n=20, rng=4)
    folded._search.cache_clear()
    parts = sd.run(design, GATED, NULL, n=20, rng=4, block=7)
    np.testing.assert_array_equal(whole.y, parts.y)
    arm = arms_of(design, "loop of 9+7")["GCUGG"]
    before = whole.edited(arm).codes
    folded._search.cache_clear()
    (later,) = (one for one in design.arms[arm].edits(root(4), 7, whole.backgrounds[7:]) if one.width == 41)
    np.testing.assert_array_equal(np.delete(later.letters, range(18, 23), 1), np.delete(before[7:], range(18, 23), 1))
    again = from_record(json.loads(json.dumps(to_record(design))))
    np.testing.assert_array_equal(edited(again, arm, whole.backgrounds, seed=4), before)
    assert (edited(design, arm, whole.backgrounds, seed=5) != before).any()


def test_a_motif_that_counts_in_a_loop_only_is_found_there_and_nowhere_else():
    """AssayComparison 1 in the loop, all is 0: nine other letters pair by chance in 4^-9 of backgrounds."""
    effects = sd.estimate(sd.run(sd.hairpin("GCUGG", AT, core=[1, 5]), GATED, NULL, n=40, rng=0), margin=0.1)
    table = effects.table
    for name in ("effect", "specific"):
        rows = table[table["contrast"] == name].set_index("structure")["estimate"]
        assert rows.to_dict() == {"loop": 1.0, "stem": 0.0, "unstructured": 0.0, "unconstrained": 0.0}
    rows = table[table["contrast"] == "structure"].set_index("against")
    assert rows["estimate"].to_dict() == {"stem": 1.0, "unstructured": 1.0, "unconstrained": 1.0}
    assert set(rows["verdict"]) == {"present"}


def test_pairing_has_an_interaction_and_letters_have_none():
    design = sd.compensatory("GCUGG", AT, core=[1, 5])
    letters = sd.planted.additive({"G": 0.7}, 41, alphabet=sd.RNA)

    def table(model):
        found = sd.estimate(sd.run(design, model, NULL, n=30, rng=0), margin=0.1).table
        return found.set_index(["contrast", "broken"])["estimate"].fillna(0).round(9)

    gated, by_letters = table(GATED), table(letters)
    # 1 where all nine pairs are there, in the whole and in the twice broken hairpin: 1 - 0 - 0 + 1
    assert gated["interaction"].tolist() == gated["specific interaction"].tolist() == [2.0]
    assert gated["break"].to_dict() == {"5'": -1.0, "3'": -1.0, "both": 0.0}
    assert by_letters["interaction"].tolist() == by_letters["specific interaction"].tolist() == [0.0]
    assert by_letters["break", "5'"] == -by_letters["break", "3'"] != 0  # what 5' loses, 3' gains


def test_broken_arms_do_not_pair_keep_their_gc_and_pair_again_when_both_are():
    design = sd.compensatory("GCUGG", AT, core=[1, 5])
    backgrounds = NULL.sample(10, rng=0)
    arms = {name: arms_of(design, "loop of 9+7" + name)["GCUGG"] for name in ("", ", 5' broken", ", both broken")}
    whole, five, both = (edited(design, arm, backgrounds) for arm in arms.values())
    changed = np.flatnonzero((five != whole).any(0))
    assert changed.tolist() == [9, 11, 13, 15]
    np.testing.assert_array_equal(five[:, changed] + whole[:, changed], 3)
    np.testing.assert_array_equal((five == 1) | (five == 2), (whole == 1) | (whole == 2))
    hairpin = "." * 8 + "(" * 9 + "." * 7 + ")" * 9 + "." * 8

    def pairs_made(codes):
        return [_pairs(RNA.fold(text(row))[0]) >= _pairs(hairpin) for row in codes]

    assert not any(pairs_made(five))
    assert np.mean(pairs_made(whole)) >= 0.9
    assert np.mean(pairs_made(both)) >= 0.9


def _pairs(brackets: str) -> set[tuple[int, int]]:
    """Pairs of a structure in brackets."""
    opened, found = [], set()
    for place, one in enumerate(brackets):
        if one == "(":
            opened.append(place)
        elif one == ")":
            found.add((opened.pop(), place))
    return found


def test_a_series_grows_the_stem_from_the_loop_outwards():
    design = sd.hairpin_series("GCUGG", AT, "stem", [3, 9], scrambles=0)
    backgrounds = NULL.sample(4, rng=0)
    for stem in (3, 9):
        codes = edited(design, arms_of(design, f"loop of {stem}+7")["GCUGG"], backgrounds)
        np.testing.assert_array_equal(codes[:, 17 - stem : 17] + codes[:, 24 : 24 + stem][:, ::-1], 3)
    assert design.factors == {"stem": (3, 9)}
    assert [contrast.name for contrast in design.contrasts] == ["effect", "effect"]
    starts = [sd.hairpin_series("GCUGG", AT, "offset", [0, 2]), sd.hairpin_series("GCUGG", AT, "loop", [5, 8])]
    assert [one.factors for one in starts] == [{"offset": (0, 2)}, {"loop": (5, 8)}]


UNSTRUCTURED = "unstructured context"


def unpaired(codes: Sequences, span: slice) -> np.ndarray:
    """The least P over the span of each sequence to be neither paired nor in a hairpin loop."""
    return 1 - loop_probabilities(codes)[:, span, :2].max((1, 2))


def test_sequences_longer_than_the_hairpins_have_every_context():
    """At 25 of 60 a try is met in nearly all backgrounds; where letters are left over, in none of them."""
    model = sd.planted.hairpin_gated("GCUGG", 60, 25, 4, alphabet=sd.RNA)
    design = sd.hairpin("GCUGG", at=25)
    outcomes = sd.run(design, model, sd.backgrounds.uniform(60), n=8, rng=0)
    seen = outcomes.edited(arms_of(design, UNSTRUCTURED)["GCUGG"])
    assert unpaired(seen, slice(25, 30)).min() >= 0.9
    # 0 to 10 pair with 15 to 24, around a loop of 5; 30 to 42 with 47 to 59, around one of 4
    np.testing.assert_array_equal(seen.codes[:, :10] + seen.codes[:, 15:25][:, ::-1], 3)
    np.testing.assert_array_equal(seen.codes[:, 30:43] + seen.codes[:, 47:][:, ::-1], 3)
    context = next(one for one in design.arms[arms_of(design, UNSTRUCTURED)["none"]].sites if isinstance(one, Folded))
    tries = [number for _, number in context.contexts(root(0), 0, outcomes.backgrounds)]
    assert np.mean(tries) < 5


def test_an_unstructured_context_ends_where_its_own_background_does():
    """Whatever other lengths stand in its block, and whichever engine predicts."""
    backgrounds = Sequences.from_strings(["ACGU" * 11, "GGAUC" * 13, "CAUGA" * 9 + "CA"], sd.RNA)
    design = sd.hairpin("GCUGG", AT, core=[1, 5])
    arm = arms_of(design, UNSTRUCTURED)["GCUGG"]
    codes = edited(design, arm, backgrounds)
    np.testing.assert_array_equal((codes == 4).sum(1), [21, 0, 18])
    for row, length in enumerate(backgrounds.lengths):
        (edit, _) = sorted(design.arms[arm].edits(root(0), row, backgrounds[row : row + 1]), key=lambda one: -one.width)
        assert edit.letters.shape == (1, length)
        away = np.delete(np.arange(length), np.arange(41)[SPAN])
        np.testing.assert_array_equal(edit.letters[0, away], codes[row, away])
        assert unpaired(Sequences.from_codes(codes[row : row + 1, :length]), SPAN).min() >= 0.9


def test_a_design_with_an_unstructured_context_leaves_no_letter_beside_its_edits():
    model = sd.planted.additive({"GA": 1.0}, 60, alphabet=sd.RNA)
    hairpin, compensatory = (
        sd.estimate(sd.run(design, model, sd.backgrounds.uniform(60), n=2, rng=0), margin=0.1)
        for design in (sd.hairpin("GCUGG", AT), sd.compensatory("GCUGG", AT))
    )
    assert presence(compensatory, "GA").shape == (2,)
    with pytest.raises(sd.InputError, match="has to fit between the edits"):
        presence(hairpin, "GA")


def test_letters_beyond_what_folds_and_lengths_that_differ_are_left_alone():
    backgrounds = Sequences.from_strings(["ACGU" * 11, "GGAUC" * 9], sd.RNA)
    design = sd.hairpin("GCUGG", AT, core=[1, 5])
    codes = edited(design, arms_of(design, "loop of 9+7")["GCUGG"], backgrounds)
    np.testing.assert_array_equal(codes[:, 41:], backgrounds.codes[:, 41:])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sd.hairpin("GCTGG", AT), "`pattern` GCTGG is DNA"),
        (lambda: sd.hairpin("GCNRG", AT), "`pattern` GCNRG has uncertain letters"),
        (lambda: sd.hairpin("GCUGG", 5), "Write at=10 or more"),
        (lambda: sd.hairpin("GCUGGAAA", AT), "`loop=7` with GCUGGAAA, which is 8 nt long"),
        (lambda: sd.hairpin("GCUGG", AT, offset=3), "`loop=7` and `offset=3` with GCUGG"),
        (lambda: sd.hairpin("GCUGG", AT, stem=4), "`stem=4` with GCUGG"),
        (lambda: sd.hairpin("GCUGG", AT, core=[1, 6]), "`core="),
        (lambda: sd.hairpin("GCUGG", AT, core=3), "`core=3` of GCUGG"),
        (lambda: sd.hairpin("GCUGG", AT, accept=1.5), "`accept=1.5`"),
        (lambda: sd.hairpin("GCUGG", AT, accept="0.9"), "`accept='0.9'`"),
        (lambda: sd.hairpin("GCUGG", AT, temperature=310.0), r"`temperature=310.0`: a number from 0 to 100 \(°C\)"),
        (lambda: sd.hairpin("GCUGG", AT, stem=9.0), "stem=9.0"),
        (lambda: sd.compensatory("GCUGG", AT, broken=10), "`broken=10` with a stem of 9 base pairs"),
        (lambda: sd.hairpin_series("GCUGG", AT, "colour", [1]), '"stem", "loop" or "offset"'),
    ],
)
def test_what_can_not_be_asked_is_refused(call, words):
    with pytest.raises(sd.InputError, match=words):
        call()


def test_models_of_dna_and_short_sequences_are_refused():
    with pytest.raises(sd.InputError, match="is RNA: the model reads dna"):
        sd.run(sd.hairpin("GCAGG", AT), sd.planted.additive({"GA": 1.0}, 41), NULL, n=2)
    short = sd.planted.additive({"GA": 1.0}, 38, alphabet=sd.RNA)
    with pytest.raises(sd.InputError, match=r"a sequence of length 38 .* Write at=10 to 15"):
        sd.run(sd.hairpin("GCAGG", AT), short, sd.backgrounds.uniform(38), n=2)


def test_a_criterion_that_is_never_met_ends_with_the_rate(monkeypatch):
    monkeypatch.setattr(folded.Shape, "met", lambda self, codes: bool(codes[0] == 0))
    design = sd.hairpin("GCUGG", AT, tries=3)
    backgrounds = Sequences.from_strings(["A" * 41, "A" * 41, "C" * 41], sd.RNA)
    wanted = r"tries=3 orders of background 2 do not fold so, after 2 other backgrounds did \(2 in 2 tries\): "
    wanted += r"P\(in a hairpin loop\) of 0.9 or more"
    with pytest.raises(sd.InputError, match=wanted):
        edited(design, arms_of(design, "loop of 9+7")["GCUGG"], backgrounds, seed=77)


def test_a_search_can_be_interrupted(monkeypatch):
    def interrupted(self, codes):
        raise KeyboardInterrupt

    monkeypatch.setattr(folded.Shape, "met", interrupted)
    design = sd.hairpin("GCUGG", AT)
    with pytest.raises(KeyboardInterrupt):
        edited(design, arms_of(design, "loop of 9+7")["GCUGG"], NULL.sample(1, rng=0), seed=78)


def test_contexts_of_another_version_are_not_made_again(monkeypatch):
    design = sd.hairpin("GCUGG", AT)
    monkeypatch.setattr(folded, "energies", lambda temperature: "ViennaRNA 3")
    with pytest.raises(sd.InputError, match="ViennaRNA 3 is installed"):
        edited(design, arms_of(design, "loop of 9+7")["GCUGG"], NULL.sample(1, rng=0))
