"""Search and report: what some backgrounds chose is measured on others, so that chance in the choice is not reported.

The best of many on the backgrounds that chose it is best partly by chance (the winner's curse). Backgrounds that had no
part in the choice share none of that chance: on them the estimate is unbiased, and the interval has its coverage.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from seqdo.backgrounds.background import Background, whole
from seqdo.backgrounds.given import as_background
from seqdo.backgrounds.natural import Permuted
from seqdo.backgrounds.sets import number
from seqdo.designs.design import Contrast, Design
from seqdo.effects.analyses.pattern_motif import motif_of
from seqdo.effects.effects import Effects
from seqdo.effects.estimate import estimate
from seqdo.engine.choose import Choice
from seqdo.errors import InputError
from seqdo.execution.example_inputs import refuse_real, rows_between
from seqdo.execution.run import check, run
from seqdo.execution.sample_size import unless_declared
from seqdo.models.example_rows import Wanted, example_rows
from seqdo.models.model import Model
from seqdo.motifs.motif import Motif
from seqdo.outcomes.provenance import RunSeed, Selection
from seqdo.sequences.stream import Seed, child, root

if TYPE_CHECKING:
    import pandas as pd

BY = {"largest": np.abs, "highest": np.positive, "lowest": np.negative}
"""How contrasts are ranked by their estimates."""

SHOWN = ["estimate", "low", "high", "p_adjusted", "verdict"]
"""Of the fresh effects, in the table of a search."""


@dataclass(frozen=True, eq=False, repr=False)
class Search:
    """What a search kept: estimates on the backgrounds that chose, and on others.

    Attributes
    ----------
    effects : Effects of the kept contrasts, on backgrounds that chose nothing: what to report
    screened : Effects of the whole design, on the backgrounds that chose
    table : DataFrame, a row for each kept contrast and output, the best of the screen first
        Columns output, contrast, factors, screened (the estimate on the backgrounds that chose), and of the fresh ones
        estimate, low, high, p_adjusted, verdict; shrinkage is 1 − estimate / screened, NaN where that was 0.
    """

    effects: Effects
    screened: Effects
    table: pd.DataFrame

    def __repr__(self) -> str:
        design, selection = self.effects.outcomes.design, self._selection
        counts = self.table["verdict"].value_counts()
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
        kept = f"{selection.kept:,} of {selection.candidates:,} kept"
        return f"<search of {design.experiment}: {kept}; on fresh backgrounds {verdicts}>"

    def motif(self, output: str | None = None, *, both_strands: bool = False) -> Motif:
        """The motif of the kept k-mers, or of the kept fillings of ``flanks``, weighted by their fresh estimates.

        The sample is split already: some backgrounds chose the patterns, and others, that chose nothing, say how much
        each one weighs. The sign is that of ``by``: the estimates above 0, those below, or those of the sign of
        the largest (:func:`seqdo.effects.analyses.pattern_motif.motif_of`).

        Parameters
        ----------
        output : by default the one that was ranked by
        both_strands : align the reverse complement of a k-mer where it matches better; not for RNA
        """
        contrast, by = self._selection.contrast, self._selection.by
        return motif_of(self.effects, contrast, output or self._selection.output, by=by, both_strands=both_strands)

    @property
    def _selection(self) -> Selection:
        selection = self.effects.outcomes.provenance.search
        if selection is None:
            raise InputError("`effects` of no search", "the result of search is needed", "Call sd.search(...)")
        return selection


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Rest(Permuted):
    """What a finite background holds behind the rows that chose, in the order in which they would have come.

    Attributes
    ----------
    whole : the background that it is the rest of
    """

    whole: Background

    @classmethod
    def of(cls, null: Background, behind: int, seed: np.random.SeedSequence) -> Rest:
        """All rows of this seed but the first ``behind``."""
        sources = null.sample((null.capacity or 0) - behind, rng=seed, first=behind)
        return cls(
            whole=null, sources=sources, capacity=len(sources), name=null.name, alphabet=null.alphabet,
            shortest=null.shortest, longest=null.longest, set_size=null.set_size, parameters=null.parameters,
            scores=null.scores_of(behind, len(sources), seed) if isinstance(null, Permuted) else None,
        )  # fmt: skip

    def describe(self) -> dict[str, Any]:
        """The whole background: what the rest is, the record of the search says."""
        return self.whole.describe()

    def _order(self, seed: np.random.SeedSequence) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.arange(len(self.sources))


def search(
    design: Design, model: Model, background: Any, *, keep: int = 10, screen: int = 100, n: int | None = None,  # noqa: ANN401 - as run takes it
    rng: Seed = None, contrast: str | None = None, output: str | None = None, by: str = "largest",
    members_screen: int | None = None, margin: float | Mapping[str, float] | None = None, level: float = 0.95,
    multiplicity: str = "bh", engine: str | Choice = "auto", block: int | None = None, real: Any = None,  # noqa: ANN401 - as run takes it
    batch: int | None = None, pilot: int | None = None, inputs: Mapping[str, Any] | None = None,
) -> Search:  # fmt: skip
    """Run a design on few backgrounds, keep its best contrasts, and report those on others.

    The report also has the contrasts of other names at the kept levels (``specific`` next to ``effect``), the arms
    that these weigh (``relative`` of ``flanks`` weighs every filling), and the arm without edits. p and intervals are
    adjusted for those that were kept, which is enough: no other was tested on these backgrounds. To search in
    stages, on endless backgrounds, search ``effects.outcomes.design`` again with another ``rng``.

    Parameters
    ----------
    design, model, background : as for ``run``
    keep : number of contrasts to keep, fewer than there are
    screen : backgrounds that choose
    n : other backgrounds, that report; 1000, or the rest of the given sequences
        Endless backgrounds are drawn again, from a seed of their own; where they are made of sequences (shuffles), some
        of these choose and the others report, in the shares of ``screen`` and n. Of finite ones ``screen`` come
        first, in the seed's order, and the n behind them report: no sequence does both.
    rng : seed of the screen; the seed of the report is derived from it
    contrast : name of the contrasts to rank; "effect" by default
    output : name of the output to rank by, where the model has several; what is kept is reported for all
    by : "largest" (whatever the sign), "highest" or "lowest" estimate
    members_screen : screen with so many of an ensemble's members, the first ones; all report
        Only backgrounds are fresh. Where members differ, the interval does not cover that these members chose.
    margin, level, multiplicity : as for ``estimate``
    engine, block, batch : as for ``run``
    pilot : as for ``run``; None predicts none where ``margin`` is one number
    real : real sequences for the report, as for ``run``
    inputs : as for ``run``, with a row for each background that chooses, and then one for each that reports

    Raises
    ------
    InputError
        Contrasts, an output or a rank that do not exist; as many kept as there are; finite backgrounds that are
        not enough for both; whatever ``run`` and ``estimate`` refuse.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.additive({"GAT": 2.0, "CCG": -1.0}, length=40)
    >>> found = search(sd.kmers(3, at=20), model, sd.backgrounds.uniform(40), keep=2, n=300, rng=0, margin=0.1)
    >>> found
    <search of kmers: 2 of 64 kept; on fresh backgrounds 2 present>
    >>> found.table["kmer"].tolist()
    ['GAT', 'CCG']
    >>> found.motif().text  # of those of the sign of the largest
    'GAT'
    """
    keep, contrast, output = _ranking(design, model, keep, contrast, output, by)
    null, seed = as_background(background), root(rng)
    screen, n, first, fresh = _divided(null, screen, n, seed)
    own = child(seed, "search")
    rows = _rows(inputs, model, screen, n, real)
    choosing, reporting = rows_between(rows, 0, screen), rows_between(rows, screen)
    how: dict[str, Any] = {"margin": margin, "level": level, "multiplicity": multiplicity}
    of_run: dict[str, Any] = {"engine": engine, "block": block, "batch": batch, "pilot": unless_declared(pilot, margin)}
    screening = _first_members(model, members_screen)

    # An engine that was chosen for all members can't evaluate some of them.
    of_screen = of_run if screening is model or isinstance(engine, str) else of_run | {"engine": "auto"}
    screened = estimate(run(design, screening, first, n=screen, rng=seed, inputs=choosing, **of_screen), **how)
    chosen = _best(screened, contrast, output, by, keep)
    outcomes = run(_of(design, chosen), model, fresh, n=n, rng=own, real=real, inputs=reporting, **of_run)
    selection = Selection(
        candidates=sum(each.name == contrast for each in design.contrasts), kept=keep, contrast=contrast,
        output=output, by=by, screen=screen, members=len(screening.members), seed=RunSeed.of(seed),
    )  # fmt: skip
    effects = estimate(outcomes.recording(search=selection), **how)
    return Search(effects, screened, _compared(chosen, screened, effects))


def check_search(
    design: Design, model: Model, background: Any, *, keep: int = 10, screen: int = 100, n: int | None = None,  # noqa: ANN401 - as run takes it
    rng: Seed = None, contrast: str | None = None, output: str | None = None, by: str = "largest",
    members_screen: int | None = None, real: Any = None,  # noqa: ANN401 - as run takes it
    inputs: Mapping[str, Any] | None = None,
) -> None:  # fmt: skip
    """Refuse what ``search`` would refuse, before any of several designs has run. Nothing is predicted.

    Parameters
    ----------
    design, model, background, keep, screen, n, rng, contrast, output, by : as for ``search``
    members_screen, real, inputs : as for ``search``
    """
    _ranking(design, model, keep, contrast, output, by)
    seed = root(rng)
    screen, n, first, fresh = _divided(as_background(background), screen, n, seed)
    _first_members(model, members_screen)
    _rows(inputs, model, screen, n, real)
    check(design, model, first, screen, seed)
    check(design, model, fresh, n, child(seed, "search"), real=real)


def _rows(
    inputs: Mapping[str, Any] | None, model: Model, screen: int, n: int, real: Any  # noqa: ANN401 - as run takes it
) -> dict[str, Any]:  # fmt: skip
    """The rows of further inputs, first of the backgrounds that choose and then of those that report."""
    refuse_real(inputs, real)
    return example_rows(inputs, model, Wanted(n, screen=screen))


def _ranking(
    design: Design, model: Model, keep: int, contrast: str | None, output: str | None, by: str
) -> tuple[int, str, str]:
    """The number of contrasts to keep, their name, and the output that ranks them; checked."""
    if not isinstance(design, Design) or not isinstance(model, Model):
        raise InputError(
            f"`design` is a {type(design).__name__} and `model` a {type(model).__name__}",
            "`search` expects a Design and a wrapped model",
            "Write sd.search(sd.kmers(6, at=20), sd.wrap(model, ...), background)",
        )  # fmt: skip
    if design.turns:
        raise InputError(
            f"`design` {design.experiment}, whose edits belong to {design.turns} sequences one by one",
            "some sequences would choose and others report, with the edits of the first",
            "Make a design of some sequences and another of the rest, and run both",
        )  # fmt: skip
    keep = whole("keep", keep, "a whole number of contrasts, at least 1, is needed", "Write keep=10")
    kinds, name = Counter(each.name for each in design.contrasts), contrast or "effect"
    if keep >= kinds[name]:
        needed = "there is nothing to choose, because a search needs more contrasts of one name than it keeps"
        choices = [f"contrast={kind!r} ({count:,} of them)" for kind, count in kinds.items() if count > keep]
        choices += [f"keep={kinds[name] - 1}"] if kinds[name] > 1 else []
        write = f"Write {' or '.join(choices)}" if choices else "Call run and estimate"
        raise InputError(f"keep={keep} of {kinds[name]} contrasts {name!r} of {design.experiment}", needed, write)
    if output is None and len(model.outputs) == 1:
        output = model.outputs[0]
    if output not in model.outputs:
        shown = ", ".join(model.outputs[:4]) + (", ..." if len(model.outputs) > 4 else "")
        raise InputError(f"output={output!r}", "the output to rank by is needed", f"{model.name} has {shown}")
    if by not in BY:
        raise InputError(f"by={by!r}", f"one of {', '.join(BY)} is needed", 'Write by="largest"')
    return keep, name, output


def _divided(
    null: Background, screen: int, n: int | None, seed: np.random.SeedSequence
) -> tuple[int, int, Background, Background]:
    """How many choose, how many report, and the backgrounds that these and those are drawn of."""
    needed = "a whole number of backgrounds that choose, at least 1, is needed"
    screen = whole("screen", screen, needed, "Write screen=100")
    if screen % null.set_size:
        sets = -(-screen // null.set_size) * null.set_size
        raise InputError(
            f"screen={screen} of the background {null.name}, balanced in sets of {null.set_size}",
            "a whole number of sets is needed", f"Write screen={sets}",
        )  # fmt: skip
    if null.capacity is None:
        n = number(n, null)
        return screen, n, *_apart(null, screen / (screen + n))
    left = null.capacity - screen
    reporting = max(left, 1) if n is None and null.name == "given" else number(n, null)
    if reporting > left:
        raise InputError(
            f"screen={screen} and n={reporting} of the background {null.name}",
            f"it holds {null.capacity} sequences, and none both chooses and reports",
            f"Write n={left} or fewer" if left > 0 else f"Write a screen below {null.capacity}",
        )
    return screen, reporting, null, Rest.of(null, screen, seed)


def _apart(null: Background, share: float) -> tuple[Background, Background]:
    """An endless background twice; made of a share of its sequences and of the others, if it is made of several."""
    m = null.in_turn
    if m < 2:  # the shuffles of a single sequence are independent, given it
        return null, null
    end = min(max(round(share * m), 1), m - 1)
    first, rest = null.made_of(0, end), null.made_of(end, m)
    if first is None or rest is None:
        raise InputError(
            f"`background` {null.name}, drawn from a pool",
            "`search` needs sequences that choose and others that report",
            "Give the pool as natural(...), or leave pool= out",
        )  # fmt: skip
    return first, rest


def _first_members(model: Model, members: int | None) -> Model:
    """The model of its first members; the whole model by default."""
    if members is None:
        return model
    needed = "a whole number of members that screen, at least 1, is needed"
    if whole("members_screen", members, needed, "Write members_screen=1") > len(model.members):
        raise InputError(
            f"members_screen={members}", f"{model.name} has {len(model.members)}", "Leave it out for all of them"
        )
    return replace(model, members=model.members[:members])


def _best(screened: Effects, contrast: str, output: str, by: str, keep: int) -> list[Contrast]:
    """The contrasts to keep, the best first; of equal ones those that come first in the table."""
    table = screened.table
    rows = table[(table["contrast"] == contrast) & (table["output"] == output)]
    order = np.argsort(-BY[by](rows["estimate"].to_numpy(np.float64)), kind="stable")[:keep]
    contrasts = screened.outcomes.design.contrasts
    return [contrasts[screened.places[row][0]] for row in rows.index.to_numpy()[order]]


def _of(design: Design, chosen: Sequence[Contrast]) -> Design:
    """The design of the chosen contrasts, and of those of other names that have no level but theirs."""
    name = chosen[0].name

    def stays(contrast: Contrast) -> bool:
        if contrast.name == name:
            return contrast in chosen
        return any(contrast.levels.items() <= best.levels.items() for best in chosen)

    return design.restricted(contrast for contrast in design.contrasts if stays(contrast))


def _compared(chosen: Sequence[Contrast], screened: Effects, effects: Effects) -> pd.DataFrame:
    """The table of a search: a row for each chosen contrast, in their order, and output."""

    def rows(each: Effects) -> pd.DataFrame:
        row = {place: row for row, place in enumerate(each.places)}
        outputs = range(each.outcomes.y.sizes["output"])
        places = [each.outcomes.design.contrasts.index(contrast) for contrast in chosen]
        return each.table.loc[[row[place, output] for place in places for output in outputs]].reset_index(drop=True)

    before, after = rows(screened)["estimate"], rows(effects)
    table = after[["output", "contrast"]].assign(screened=before)
    repeats = len(table) // len(chosen)
    for name in reversed(list(dict.fromkeys(name for contrast in chosen for name in contrast.levels))):
        table.insert(2, name, [contrast.levels.get(name) for contrast in chosen for _ in range(repeats)])
    table[SHOWN] = after[SHOWN]
    table["shrinkage"] = 1 - after["estimate"] / before.where(before != 0)
    return table
