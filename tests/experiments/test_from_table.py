"""Free designs: the same as the experiments where these say the same, and errors that name file, line and column."""

from __future__ import annotations

import pandas as pd
import pytest

import seqdo as sd
from seqdo.designs.design import Contrast, Design
from seqdo.effects.columns import AFTER, BEFORE
from seqdo.errors import InputError
from seqdo.experiments.from_table import RESERVED, design_from_table

NULL = sd.backgrounds.uniform(40)
MODEL = sd.planted.additive({"GATTA": 2.0, "CCG": 1.0}, length=40)
SHOWN = ["estimate", "se", "low", "high", "p"]


def arms(*rows, columns=("arm", "start", "letters")):
    return pd.DataFrame(rows, columns=list(columns))


def effects(asked: Design) -> pd.DataFrame:
    return sd.estimate(sd.run(asked, MODEL, NULL, n=50, rng=3)).table


def test_one_arm_is_embed():
    ours, theirs = effects(design_from_table(arms(("it", 7, "GATTACA")))), effects(sd.embed("GATTACA", at=7))
    pd.testing.assert_frame_equal(ours, theirs)


def test_letters_that_are_drawn_or_kept_are_those_of_embed():
    """IUPAC codes draw from the same stream; N and . leave the background's letter."""
    for letters in ("GRYNTAW", "G..TA"):
        ours = sd.run(design_from_table(arms(("it", 7, letters))), MODEL, NULL, n=20, rng=3)
        theirs = sd.run(sd.embed(letters, at=7), MODEL, NULL, n=20, rng=3)
        assert ours.edited("it").to_strings() == theirs.edited(f"{letters}@7").to_strings()


def test_a_column_of_starts_is_positions():
    rows = [(f"at {start}", start, "GATTA", start) for start in (3, 11, 30)]
    ours = design_from_table(arms(*rows, columns=("arm", "start", "letters", "position")))
    pd.testing.assert_frame_equal(effects(ours), effects(sd.positions("GATTA", at=[3, 11, 30])))


@pytest.mark.parametrize("as_table", [True, False])
def test_two_alone_and_together_are_interaction(as_table):
    """Its three contrasts by name: effect of both, each alone, and the difference in differences."""
    table = arms(("both", 3, "GATTA"), ("both", 20, "CCG"), ("one", 3, "GATTA"), ("two", 20, "CCG"))
    weights = {"GATTA": {"one": 1, "none": -1}, "interaction": {"both": 1, "one": -1, "two": -1, "none": 1}}
    rows = [(name, arm, weight) for name, own in weights.items() for arm, weight in own.items()]
    given = pd.DataFrame(rows, columns=["contrast", "arm", "weight"]) if as_table else weights
    ours = effects(design_from_table(table, contrasts=given))
    theirs = effects(sd.interaction(["GATTA", "CCG"], at=[3, 20])).set_index("contrast")
    assert ours["arm"].dropna().tolist() == ["both", "one", "two"]
    ours = ours[ours["arm"].isin(["both"]) | (ours["contrast"] != "effect")].set_index("contrast")
    for name in ("effect", "GATTA", "interaction"):
        assert ours.loc[name, SHOWN].tolist() == theirs.loc[name, SHOWN].tolist(), name


def test_strands_and_a_second_draw_of_one_pattern_are_those_of_spacing():
    rows = [("pair", 5, "GARTA", "+"), ("pair", 14, "GARTA", "-")]
    ours = sd.run(
        design_from_table(arms(*rows, columns=("arm", "start", "letters", "strand"))), MODEL, NULL, n=20, rng=3
    )
    spacing = sd.spacing("GARTA", "GARTA", gaps=[4], at=5, strand=["+-"])
    theirs = sd.run(spacing, MODEL, NULL, n=20, rng=3)
    (pair,) = (arm for arm in spacing.arms if "+" in arm)
    assert ours.edited("pair").to_strings() == theirs.edited(pair).to_strings()


def test_factors_are_numbers_where_all_cells_are_and_missing_where_a_cell_is_empty():
    columns = ("arm", "start", "letters", "sites", "flank", "share")
    rows = [("a", 1, "AC", 2, "GC", 0.5), ("b", 5, "AC", 10, "", 1), ("c", 9, "AC", 1, "AU", "")]
    made = design_from_table(arms(*rows, columns=columns))
    assert made.factors == {"sites": (1, 2, 10), "flank": ("GC", "AU"), "share": (0.5, 1)}
    assert made.contrasts[1] == Contrast("effect", {"b": 1.0, "none": -1.0}, {"sites": 10, "share": 1})


def test_rows_of_an_arm_need_not_stand_together_and_fractions_are_weights(tmp_path):
    (tmp_path / "arms.csv").write_text("arm,start,letters\nb,1,AC\na,1,GG\nc,9,GG\nb,9,GG\n")
    (tmp_path / "contrasts.csv").write_text(
        "contrast,arm,weight,of\nmean,a,1/3,x\nmean,b,1/3,x\nmean,c,1/3,x\nmean,none,-1,x\nmean,a,1,y\nmean,c,-1.0,y\n"
    )
    made = design_from_table(tmp_path / "arms.csv", contrasts=tmp_path / "contrasts.csv", question="Why?")
    assert made.question == "Why?"
    assert [(site.name, site.starts) for site in made.arms["b"].sites] == [("AC", (1,)), ("GG", (9,))]
    assert made.contrasts[3:] == (
        Contrast("mean", {"a": 1 / 3, "b": 1 / 3, "c": 1 / 3, "none": -1.0}, {"of": "x"}),
        Contrast("mean", {"a": 1.0, "c": -1.0}, {"of": "y"}),
    )


GOOD = "arm,start,letters,strand,level\na,3,GATTA,+,1\na,20,CCG,,1\nb,3,GATTA,,2\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param("letters,", "Letters,", ["no column 'letters'", "Is it 'Letters'?"], id="column"),
        pytest.param("a,3,", "a,3.5,", ["line 2, column start: '3.5'", "whole number"], id="POS-03"),
        pytest.param("a,20,", "a,-2,", ["line 3, column start: '-2'", "first start is 0"], id="negative"),
        pytest.param("CCG", "CXG", ["line 3, column letters: 'CXG'", "'X'"], id="letter"),
        pytest.param("CCG", "", ["line 3, column letters: ''"], id="no letters"),
        pytest.param("b,3", "none,3", ["line 4, column arm: 'none'", "there already"], id="none"),
        pytest.param("b,3", ",3", ["line 4, column arm: ''", "has a name"], id="no name"),
        pytest.param("+,1", "plus,1", ["line 2, column strand: 'plus'"], id="strand"),
        pytest.param("a,20,", "a,6,", ["arms.csv, line 2 to line 3, arm 'a'", "overlap"], id="overlap"),
        pytest.param("CCG,,1", "CCG,,3", ["line 3, column level: '3'", "line 2 has '1'"], id="levels of an arm"),
        pytest.param(
            "GATTA,,2", "GATTA,,1", ["line 4: arm 'b'", "the same levels as arm 'a'", "Add a column"], id="DES-03"
        ),
        pytest.param("level", "margin", ["column margin", "Rename"], id="a column of the effects"),
        pytest.param("b,3,GATTA,,2", "b,3,GATTA,2", ["line 4", "4 cells"], id="ragged"),
    ],
)
def test_a_table_of_arms_is_refused_by_file_line_and_column(tmp_path, old, new, words):
    assert old in GOOD
    (tmp_path / "arms.csv").write_text(GOOD.replace(old, new))
    with pytest.raises(InputError) as error:
        design_from_table(tmp_path / "arms.csv")
    assert not [word for word in ["arms.csv", *words] if word not in str(error.value)], str(error.value)


WEIGHTS = "contrast,arm,weight\nd,a,1\nd,b,-1\n"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        pytest.param("d,b", "d,bb", ["w.csv, line 3, column arm: 'bb'", "none, a, b"], id="DES-06 missing arm"),
        pytest.param("-1", "-x", ["w.csv, line 3, column weight: '-x'", "1/3"], id="no number"),
        pytest.param("-1", "1/0", ["w.csv, line 3, column weight: '1/0'"], id="by zero"),
        pytest.param("-1", "1e400", ["w.csv, line 3, column weight: '1e400'"], id="no float"),
        pytest.param("-1", "-0.5", ["contrast d", "sum to 0.5"], id="DES-06 sum"),
        pytest.param("-1", "nan", ["w.csv, line 3, column weight: 'nan'"], id="DES-06 NaN"),
        pytest.param("d,b", "d,a", ["w.csv, line 3, column arm: 'a'", "already"], id="arm twice"),
        pytest.param("d,b", ",b", ["w.csv, line 3, column contrast: ''"], id="no name"),
        pytest.param("weight", "weights", ["w.csv has no column 'weight'"], id="column"),
    ],
)
def test_a_table_of_contrasts_is_refused_by_file_line_and_column(tmp_path, old, new, words):
    (tmp_path / "arms.csv").write_text(GOOD)
    (tmp_path / "w.csv").write_text(WEIGHTS.replace(old, new))
    with pytest.raises(InputError) as error:
        design_from_table(tmp_path / "arms.csv", contrasts=tmp_path / "w.csv")
    assert not [word for word in words if word not in str(error.value)], str(error.value)


@pytest.mark.parametrize("weights", [{"a": "x"}, 1, {"a": None}, {1: 1, "none": -1}, {"a": 10**400, "none": -1}])
def test_weights_that_are_none_are_refused_by_contrast(weights):
    with pytest.raises(InputError, match=r"`contrasts` has .* for 'd': a mapping of arm to weight"):
        design_from_table(arms(("a", 3, "GATTA")), contrasts={"d": weights})


@pytest.mark.parametrize("name", [1, "", None])
def test_contrasts_without_a_name_and_questions_that_are_no_text_are_refused(name):
    with pytest.raises(InputError, match=f"`contrasts` has the name {name!r}"):
        design_from_table(arms(("a", 3, "GATTA")), contrasts={name: {"a": 1, "none": -1}})
    with pytest.raises(InputError, match="`question=3`"):
        design_from_table(arms(("a", 3, "GATTA")), question=3)


def test_the_names_that_no_factor_can_have_are_those_of_the_table_of_effects():
    """Told here, before anything has run; the tables of effects, individual and searched ones too, are made later."""
    asked = design_from_table(
        arms(("a", 3, "GATTA", 1), ("b", 3, "CCG", 2), columns=("arm", "start", "letters", "level"))
    )
    found = sd.search(asked, MODEL, NULL, keep=1, n=20, screen=20, rng=0)
    made = {*found.effects.individual, *found.table, *BEFORE, *AFTER}
    assert {*RESERVED, "contrast"} == made - {"level"}


def test_levels_with_underscores_or_leading_zeros_are_names_and_large_numbers_stay_what_they_are(tmp_path):
    path = tmp_path / "arms.csv"
    path.write_text(
        "arm,start,letters,pair,number,code\na,5,GAT,1_11,9007199254740993,007\nb,5,CAT,11_1,9007199254740992,7\n",
        encoding="utf-8",
    )
    found = [dict(one.levels) for one in design_from_table(path).contrasts]
    assert found == [
        {"pair": "1_11", "number": 9007199254740993, "code": "007"},
        {"pair": "11_1", "number": 9007199254740992, "code": "7"},
    ]
