"""Captions: what each kind of figure shows, in a sentence or two."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from seqdo.effects.effects import Effects
from seqdo.reporting.text.labels import factor_label, factors, printable
from seqdo.reporting.text.numbers import count
from seqdo.reporting.text.sentences import listed
from seqdo.reporting.view import Figure

MOST_ROWS = 8
"""Intervals in a panel of an overview; of more, the largest."""

CONTRASTS = {
    "effect": "Effect", "specific": "Specific effect", "interaction": "Interaction", "step": "Step",
    "second difference": "Second difference", "change": "Change", "asymmetry": "Asymmetry",
    "order asymmetry": "Asymmetry of the orders", "relative": "Effect relative to the mean", "swap": "Difference",
    "in context": "Effect in context", "structure": "Difference between structures", "break": "Change by breaking",
    "substitution": "Change by substitution", "on the treated": "Effect on the treated",
    "beyond the sum": "Effect beyond the sum", "variant": "Change by the variant", "junctions": "Effect of junctions",
    "beyond k-mers": "Effect beyond other k-mers",
}  # fmt: skip
"""What contrasts of experiments are called at the beginning of a caption. Names of users stay as they are."""


def caption(effects: Effects, figure: Figure) -> str:
    """The caption of a figure in a section."""
    return CAPTIONS[figure.kind](effects, figure)


def panel_caption(effects: Effects, figure: Figure) -> str:
    """The caption of a panel of an overview."""
    return PANEL_CAPTIONS[figure.kind](effects, figure)


def sequence_name(effects: Effects, row: int) -> str:
    """The name of a sequence that a design is about, or its number."""
    names = effects.outcomes.backgrounds.names
    return f"sequence {row}" if names is None else printable(str(names[row]))


def _contrasts(effects: Effects, figure: Figure) -> str:
    return f"All contrasts on {printable(figure.output)}."


def _by_factors(effects: Effects, figure: Figure) -> str:
    return f"{_start(figure)}{_by(effects, figure)}."


def _distribution(effects: Effects, figure: Figure) -> str:
    return f"{_start(figure)}: the difference on each background. Below, the mean and its interval."


def _controls(effects: Effects, figure: Figure) -> str:
    return (
        f"{_start(figure)}, compared with its controls. Left, each control and the pattern relative to the mean of the "
        "controls. Right, the p-values of the controls: with equal effects, the line lies in the gray band in 999 of "
        "1,000 runs."
    )


def _sequence_map(effects: Effects, figure: Figure) -> str:
    name = sequence_name(effects, int(figure.item))
    return f"{name}: {_what(figure)}, mean over members. It describes this sequence alone."


def _periodogram(effects: Effects, figure: Figure) -> str:
    curve = f" ({printable(str(figure.item))})" if figure.item else ""
    return (
        f"{_start(figure)}{curve}: the share of the curve, apart from its trend, that a wave of each period explains "
        "(Lomb-Scargle). An estimated period is orange, with its 95 % CI in gray."
    )


def _variants(effects: Effects, figure: Figure) -> str:
    return f"{_start(figure)}: the change by each alternative allele, with its own interval over the models."


def _motif(effects: Effects, figure: Figure) -> str:
    return (
        f"The motif of the selected patterns ({_what(figure)}): patterns aligned to the best of them, and letters "
        "weighted by effects on new backgrounds, which played no role in the selection."
    )


def _no_data(effects: Effects, figure: Figure) -> str:
    return f"{_start(figure)}: no data."


CAPTIONS: Mapping[str, Callable[[Effects, Figure], str]] = {
    "contrasts": _contrasts, "curve": _by_factors, "map": _by_factors, "intervals": _by_factors,
    "distribution": _distribution, "controls": _controls, "sequence map": _sequence_map, "periodogram": _periodogram,
    "variants": _variants, "motif": _motif, "no data": _no_data,
}  # fmt: skip
"""Kind of a figure in a section to its caption: the one table to extend."""


def _logo(effects: Effects, figure: Figure) -> str:
    return "Motif of the selected patterns" if effects.outcomes.provenance.get("search") else _pattern(effects)


def _letters(effects: Effects, figure: Figure) -> str:
    return f"Letter contributions in {_pattern(effects)}"


def _sequence_letters(effects: Effects, figure: Figure) -> str:
    return f"Letter contributions in {sequence_name(effects, 0)}"


def _scrambles(effects: Effects, figure: Figure) -> str:
    specific = next(contrast for contrast in effects.outcomes.design.contrasts if contrast.name == "specific")
    return f"{_pattern(effects)} and {count(len(specific.weights) - 1, 'scrambled version')}"


def _series(effects: Effects, figure: Figure) -> str:
    return f"{_start(figure, on=False)}{_by(effects, figure)}"


def _largest(effects: Effects, figure: Figure) -> str:
    table = effects.table
    chosen = (table["contrast"].astype(str) == figure.contrast) & (table["output"].astype(str) == figure.output)
    most = f", the {MOST_ROWS} largest" if int(chosen.sum()) > MOST_ROWS else ""
    return f"{_series(effects, figure)}{most}"


def _largest_variants(effects: Effects, figure: Figure) -> str:
    return f"Largest changes in {printable(figure.output)}, with intervals over models"


PANEL_CAPTIONS: Mapping[str, Callable[[Effects, Figure], str]] = {
    "motif": _logo, "letters": _letters, "sequence letters": _sequence_letters, "controls": _scrambles,
    "curve": _series, "intervals": _largest, "variants": _largest_variants,
}  # fmt: skip
"""Kind of a panel of an overview to its caption: the one table to extend."""


def _pattern(effects: Effects) -> str:
    """The first pattern that a design writes."""
    arms = effects.outcomes.design.arms.values()
    motifs = (motif for arm in arms for site in arm.sites for motif in site.patterns)
    first = next(motifs, None)
    return printable(first.name) if first else "the pattern"


def _by(effects: Effects, figure: Figure) -> str:
    """The factors of a contrast, as in " by position"."""
    table = effects.table
    names: Sequence[str] = factors(effects, table[table["contrast"].astype(str) == figure.contrast])
    return f" by {listed([factor_label(name) for name in names])}" if names else ""


def _what(figure: Figure) -> str:
    return f"{printable(figure.contrast)} on {printable(figure.output)}"


def _start(figure: Figure, *, on: bool = True) -> str:
    """The contrast and its output at the beginning of a caption."""
    text = CONTRASTS.get(figure.contrast, printable(figure.contrast))
    return f"{text} on {printable(figure.output)}" if on else text
