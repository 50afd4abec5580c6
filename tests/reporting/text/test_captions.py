"""Captions: contrasts of experiments in plain words, names of users as they are."""

from __future__ import annotations

import pytest

from seqdo.experiments import arrange, embed
from seqdo.reporting.text.captions import caption, panel_caption
from seqdo.reporting.view import Figure


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (Figure("curve", "interaction", "y"), "Interaction on y by gap and orientation."),
        (Figure("curve", "CCGGT", "y"), "CCGGT on y by gap and orientation."),
        (Figure("contrasts", "", "y"), "All contrasts on y."),
        (Figure("distribution", "own", "y"), "own on y: the difference on each background. Below, the mean and its"),
        (
            Figure("periodogram", "interaction", "y", "orientation ++"),
            "Interaction on y (orientation ++): the share of",
        ),
    ],
)
def test_captions_of_figures(figure, text, make):
    design = arrange.spacing("GATTACA", "CCGGT", range(3), at=10, strand=["++", "+-"])
    assert caption(make(design), figure).startswith(text)


@pytest.mark.parametrize(
    ("design", "figure", "text"),
    [
        (embed.kmers(2, at=5), Figure("intervals", "effect", "y"), "Effect by k-mer, the 8 largest"),
        (embed.kmers(["GAT", "ACA"], at=5), Figure("intervals", "effect", "y"), "Effect by k-mer"),
        (arrange.copies("GAT", [2, 9]), Figure("curve", "effect", "y"), "Effect by number of copies"),
        (embed.mutants("GAT", at=5), Figure("letters", "change", "y"), "Letter contributions in GAT"),
        (embed.embed("GAT", at=5, scrambles=1), Figure("controls", "specific", "y"), "GAT and 1 scrambled version"),
    ],
    ids=lambda value: getattr(value, "experiment", ""),
)
def test_captions_of_panels(design, figure, text, make):
    assert panel_caption(make(design), figure) == text
