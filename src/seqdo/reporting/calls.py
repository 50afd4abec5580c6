"""The call that makes a design again, read off the design and checked by making it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from seqdo.designs.design import NONE, Arm, Design, Site, Slot
from seqdo.designs.record import to_record
from seqdo.errors import SeqdoError
from seqdo.experiments.catalog import EXPERIMENTS

_MOST_ARMS = 300


def call(design: Design) -> str | None:
    """The Python call that makes this design, or None where there is none that surely does.

    >>> from seqdo.experiments.embed import positions
    >>> call(positions("GATTACA", starts=range(0, 50, 5), scrambles=2))
    'sd.positions("GATTACA", starts=range(0, 50, 5), scrambles=2)'
    """
    if design.experiment not in EXPERIMENTS or len(design.arms) > _MOST_ARMS:
        return None
    wanted = _arms_and_contrasts(design)
    # where 0 or nothing is the default
    unsaid = ("flanks",) if design.experiment == "controls" else ("scrambles", "gap", "strands")
    for positional, named in _guesses(design):
        named = {name: value for name, value in named.items() if value or name not in unsaid}
        try:
            made = EXPERIMENTS[design.experiment](*positional, **named)
        except (SeqdoError, TypeError):
            continue
        if _arms_and_contrasts(made) == wanted:
            given = [_written(value) for value in positional] + [
                f"{name}={_written(value)}" for name, value in named.items()
            ]
            return f"sd.{design.experiment}({', '.join(given)})"
    return None


def _arms_and_contrasts(design: Design) -> dict[str, Any]:
    """All but the question, which a study may put in other words."""
    return to_record(design) | {"question": None}


def _guesses(design: Design) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    arms = [_of_motifs(arm) for name, arm in design.arms.items() if name != NONE and arm.sites]
    if not all(arms):
        return
    first = arms[0]
    pattern, at = first[0].motif.name, first[0].at
    scrambles = {"scrambles": _compared(design)}
    kind, levels = design.experiment, design.factors
    if kind in ("embed", "orientation", "mutants", "gc_context"):
        yield [pattern], {"at": at} | scrambles
        if kind == "mutants":
            yield [pattern], {"at": at, "alphabet": "rna"} | scrambles
    elif kind == "controls":
        scrambled, words = (_compared(design, name) for name in ("specific", "beyond k-mers"))
        beside = [site.motif.width for arm in arms for site in arm if site.motif.name == "right flank"]
        named = {"at": at, "scrambles": scrambled, "kmers": words, "flanks": max(beside, default=0)}
        known = [arm for one in design.contrasts if one.name == "positive" for arm in one.weights if arm != NONE]
        yield [pattern], named | {"positive": _of_motifs(design.arms[known[0]])[0].motif.name} if known else named
    elif kind == "positions":
        yield [pattern], {"starts": list(levels["position"])} | scrambles
    elif kind == "kmers":
        yield from _words(design, list(levels["kmer"]), at)
    elif kind == "copies" and isinstance(at, Slot):
        yield [pattern], {"slots": list(at.places)} | scrambles
    elif kind == "spacing":
        two = {
            name: list(levels[f]) for name, f in (("orientations", "orientation"), ("orders", "order")) if f in levels
        }
        names = [site.motif.name for site in first]
        yield names, {"gaps": list(levels["gap"]), "at": min(_start(site) for site in first)} | two | scrambles
    elif kind == "interaction":
        every = max(arms, key=len)
        yield [[site.motif.name for site in every]], {"at": [site.at for site in every]} | scrambles
    elif kind == "swap":
        yield [pattern, [name for name in levels["pattern"] if name != pattern]], {"at": at}


def _words(design: Design, names: list[Any], at: int | Slot) -> Iterator[tuple[list[Any], dict[str, Any]]]:
    """Those of ``kmers``: all words only where there are as many, for a guess makes them all."""
    both = design.stranded
    treated = max(sum(weight > 0 for weight in one.weights.values()) for one in design.contrasts)
    named: dict[str, Any] = {"at": list(at.places) if isinstance(at, Slot) else at, "strands": "both" if both else ""}
    controls = max((len(one.weights) for one in design.contrasts if one.name == "specific"), default=treated)
    named |= {"scrambles": (controls - treated) // treated}
    k, gap = len(str(names[0]).replace("N", "")), str(names[0]).count("N")
    if len(names) == (4**k if not both else (4**k + 4 ** (k // 2) * (k % 2 == 0)) // 2):
        yield [k], named | {"gap": gap}
        yield [k], named | {"gap": gap, "alphabet": "rna"}
    yield [names], named


def _of_motifs(arm: Arm) -> list[Site]:
    """The motifs of an arm; none where it writes anything else as well."""
    sites = [site for site in arm.sites if isinstance(site, Site)]
    return sites if len(sites) == len(arm.sites) else []


def _compared(design: Design, name: str = "specific") -> int:
    """How many controls an effect is compared with."""
    found = [contrast for contrast in design.contrasts if contrast.name == name]
    return len(found[0].weights) - 1 if found else 0


def _start(site: Site) -> int:
    return site.starts[0]


def _written(value: Any) -> str:  # noqa: ANN401
    """A value as one writes it; whole numbers at even steps as a range."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list) and len(value) > 3 and all(isinstance(item, int) for item in value):
        step = value[1] - value[0]
        if step > 0 and value == list(range(value[0], value[-1] + 1, step)):
            return f"range({value[0]}, {value[-1] + step}{f', {step}' if step > 1 else ''})"
    return f"[{', '.join(map(_written, value))}]" if isinstance(value, list) else repr(value)
