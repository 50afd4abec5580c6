"""RNA hairpins: does a motif work in a loop only, and is it the pairing that makes the loop, or the arms' letters?

Contexts are made by :class:`seqdo.designs.changes.folded_context.Folded`: they fold as asked to, by their ensemble.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from numbers import Real

from seqdo.designs.builder import Builder, places
from seqdo.designs.call import recorded
from seqdo.designs.changes.folded_context import Folded
from seqdo.designs.changes.hairpin_shape import LOOP, STEM, UNSTRUCTURED, Shape
from seqdo.designs.changes.site import Site, place
from seqdo.designs.design import Design, Level
from seqdo.errors import InputError
from seqdo.experiments.embed import Pattern
from seqdo.motifs.motif import Motif, as_motif
from seqdo.motifs.scramble import scrambles as scrambles_of
from seqdo.sequences.alphabet import DNA
from seqdo.sequences.folding import energies

FREE = "unconstrained"
"""The context that is the background itself."""

Weights = dict[str, float]


@recorded
def hairpin(
    pattern: Pattern, at: int, *,
    stem: int = 9, loop: int = 7, offset: int | None = None, core: Sequence[int] | None = None,
    accept: float = 0.9, tries: int = 1000, temperature: float = 37.0, scrambles: int = 1,
) -> Design:  # fmt: skip
    """Does the motif work in a hairpin's loop only? RNA; needs ViennaRNA.

    Parameters
    ----------
    at : 0-based start of the motif, the same in every structure
    stem, loop : pairs of the hairpin, and letters between them
    offset : letters of the loop before the motif; by default it is in the middle
    core : span [start, stop) within the motif that has to be in the loop; by default all of it
        Of GCUGG, which VTS1 binds in a loop, the first G may pair: ``core=[1, 5]``.
    accept : the least P, over all structures, that each letter is what it shall be
        In the ``loop``: that letters of the core are in a hairpin loop. In the ``stem``, where the motif is in the
        5' arm: that each of its letters is paired. ``unstructured``, between two hairpins that all letters on either
        side of it make: that none is either.
    tries : the most orders of a background's letters that are tried, before the run is refused
    temperature : of folding, in °C

    Contrasts: ``effect`` (motif − none in the same context) and ``specific`` (motif − mean of scrambles) by
    ``structure``: loop, stem, unstructured, and unconstrained (the background as it is); ``structure``: the specific
    effect in the loop − that in another (factor ``against``), a difference in differences.

    The context of a background is the same for the motif, its scrambles and nothing. In the stem, its 3' arm pairs with
    the motif, and so not with the others. What was reached is in ``sd.structures(outcomes)``.

    Raises
    ------
    InputError
        DNA; a pattern whose letters are drawn; a motif that the loop or the stem can't hold; no ViennaRNA.
    """
    build = Builder()
    asked = _Asked(as_motif(pattern), at, stem, loop, offset, core, accept, tries, temperature)
    inserts = _inserts(asked.motif, scrambles)
    contexts = [*asked.together([asked.folded(kind) for kind in (LOOP, STEM, UNSTRUCTURED)]), None]
    specific: dict[str, Weights] = {}
    for kind, context in zip((LOOP, STEM, UNSTRUCTURED, FREE), contexts, strict=True):
        specific[kind] = _compared(build, asked.at, inserts, context, {"structure": kind})
    for other in (STEM, UNSTRUCTURED, FREE):
        apart = specific[LOOP] | {arm: -weight for arm, weight in specific[other].items()}
        build.contrast("structure", apart, {"against": other})
    return build.design("hairpin", f"Does {asked.motif} at {at} work in the loop of a hairpin only?")


@recorded
def hairpin_series(
    pattern: Pattern, at: int, vary: str, levels: Iterable[int], *,
    stem: int = 9, loop: int = 7, offset: int | None = None, core: Sequence[int] | None = None,
    accept: float = 0.0, tries: int = 1000, temperature: float = 37.0, scrambles: int = 1,
) -> Design:  # fmt: skip
    """How does the effect in a hairpin's loop depend on its stem, its loop, or the motif's place in the loop? RNA.

    Parameters
    ----------
    vary : "stem", "loop" or "offset", whose levels are given; the others stay as in :func:`hairpin`
    accept : by default 0: arms pair, but whether the hairpin forms is not asked, as short stems rarely do
        ``sd.structures`` says how often it does, and ``sd.dose`` how effects go with it.

    Contrasts: ``effect`` (motif − none in the same context) and ``specific`` (motif − mean of scrambles) by the factor
    that varies.

    Raises
    ------
    InputError
        As :func:`hairpin`; another thing to vary.
    """
    if vary not in ("stem", "loop", "offset"):
        raise InputError(f"vary={vary!r}", '"stem", "loop" or "offset" is needed')
    build = Builder()
    varied = places(levels, "levels", lowest=0 if vary == "offset" else 1)
    sizes = {"stem": stem, "loop": loop, "offset": offset}
    given = _Asked(as_motif(pattern), at, 1, 10**6, 0, core, accept, tries, temperature)
    every = [replace(given, **sizes | {vary: level}) for level in varied]  # type: ignore[arg-type]
    inserts = _inserts(every[0].motif, scrambles)
    contexts = every[0].together([asked.folded(LOOP) for asked in every])
    for level, context in zip(varied, contexts, strict=True):
        _compared(build, at, inserts, context, {vary: level})
    return build.design("hairpin_series", f"How does {every[0].motif} in a hairpin's loop depend on its {vary}?")


@recorded
def compensatory(
    pattern: Pattern, at: int, *,
    stem: int = 9, loop: int = 7, broken: int = 4, offset: int | None = None, core: Sequence[int] | None = None,
    accept: float = 0.9, tries: int = 1000, temperature: float = 37.0, scrambles: int = 1,
) -> Design:  # fmt: skip
    """Is it the pairing of a hairpin's arms that the motif in its loop needs, or their letters? RNA.

    Each arm of a hairpin is broken: some of its letters become their complement, so that they do not pair. With both
    arms broken the pairs are there again. A model of the arms' letters alone adds the two breaks up.

    Parameters
    ----------
    broken : letters of an arm that become their complement, spread evenly along it
    stem, loop, offset, core, accept, tries, temperature : of the hairpin before it is broken, as in :func:`hairpin`

    Contrasts: ``effect`` (motif − none in the same context) and ``specific`` (motif − mean of scrambles) by ``broken``:
    none, 5', 3' and both; ``break`` (motif in a broken hairpin − in the whole one); ``interaction`` (both − 5' − 3' +
    none, of the motif), positive where pairing counts; ``specific interaction`` (the same less that of the scrambles).

    Raises
    ------
    InputError
        As :func:`hairpin`; more letters to break than an arm has.
    """
    build = Builder()
    asked = _Asked(as_motif(pattern), at, stem, loop, offset, core, accept, tries, temperature)
    if place(broken, "broken", 1) > stem:
        raise InputError(f"broken={broken} of a stem of {stem}", f"1 to {stem} letters of an arm can be broken")
    inserts = _inserts(asked.motif, scrambles)
    (whole,) = asked.together([asked.folded(LOOP)])
    contexts = {"none": whole} | {arm: replace(whole, broken=arm, breaks=broken) for arm in ("5'", "3'", "both")}
    specific: dict[str, Weights] = {}
    for arm, context in contexts.items():
        specific[arm] = _compared(build, asked.at, inserts, context, {"broken": arm})
    motif = {arm: next(iter(weights)) for arm, weights in specific.items()}
    for arm in ("5'", "3'", "both"):
        build.contrast("break", {motif[arm]: 1.0, motif["none"]: -1.0}, {"broken": arm})
    signs = {"both": 1.0, "5'": -1.0, "3'": -1.0, "none": 1.0}
    build.contrast("interaction", {motif[arm]: sign for arm, sign in signs.items()})
    if scrambles:
        weights = {name: sign * weight for arm, sign in signs.items() for name, weight in specific[arm].items()}
        build.contrast("specific interaction", weights)
    return build.design("compensatory", f"Does {asked.motif} in a loop need the pairing of the stem, or its letters?")


@dataclass(frozen=True)
class _Asked:
    """A motif and the hairpin around it, checked."""

    motif: Motif
    at: int
    stem: int
    loop: int
    offset: int | None
    core: Sequence[int] | None
    accept: float
    tries: int
    temperature: float

    def __post_init__(self) -> None:
        place(self.at, "at", 0)
        for name, least in (("stem", 1), ("loop", 3), ("tries", 1)):
            place(getattr(self, name), name, least)
        if self.motif.alphabet is DNA:
            raise InputError(f"{self.motif}, which is DNA, in a hairpin", "RNA is folded", "Write U for T")
        if not self.motif.certain:
            raise InputError(
                f"{self.motif} in a hairpin", "whether it folds depends on its letters: each is one of four"
            )
        _between("accept", self.accept, 1, "a probability from 0 to 1 is needed")
        _between("temperature", self.temperature, 100, "°C from 0 to 100 are needed")
        self._before()
        self._core()

    def folded(self, kind: str) -> Folded:
        """The context of one kind, which may rearrange no more than it needs."""
        if kind == STEM and self.motif.width > self.stem:
            raise InputError(
                f"{self.motif} ({self.motif.width} letters) in a stem of {self.stem}", "the stem has to hold it",
                f"Write stem={self.motif.width} or more",
            )  # fmt: skip
        before = (self.stem - self.motif.width) // 2 if kind == STEM else self._before()
        shape = Shape(
            kind, int(self.at), self.motif.text, self._core(), int(self.stem), int(self.loop), before, 0,
            float(self.accept), float(self.temperature),
        )  # fmt: skip
        shape = replace(shape, reach=shape.stop)
        return Folded(self.motif.name, shape, int(self.tries), energies(self.temperature))

    def together(self, contexts: list[Folded]) -> list[Folded]:
        """The contexts with one reach: a sequence has to have so many letters, and those in a hairpin no others."""
        reach = max(context.shape.reach for context in contexts)
        made = [replace(context, shape=replace(context.shape, reach=reach)) for context in contexts]
        for context in made:
            context.shape.refuse(None, context.name)
        return made

    def _before(self) -> int:
        """Letters of the loop before the motif."""
        room = self.loop - self.motif.width
        before = room // 2 if self.offset is None else place(self.offset, "offset", 0)
        if not 0 <= before <= room:
            beyond = f" from its letter {before} on" if room >= 0 else ""
            raise InputError(
                f"{self.motif} ({self.motif.width} letters) in a loop of {self.loop}{beyond}",
                "the loop has to hold it", f"Write loop={self.motif.width + max(before, 0)} or more",
            )  # fmt: skip
        return before

    def _core(self) -> tuple[int, int]:
        core = (0, self.motif.width) if self.core is None else self.core
        given = tuple(place(each, "core", 0) for each in core) if isinstance(core, Iterable) else ()
        if len(given) != 2 or not given[0] < given[1] <= self.motif.width:
            raise InputError(
                f"core={self.core!r} of {self.motif}", "the start and the stop of a span of its letters are needed",
                f"Write core=[0, {self.motif.width}]",
            )  # fmt: skip
        return given[0], given[1]


def _between(name: str, value: float, most: float, needed: str) -> None:
    """Refuse what is no number from 0 to ``most``."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= most:
        raise InputError(f"{name}={value!r}", needed)


def _inserts(motif: Motif, scrambles: int) -> list[Motif | None]:
    """What stands at the motif's place: itself, its scrambles, and nothing."""
    controls = scrambles_of(motif, place(scrambles, "scrambles", 0), rng=0, strands=False) if scrambles else []
    return [motif, *controls, None]


def _compared(
    build: Builder, at: int, inserts: list[Motif | None], context: Folded | None, levels: dict[str, Level]
) -> Weights:
    """Arms of all inserts in one context, and their effects; weights of the motif − scrambles, or − none without."""
    beside = [context] if context else []
    arms = [build.arm(*([Site(insert, at)] if insert else []), *beside, agree=True) for insert in inserts]
    effect = {arms[0]: 1.0, arms[-1]: -1.0}
    build.contrast("effect", effect, levels)
    controls = arms[1:-1]
    if not controls:
        return effect
    specific = {arms[0]: 1.0} | dict.fromkeys(controls, -1.0 / len(controls))
    build.contrast("specific", specific, levels)
    return specific
