"""How seqdo speaks, as far as a script can measure it (the rules are in language.py)."""

from __future__ import annotations

from collections import Counter

import language
import pytest

import seqdo


def breaches(rule, files):
    return [line for file in files for line in rule(file)]


def test_no_function_binds_a_participle():
    """A variable is a noun of the domain: ``intervals``, not ``found``."""
    lines = breaches(language.bindings, language.files_under(language.PACKAGE))
    names = {line.split(" ")[0].rsplit(":", 1)[0] + ":" + line.split(" ", 1)[1] for line in lines}
    assert not names - set(language.ALLOWED_BINDINGS)
    assert len(language.ALLOWED_BINDINGS) <= 20
    assert all(language.ALLOWED_BINDINGS.values()), "each with its reason"


def test_no_two_files_of_the_package_share_a_name():
    counts = Counter(file.name for file in language.files_under(language.PACKAGE) if not file.name.startswith("__"))
    assert {name for name, count in counts.items() if count > 1} == set(language.SAME_NAME)
    assert all(counts[name] == 2 for name in language.SAME_NAME), "one idea in two layers, and no more"


def test_no_two_public_names_differ_in_case_alone():
    plain = Counter(name.lower().replace("_", "") for name in seqdo.__all__)
    assert not [name for name, count in plain.items() if count > 1]


def test_every_parameter_of_every_public_function_is_documented():
    functions = language.public_functions()
    assert {"sd.embed", "sd.wrap", "sd.backgrounds.uniform", "sd.Model.predict"} <= set(functions), "the test can fail"
    assert not breaches(language.undocumented, language.files_under(language.PACKAGE))


def test_every_error_names_its_argument():
    assert not breaches(language.unnamed_errors, language.files_under(language.PACKAGE))


def test_no_house_word_meets_a_user():
    files = [*language.files_under(language.PACKAGE), *language.documents()]
    assert not breaches(language.not_words, files)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (language.bindings, "def rows():\n    found = 1\n    return found\n"),
        (language.bindings, "def rows(given):\n    return given\n"),
        (language.not_words, 'NOTE = "A GC patch beside the motif"\n'),
        (language.not_words, 'NOTE = f"{n} letters between the two"\n'),
        (language.unnamed_errors, 'raise InputError("nothing was said", "say it")\n'),
    ],
)
def test_each_rule_catches_what_it_is_for(rule, text, tmp_path):
    file = tmp_path / "example.py"
    file.write_text(text, "utf-8")
    assert list(rule(file))
