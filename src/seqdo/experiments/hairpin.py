"""RNA hairpins: whether a motif needs the loop of a hairpin, and whether pairing or the bases of the stem matter.

The context of a motif is made by :class:`seqdo.designs.changes.folded_context.Folded`. The ensemble of its structures,
computed by ViennaRNA, meets the criterion of the design.
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
from seqdo.experiments.experiment import Experiment
from seqdo.experiments.phrases import Comparison, Finding
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
    """Effect of an RNA motif in the loop of a hairpin, in its stem, and unpaired. Needs ViennaRNA.

    On each background, the motif, its scrambles and no motif share the same context. In the stem, the 3' arm of that
    context pairs with the motif, and therefore not with the scrambles. ``sd.structures(outcomes)`` reports what folded.

    Parameters
    ----------
    pattern : RNA motif; each letter is one of A, C, G, U
    at : 0-based start of the motif, the same in every structure
    stem, loop : number of base pairs of the hairpin, and of nt in its loop
    offset : number of nt of the loop before the motif; by default the motif is in the middle
    core : span [start, stop) within the motif that must be in the loop; by default the whole motif
        VTS1 binds GCUGG in a loop, and the first G may pair: ``core=[1, 5]``.
    accept : smallest probability, over the ensemble of structures, that each base is in its state
        In the ``loop``, the bases of the core are in a hairpin loop. In the ``stem``, with the motif in the 5' arm,
        the bases of the motif are paired. In the ``unstructured`` context they are neither paired nor in a hairpin
        loop: all bases on the left of the motif form one hairpin, and all bases on the right form another.
    tries : largest number of orders of the letters of a background to test before the run is refused
    temperature : temperature of folding in °C
    scrambles : number of scrambled controls

    Returns
    -------
    Design
        Contrasts by the factor ``structure`` (loop, stem, unstructured, and unconstrained, which is the background as
        it is): ``effect`` (motif − no motif) and ``specific`` (motif − mean of the scrambles). Also ``structure`` by
        the factor ``against``: the ``specific`` effect in the loop − that in another structure.

    Raises
    ------
    InputError
        The pattern is DNA, has uncertain letters, or does not fit into the loop or the stem, or ViennaRNA is missing.
    """
    build = Builder()
    construct = _Construct(as_motif(pattern), at, stem, loop, offset, core, accept, tries, temperature)
    inserts = _inserts(construct.motif, scrambles)
    contexts = [*_same_reach([construct.folded(kind) for kind in (LOOP, STEM, UNSTRUCTURED)]), None]
    specific: dict[str, Weights] = {}
    for kind, context in zip((LOOP, STEM, UNSTRUCTURED, FREE), contexts, strict=True):
        specific[kind] = _compared(build, construct.at, inserts, context, {"structure": kind})
    for other in (STEM, UNSTRUCTURED, FREE):
        difference = specific[LOOP] | {arm: -weight for arm, weight in specific[other].items()}
        build.contrast("structure", difference, {"against": other})
    question = f"Does {construct.motif} at position {at} have an effect only in the loop of a hairpin?"
    return build.design("hairpin", question)


@recorded
def hairpin_series(
    pattern: Pattern, at: int, vary: str, levels: Iterable[int], *,
    stem: int = 9, loop: int = 7, offset: int | None = None, core: Sequence[int] | None = None,
    accept: float = 0.0, tries: int = 1000, temperature: float = 37.0, scrambles: int = 1,
) -> Design:  # fmt: skip
    """Effect of an RNA motif in the loop of a hairpin, by the size of the hairpin or the place of the motif in it.

    Parameters
    ----------
    pattern, at : RNA motif, and its 0-based start, as in :func:`hairpin`
    vary : "stem", "loop" or "offset"
    levels : values of ``vary``: base pairs of the stem, nt of the loop, or nt of the loop before the motif
    stem, loop, offset, core, tries, temperature, scrambles : as in :func:`hairpin`
    accept : as in :func:`hairpin`; 0 by default, because short stems rarely form
        With 0, the arms can pair, but the hairpin need not form. ``sd.structures`` reports how often it forms, and
        ``sd.dose`` how effects depend on its probability.

    Returns
    -------
    Design
        Contrasts by the factor with the name in ``vary``: ``effect`` (motif − no motif) and ``specific`` (motif −
        mean of the scrambles).

    Raises
    ------
    InputError
        ``vary`` is another name, or a reason of :func:`hairpin` applies.
    """
    if vary not in ("stem", "loop", "offset"):
        raise InputError(f"`vary={vary!r}`", '"stem", "loop" or "offset" is needed', 'Write vary="stem"')
    build = Builder()
    sizes = {"stem": stem, "loop": loop, "offset": offset}
    varied = places(levels, "levels", lowest=0 if vary == "offset" else 1)
    # A loop that is large enough for any motif and offset: the sizes are replaced, and checked, level by level.
    template = _Construct(as_motif(pattern), at, 1, 10**6, 0, core, accept, tries, temperature)
    constructs = [replace(template, **sizes | {vary: level}) for level in varied]  # type: ignore[arg-type]
    motif = constructs[0].motif
    inserts = _inserts(motif, scrambles)
    contexts = _same_reach([construct.folded(LOOP) for construct in constructs])
    for level, context in zip(varied, contexts, strict=True):
        _compared(build, at, inserts, context, {vary: level})
    what = {"stem": "the length of the stem", "loop": "the length of the loop", "offset": "its position in the loop"}
    return build.design("hairpin_series", f"How does the effect of {motif} in a hairpin loop depend on {what[vary]}?")


@recorded
def compensatory(
    pattern: Pattern, at: int, *,
    stem: int = 9, loop: int = 7, broken: int = 4, offset: int | None = None, core: Sequence[int] | None = None,
    accept: float = 0.9, tries: int = 1000, temperature: float = 37.0, scrambles: int = 1,
) -> Design:  # fmt: skip
    """Effect of compensatory mutations in the stem on an RNA motif in the loop.

    Each arm of the hairpin is broken: some of its bases become their complement, and no longer pair. With both arms
    broken, the pairs are restored. For a model of the bases of the arms alone, the effects of the two breaks add up.

    Parameters
    ----------
    pattern, at : RNA motif, and its 0-based start, as in :func:`hairpin`
    broken : number of bases of an arm that become their complement, spread evenly along the arm
    stem, loop, offset, core, accept, tries, temperature : the hairpin before it is broken, as in :func:`hairpin`
    scrambles : number of scrambled controls

    Returns
    -------
    Design
        Contrasts by the factor ``broken`` (none, 5', 3', both): ``effect`` (motif − no motif), ``specific`` (motif −
        mean of the scrambles), and ``break`` (motif in a broken hairpin − in the intact one). ``interaction`` (both −
        5' − 3' + none, with the motif) is positive if pairing matters. ``specific interaction`` is the interaction −
        that with the scrambles.

    Raises
    ------
    InputError
        ``broken`` is larger than the stem, or a reason of :func:`hairpin` applies.
    """
    build = Builder()
    construct = _Construct(as_motif(pattern), at, stem, loop, offset, core, accept, tries, temperature)
    if place(broken, "broken", 1) > stem:
        raise InputError(
            f"`broken={broken}` with a stem of {stem} base pairs", f"1 to {stem} bases of an arm can be broken",
            f"Write broken={stem} or less",
        )  # fmt: skip
    inserts = _inserts(construct.motif, scrambles)
    (intact,) = _same_reach([construct.folded(LOOP)])
    contexts = {"none": intact} | {arm: replace(intact, broken=arm, breaks=broken) for arm in ("5'", "3'", "both")}
    specific: dict[str, Weights] = {}
    for arm, context in contexts.items():
        specific[arm] = _compared(build, construct.at, inserts, context, {"broken": arm})
    with_motif = {arm: next(iter(weights)) for arm, weights in specific.items()}
    for arm in ("5'", "3'", "both"):
        build.contrast("break", {with_motif[arm]: 1.0, with_motif["none"]: -1.0}, {"broken": arm})
    signs = {"both": 1.0, "5'": -1.0, "3'": -1.0, "none": 1.0}
    build.contrast("interaction", {with_motif[arm]: sign for arm, sign in signs.items()})
    if scrambles:
        weights = {name: sign * weight for arm, sign in signs.items() for name, weight in specific[arm].items()}
        build.contrast("specific interaction", weights)
    question = f"Does the effect of {construct.motif} in a hairpin loop need the pairing of the stem, or its bases?"
    return build.design("compensatory", question)


@dataclass(frozen=True)
class _Construct:
    """A motif and the hairpin around it, with every number checked."""

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
            raise InputError(f"`pattern` {self.motif} is DNA", "a hairpin needs an RNA motif", "Write U for T")
        if not self.motif.certain:
            raise InputError(
                f"`pattern` {self.motif} has uncertain letters",
                "each letter must be one of A, C, G, U, because folding depends on the letters",
            )
        _check_between("accept", self.accept, 1, "a probability from 0 to 1 is needed")
        _check_between("temperature", self.temperature, 100, "a number from 0 to 100 (°C) is needed")
        self._before()
        self._core()

    def folded(self, kind: str) -> Folded:
        """The context of one kind; it rearranges no more of the background than it needs."""
        width = self.motif.width
        if kind == STEM and width > self.stem:
            raise InputError(
                f"`stem={self.stem}` with {self.motif}, which is {width} nt long", "the motif must fit into the stem",
                f"Write stem={width} or more",
            )  # fmt: skip
        before = (self.stem - width) // 2 if kind == STEM else self._before()
        shape = Shape(
            kind, int(self.at), self.motif.text, self._core(), int(self.stem), int(self.loop), before, 0,
            float(self.accept), float(self.temperature),
        )  # fmt: skip
        shape = replace(shape, reach=shape.stop)
        return Folded(self.motif.name, shape, int(self.tries), energies(self.temperature))

    def _before(self) -> int:
        """Number of nt of the loop before the motif."""
        width = self.motif.width
        room = self.loop - width
        before = room // 2 if self.offset is None else place(self.offset, "offset", 0)
        if not 0 <= before <= room:
            offset = f" and `offset={before}`" if room >= 0 else ""
            raise InputError(
                f"`loop={self.loop}`{offset} with {self.motif}, which is {width} nt long",
                "the motif must fit into the loop", f"Write loop={width + max(before, 0)} or more",
            )  # fmt: skip
        return before

    def _core(self) -> tuple[int, int]:
        core = (0, self.motif.width) if self.core is None else self.core
        span = tuple(place(each, "core", 0) for each in core) if isinstance(core, Iterable) else ()
        if len(span) != 2 or not span[0] < span[1] <= self.motif.width:
            raise InputError(
                f"`core={self.core!r}` of {self.motif}", "the start and the stop of a span of the motif are needed",
                f"Write core=[0, {self.motif.width}]",
            )  # fmt: skip
        return span[0], span[1]


def _same_reach(contexts: list[Folded]) -> list[Folded]:
    """The contexts with the same reach: all rearrange the same positions and need sequences of the same length."""
    reach = max(context.shape.reach for context in contexts)
    equal = [replace(context, shape=replace(context.shape, reach=reach)) for context in contexts]
    for context in equal:
        context.shape.refuse(None, context.name)
    return equal


def _check_between(name: str, value: float, most: float, accepted: str) -> None:
    """Refuse a value that is not a number from 0 to ``most``."""
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= most:
        raise InputError(f"`{name}={value!r}`", accepted)


def _inserts(motif: Motif, scrambles: int) -> list[Motif | None]:
    """What is written in place of the motif: the motif, its scrambles, and nothing."""
    controls = scrambles_of(motif, place(scrambles, "scrambles", 0), rng=0, strands=False) if scrambles else []
    return [motif, *controls, None]


def _compared(
    build: Builder, at: int, inserts: list[Motif | None], context: Folded | None, levels: dict[str, Level]
) -> Weights:
    """Add the arms and contrasts of all inserts in one context; the weights of the most specific contrast."""
    around = [context] if context else []
    arms = [build.arm(*([Site(insert, at)] if insert else []), *around, agree=True) for insert in inserts]
    effect = {arms[0]: 1.0, arms[-1]: -1.0}
    build.contrast("effect", effect, levels)
    controls = arms[1:-1]
    if not controls:
        return effect
    specific = {arms[0]: 1.0} | dict.fromkeys(controls, -1.0 / len(controls))
    build.contrast("specific", specific, levels)
    return specific


_PLACES = {
    "stem": "in the stem of a hairpin",
    "unstructured": "unpaired and in no hairpin",
    "unconstrained": "in backgrounds as they are",
}
_BROKEN = {
    "5'": "the 5' arm broken",
    "3'": "the 3' arm broken",
    "both": "both arms broken, which restores their pairing",
}

ROWS = (
    Experiment(
        hairpin, main=("effect", "structure"), phrases=(
            Finding(
                contrast="effect", where={"structure": "loop"}, subject="{pattern} in the loop of a hairpin", lead=True
            ),
            Comparison(
                contrast="structure", opening="In the loop rather than {against}", names={"against": _PLACES}, each=3,
                lead=True,
            ),
        ),
    ),
    Experiment(
        hairpin_series, phrases=(
            Finding(contrast="effect", subject="{pattern} in the loop of a hairpin", group="level", lead=True),
        ),
    ),
    Experiment(
        compensatory, main=("effect", "break"), phrases=(
            Comparison(contrast="break", opening="With {broken}", names={"broken": _BROKEN}, each=3),
            Comparison(
                contrast="interaction", lead=True,
                opening="With both arms broken, compared with the sum of the two breaks (expected without pairing)",
            ),
            Comparison(contrast="specific interaction", opening="In the same comparison, minus that of the scrambles"),
        ),
    ),
)  # fmt: skip
"""The experiments of this file, with what a report says of each. The catalog reads them."""
