"""Captions: what each kind of figure shows, in a sentence or two."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from seqdo.effects.effects import Effects
from seqdo.reporting.text.labels import factors, printable
from seqdo.reporting.text.sentences import listed
from seqdo.reporting.view import Figure


def caption(effects: Effects, figure: Figure) -> str:
    """The caption of a figure."""
    return CAPTIONS[figure.kind](effects, figure)


def _contrasts(effects: Effects, figure: Figure) -> str:
    return f"All contrasts on {printable(figure.output)}."


def _by_factors(effects: Effects, figure: Figure) -> str:
    table = effects.table
    by = factors(effects, table[table["contrast"].astype(str) == figure.contrast])
    return f"{_what(figure)} by {printable(listed(by))}." if by else f"{_what(figure)}."


def _distribution(effects: Effects, figure: Figure) -> str:
    return f"{_what(figure)}: the difference on each background. Below, the mean and its interval."


def _controls(effects: Effects, figure: Figure) -> str:
    return (
        f"{_what(figure)}, compared with its controls. Left, each control and the pattern relative to the mean of the "
        "controls. Right, the p-values of the controls: with equal effects, the line lies in the gray band in 999 of "
        "1,000 runs."
    )


def _sequence_map(effects: Effects, figure: Figure) -> str:
    return (
        f"{sequence_name(effects, int(figure.item))}: {_what(figure)}, mean over members. It describes this sequence "
        "alone."
    )


def sequence_name(effects: Effects, row: int) -> str:
    """The name of a sequence that a design asks about, or its number."""
    names = effects.outcomes.backgrounds.names
    return f"sequence {row}" if names is None else printable(str(names[row]))


def _periodogram(effects: Effects, figure: Figure) -> str:
    curve = f" ({printable(str(figure.item))})" if figure.item else ""
    return (
        f"{_what(figure)}{curve}: the share of the curve, apart from its trend, that a wave of each period explains "
        "(Lomb-Scargle). An estimated period is orange, with its 95 % CI in gray."
    )


def _variants(effects: Effects, figure: Figure) -> str:
    return f"{_what(figure)}: the change by each alternative allele, with its own interval over the models."


def _motif(effects: Effects, figure: Figure) -> str:
    return (
        f"The motif of the selected patterns, by {_what(figure)}: patterns aligned to the best of them, and letters "
        "weighted by effects on new backgrounds, which played no role in the selection."
    )


def _no_data(effects: Effects, figure: Figure) -> str:
    return f"{_what(figure)}: no data."


CAPTIONS: Mapping[str, Callable[[Effects, Figure], str]] = {
    "contrasts": _contrasts, "curve": _by_factors, "map": _by_factors, "intervals": _by_factors,
    "distribution": _distribution, "controls": _controls, "sequence map": _sequence_map, "periodogram": _periodogram,
    "variants": _variants, "motif": _motif, "no data": _no_data,
}  # fmt: skip
"""Kind of a figure to its caption: the one table to extend."""


def panel_caption(effects: Effects, figure: Figure) -> str:
    """The caption of a panel of an overview."""
    design, output = effects.outcomes.design, printable(figure.output)
    first = next((motif for arm in design.arms.values() for site in arm.sites for motif in site.patterns), None)
    pattern = printable(first.name) if first else "the pattern"
    if figure.kind == "motif":
        search = effects.outcomes.provenance.get("search")
        return "Motif of the selected patterns" if search else pattern
    if figure.kind == "letters":
        return f"Contribution of each letter of {pattern}"
    if figure.kind == "sequence letters":
        return f"Contribution of each letter of {sequence_name(effects, 0)}"
    if figure.kind == "controls":
        return f"{pattern} and its scrambled versions"
    if figure.kind == "variants":
        return f"Largest changes in {output}, with intervals over models"
    table = effects.table
    rows = table[(table["contrast"].astype(str) == figure.contrast) & (table["output"].astype(str) == figure.output)]
    by = printable(listed(factors(effects, rows)))
    most = "Largest: " if figure.kind == "intervals" and len(rows) > 8 else ""
    return f"{most}{printable(figure.contrast)} by {by}"


def _what(figure: Figure) -> str:
    return f"{printable(figure.contrast)} on {printable(figure.output)}"
