"""How experiments are put together: levels checked, arms named, scrambled controls added."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from seqdo.errors import InputError
from seqdo.experiments.design import Contrast, Design, Level
from seqdo.experiments.site import NONE, Arm, Site, place
from seqdo.motifs.motif import Motif
from seqdo.motifs.scramble import scrambles as scrambles_of
from seqdo.sequences.alphabet import ALPHABETS, Alphabet


def places(values: Iterable[int], name: str, *, lowest: int | None = 0) -> tuple[int, ...]:
    """Levels of a numeric factor, sorted; an empty list and duplicates are refused by name."""
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise InputError(f"{name}={values!r}", "a list or range of whole numbers is needed")
    levels = [place(value, name) for value in values]
    if not levels:
        raise InputError(f"{name} is empty", "at least one is needed")
    twice = sorted({level for level in levels if levels.count(level) > 1}) if len(set(levels)) < len(levels) else []
    if twice:
        raise InputError(f"{name} holds {twice[0]} twice", "each level is given once")
    if lowest is not None and min(levels) < lowest:
        raise InputError(
            f"{name} holds {min(levels)}", f"the lowest allowed is {lowest} (positions count from 0 at the 5' end)"
        )
    return tuple(sorted(levels))


def spelling(alphabet: str) -> Alphabet:
    """The alphabet that names are written in, where a pattern has neither T nor U to tell."""
    if alphabet not in ALPHABETS:
        raise InputError(f"alphabet={alphabet!r}", "dna or rna is needed", 'Write alphabet="rna"')
    return ALPHABETS[alphabet]


class Builder:
    """Collects arms and contrasts; arms with one label are one arm, so shared controls are run once."""

    def __init__(self) -> None:
        self.arms: dict[str, Arm] = {NONE: Arm()}
        self.contrasts: list[Contrast] = []

    def arm(self, *sites: Site, agree: bool = False) -> str:
        """Add the arm that writes these sites; its name."""
        arm = Arm(sites, agree)
        if self.arms.setdefault(arm.label, arm).writes != arm.writes:
            raise InputError(
                f"two different patterns for arm {arm.label!r}", "each pattern needs a name of its own",
                "Write Motif(another_name, motif.matrix)",
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

    def scrambled(self, count: int) -> None:
        """Beside every effect, the arm with each motif scrambled, ``count`` ways, and the contrast with their mean."""
        if not place(count, "scrambles", 0):
            return
        for effect in [contrast for contrast in self.contrasts if contrast.name == "effect"]:
            (treated,) = (arm for arm in effect.weights if arm != NONE)
            controls = [self.arm(*sites) for sites in _scrambled_sites(self.arms[treated].sites, count)]
            weights = {treated: 1.0} | dict.fromkeys(controls, -1.0 / len(controls))
            self.contrast("specific", weights, dict(effect.levels))

    def design(self, experiment: str, question: str) -> Design:
        """The finished design."""
        return Design(experiment, question, self.arms, tuple(self.contrasts))


def _scrambled_sites(sites: Sequence[Site], count: int) -> list[tuple[Site, ...]]:
    """The sites with motifs scrambled in ``count`` ways; the same scramble for the same motif."""
    by_motif: dict[str, list[Motif]] = {}
    for site in sites:
        if site.motif.name not in by_motif:
            by_motif[site.motif.name] = scrambles_of(site.motif, count, rng=0)
    ways = min(len(found) for found in by_motif.values())
    return [tuple(replace(site, motif=by_motif[site.motif.name][way]) for site in sites) for way in range(ways)]
