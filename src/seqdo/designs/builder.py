"""How experiments build designs: they check levels, name arms and add scrambled controls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from seqdo.designs.changes.change import Change
from seqdo.designs.changes.site import NONE, Arm, Site, place
from seqdo.designs.design import Contrast, Design, Level
from seqdo.errors import InputError
from seqdo.motifs.scramble import scrambles as scrambles_of
from seqdo.sequences.alphabet import ALPHABETS, Alphabet
from seqdo.sequences.sequences import Sequences


def places(values: Iterable[int], name: str, *, lowest: int | None = 0) -> tuple[int, ...]:
    """Levels of a numeric factor, sorted; an empty list and duplicates are refused by name."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InputError(
            f"{name}={values!r}", "a list or range of whole numbers is needed", f"Write {name}=range(0, 50, 5)"
        )
    levels = [place(value, name) for value in values]
    if not levels:
        raise InputError(f"`{name}` is empty", "at least one level is needed")
    repeated = sorted({level for level in levels if levels.count(level) > 1}) if len(set(levels)) < len(levels) else []
    if repeated:
        raise InputError(f"`{name}` holds {repeated[0]} twice", "levels differ from one another", "Leave one out")
    if lowest is not None and min(levels) < lowest:
        raise InputError(
            f"`{name}` holds {min(levels)}", f"the lowest level is {lowest} (positions count from 0 at the 5' end)"
        )
    return tuple(sorted(levels))


def spelling(alphabet: str) -> Alphabet:
    """The alphabet that names are written in, where a pattern has neither T nor U."""
    if alphabet not in ALPHABETS:
        raise InputError(f"alphabet={alphabet!r}", '"dna" or "rna" is needed', 'Write alphabet="rna"')
    return ALPHABETS[alphabet]


class Builder:
    """Collects arms and contrasts. Arms with the same label are one arm, so shared controls are predicted once."""

    def __init__(self) -> None:
        self.arms: dict[str, Arm] = {NONE: Arm()}
        self.contrasts: list[Contrast] = []

    def arm(self, *sites: Change, agree: bool = False) -> str:
        """Add the arm that writes these sites, and return its name."""
        arm = Arm(sites, agree)
        if self.arms.setdefault(arm.label, arm).writes != arm.writes:
            raise InputError(
                f"`pattern`: two different patterns make the arm {arm.label!r}", "patterns have different names",
                "Write sd.Motif(another_name, motif.matrix)",
            )  # fmt: skip
        return arm.label

    def contrast(
        self, name: str, weights: dict[str, float], levels: dict[str, Level] | None = None, identity: str = ""
    ) -> None:
        """Add a contrast."""
        self.contrasts.append(Contrast(name, weights, levels or {}, identity))

    def effect(self, arm: str, levels: dict[str, Level] | None = None, name: str = "effect") -> None:
        """Add the contrast of an arm with the arm without edits."""
        self.contrast(name, {arm: 1.0, NONE: -1.0}, levels)

    def scrambled(self, count: int, *, screen: bool = False, both: bool = False) -> None:
        """Add ``count`` arms with scrambled motifs for every effect, and its contrast with their mean.

        A scramble that is itself one of the arms is not made twice. In a ``screen`` of all k-mers, or of all motifs of
        a file, motifs without a scramble (one letter repeated) get none. A scramble is no palindrome, so where ``both``
        strands are tested, each scramble is written on both.
        """
        if not place(count, "scrambles", 0):
            return
        there = {arm.writes: name for name, arm in self.arms.items()}
        for effect in [contrast for contrast in self.contrasts if contrast.name == "effect"]:
            weights = {arm: weight for arm, weight in effect.weights.items() if arm != NONE}
            if not all(any(isinstance(site, Site) for site in self.arms[arm].sites) for arm in weights):
                continue
            try:
                ways = {arm: _scrambled_sites(self.arms[arm].sites, count, quiet=screen) for arm in weights}
            except InputError:
                if screen:
                    continue
                raise
            if both and len(weights) == 1:
                ways = {arm: [*some, *map(_other_strand, some)] for arm, some in ways.items()}
            for arm, weight in list(weights.items()):
                for control in map(Arm, ways[arm]):
                    if control.writes not in there:
                        there[control.writes] = self.arm(*control.sites)
                    name = there[control.writes]
                    weights[name] = weights.get(name, 0.0) - weight / len(ways[arm])
            self.contrast("specific", weights, dict(effect.levels))

    def design(self, experiment: str, question: str, sequences: Sequences | None = None) -> Design:
        """The finished design."""
        return Design(experiment, question, self.arms, tuple(self.contrasts), sequences)


def _other_strand(sites: Sequence[Change]) -> tuple[Change, ...]:
    return tuple(replace(site, strand="-") if isinstance(site, Site) else site for site in sites)


def _scrambled_sites(sites: Sequence[Change], count: int, *, quiet: bool = False) -> list[tuple[Change, ...]]:
    """The sites with motifs scrambled in ``count`` ways; the same scramble for the same motif. Other changes stay."""
    motifs = {site.motif.name: site.motif for site in sites if isinstance(site, Site)}
    ways = {name: scrambles_of(motif, count, rng=0, quiet=quiet) for name, motif in motifs.items()}
    return [
        tuple(replace(site, motif=ways[site.motif.name][way]) if isinstance(site, Site) else site for site in sites)
        for way in range(min(map(len, ways.values())))
    ]
