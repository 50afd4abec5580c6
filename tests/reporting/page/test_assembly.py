"""The view of a page: it holds what the effects hold, once, and nothing that is not a plain value."""

from __future__ import annotations

from dataclasses import fields, is_dataclass

import pytest

from seqdo.experiments import embed
from seqdo.reporting.page.assembly import page_view
from seqdo.reporting.view import Page


def plain(value):
    """Is a value made of records, mappings, tuples, text, finite numbers and None alone?"""
    if is_dataclass(value):
        return all(plain(getattr(value, field.name)) for field in fields(value))
    if isinstance(value, dict):
        return all(isinstance(key, str) and plain(item) for key, item in value.items())
    if isinstance(value, tuple):
        return all(plain(item) for item in value)
    return value is None or isinstance(value, str | bool | int) or (isinstance(value, float) and value - value == 0)


@pytest.mark.parametrize("number", [1, 2])
def test_a_view_is_made_of_plain_values(number, make):
    view = page_view([make(embed.positions("GATTACA", range(0, 20, 5), scrambles=2))] * number)
    assert isinstance(view, Page)
    assert plain(view)


def test_questions_and_effects_are_counted_and_shared_notes_stand_once(make):
    effects = [make(embed.embed("GATTACA", at=at)) for at in (5, 20)]
    view = page_view(effects)
    assert view.title == "2 questions"
    assert view.count == "2 questions, 2 effects: 2 present."
    assert view.notes
    assert not [note for section in view.sections for note in section.notes if note in view.notes]
    alone = page_view(effects[:1])
    assert (alone.title, alone.notes) == ("What is the effect of GATTACA at position 5?", ())
    assert alone.sections[0].notes == tuple(effects[0].notes)
    assert alone.flags == ("one model",)
