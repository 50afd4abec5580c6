"""One design on several backgrounds: whether a conclusion is about the model, or about the background."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from seqdo.designs.design import Design
from seqdo.effects.analyses.robustness import robustness
from seqdo.effects.effects import Effects
from seqdo.effects.estimate import estimate
from seqdo.engine.choose import Choice
from seqdo.errors import InputError
from seqdo.execution.run import run
from seqdo.execution.sample_size import unless_declared
from seqdo.execution.stopping import Until
from seqdo.models.model import Model
from seqdo.sequences.stream import Seed, root

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class Across:
    """A design's effects on several backgrounds.

    Attributes
    ----------
    effects : name of the background to its effects; ``sd.report(list(across.effects.values()), path)`` shows them all
    """

    effects: dict[str, Effects]

    def __repr__(self) -> str:
        robust = int(self.table["robust"].sum())
        return f"<{robust} of {len(self.table)} effects are robust to {len(self.effects)} backgrounds; see .table>"

    @cached_property
    def table(self) -> pd.DataFrame:
        """How each conclusion depends on the background: :func:`seqdo.effects.analyses.robustness.robustness`."""
        return robustness(list(self.effects.values()))


def across(
    design: Design, model: Model, backgrounds: Mapping[str, Any], n: int | None = None, rng: Seed = None, *,
    margin: float | Mapping[str, float] | None = None, level: float = 0.95, multiplicity: str = "bh",
    engine: str | Choice = "auto", block: int | None = None, until: Until | None = None, real: Any = None,  # noqa: ANN401 - as run takes it
    batch: int | None = None, pilot: int | None = None, inputs: Mapping[str, Any] | None = None,
) -> Across:  # fmt: skip
    """Run and estimate a design on several backgrounds, and report which conclusions hold on all.

    Parameters
    ----------
    design, model : as for ``run``
    backgrounds : name to a background, or sequences, as for ``run``
    n, rng : of each run, as for ``run``
    margin, level, multiplicity : as for ``estimate``; without a margin, that of the first background is used for all
    engine, block, until, real, batch : as for ``run``
    pilot : as for ``run``; None predicts none where ``margin`` is one number
    inputs : as for ``run``; background i of each kind gets row i

    Raises
    ------
    InputError
        Fewer than two backgrounds, or what ``run`` and ``estimate`` refuse.

    Examples
    --------
    >>> import seqdo as sd
    >>> model = sd.planted.gc_biased("GATTACA", 60, slope=5.0)
    >>> rich = ["AATTTTGC" * 7 + "ATAT", "T" * 60]
    >>> nulls = {"uniform": sd.backgrounds.uniform(60), "AT-rich": sd.backgrounds.profile(rich)}
    >>> print(across(sd.embed("GATTACA", at=20), model, nulls, n=300, rng=0, margin=0.1))
    <1 of 1 effects are robust to 2 backgrounds; see .table>
    """
    if not isinstance(backgrounds, Mapping) or len(backgrounds) < 2:
        raise InputError(
            f"backgrounds={backgrounds!r}", "two or more, each with a name, are needed",
            'Write {"uniform": sd.backgrounds.uniform(200), "shuffled": sd.backgrounds.shuffled(sequences)}',
        )  # fmt: skip
    seed = root(rng)
    effects: dict[str, Effects] = {}
    for name, background in backgrounds.items():
        outcomes = run(
            design, model, background, n=n, rng=seed, engine=engine, block=block, until=until, real=real, batch=batch,
            pilot=unless_declared(pilot, margin), inputs=inputs,
        )  # fmt: skip
        outcomes = outcomes.recording(background_name=str(name))
        estimated = effects[str(name)] = estimate(outcomes, margin=margin, level=level, multiplicity=multiplicity)
        if not isinstance(margin, int | float):
            margin = {output: own.value for output, own in estimated.margins.items() if own.value is not None}
    return Across(effects)
