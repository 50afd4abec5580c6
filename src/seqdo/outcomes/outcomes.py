"""Outcomes: the one table that every experiment produces, with what is needed to read it again."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import xarray as xr

from seqdo.designs.design import Design
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.models.reference import Reference
from seqdo.outcomes.extras import Extra, Real, Scale, evenly
from seqdo.outcomes.netcdf import pack, read, unpack_extra, unpack_real, unpack_sequences, write
from seqdo.outcomes.provenance import Provenance
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.edit import apply
from seqdo.sequences.file_path import file_path, input_path
from seqdo.sequences.sequences import Sequences


@dataclass(frozen=True, eq=False, repr=False)
class Outcomes:
    """The predictions of a run, Y[model, background, arm, output], with its design, backgrounds and provenance.

    Attributes
    ----------
    y : DataArray, dims model, background, arm, output
        Predictions, in the unit of each output. The same backgrounds in every arm.
    design : Design
    backgrounds : Sequences, in the order of y's ``background``
    scales : output to Scale
    reference : what real data look like to this model; None if that is not known
    provenance : Provenance: seed, versions, model, background and spec; or its JSON, which is then read
    extra : backgrounds that were predicted without edits only; None if there are none
    real : real sequences that were given to the run; None if there were none
    """

    y: xr.DataArray
    design: Design
    backgrounds: Sequences
    scales: Mapping[str, Scale]
    reference: Reference | None = None
    provenance: Provenance = field(default_factory=Provenance)
    extra: Extra | None = None
    real: Real | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.provenance, Provenance):  # outcomes that a user assembled, with plain JSON
            object.__setattr__(self, "provenance", Provenance.from_json(self.provenance))

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, in the order of y's."""
        return [str(name) for name in self.y["output"].values.tolist()]

    @property
    def stopped(self) -> bool:
        """Whether the run could stop early. Then only anytime-valid intervals apply."""
        return self.provenance.stopping is not None

    @property
    def redrawn(self) -> bool:
        """Whether letters and places can be drawn again: only a run records its seed."""
        return self.provenance.seed is not None

    @property
    def seed(self) -> np.random.SeedSequence:
        """The seed of the run, from which its letters and places are drawn.

        Raises
        ------
        InputError
            Outcomes that no run produced.
        """
        if self.provenance.seed is None:
            needed = "the edited sequences are drawn again from the seed of the run"
            raise InputError("`outcomes` without the seed of their run", needed, "Pass the result of run(...)")
        return self.provenance.seed.sequence

    @property
    def treated(self) -> tuple[str, ...]:
        """The arms under test: the edited arms that contrasts called "effect" add; without these, that any adds.

        Where edits remove something ("on the treated"), the arms that the contrasts subtract.
        """
        contrasts = self.design.contrasts
        named = [contrast for contrast in contrasts if contrast.name in ("effect", "on the treated")]
        weights = [item for contrast in named or contrasts for item in contrast.weights.items()]
        edited = [(arm, weight) for arm, weight in weights if weight and self.design.arms[arm].sites]
        added = [arm for arm, weight in edited if weight > 0] or [arm for arm, _ in edited]
        return tuple(dict.fromkeys(added))

    def recording(self, **changes: Any) -> Outcomes:  # noqa: ANN401 - the fields of Provenance hold several types
        """The same outcomes with these fields of their provenance.

        Parameters
        ----------
        changes : field of Provenance to its new value

        Examples
        --------
        >>> import seqdo as sd
        >>> outcomes = sd.run(sd.embed("GAT", at=2), sd.planted.additive({"GAT": 1.0}, length=8), ["C" * 8], rng=0)
        >>> outcomes.recording(background_name="all C").provenance.background_name
        'all C'
        """
        return replace(self, provenance=replace(self.provenance, **changes))

    def some_treated(self, most: int) -> list[str]:
        """Arms under test, spread evenly over their order; none where their edits can't be drawn again.

        Parameters
        ----------
        most : arms to take
        """
        treated = self.treated if self.redrawn else ()
        return [treated[place] for place in evenly(len(treated), most)]

    def edited(self, arm: str) -> Sequences:
        """The sequences that were predicted in an arm: the backgrounds with its edits, drawn again from the seed.

        Parameters
        ----------
        arm : name of an arm of the design

        Raises
        ------
        InputError
            An arm that the design does not have; outcomes that no run produced.

        Examples
        --------
        >>> import seqdo as sd
        >>> model = sd.planted.additive({"GATTACA": 2.0}, length=12)
        >>> outcomes = sd.run(sd.embed("GATTACA", at=2), model, ["C" * 12], rng=0)
        >>> outcomes.edited("GATTACA@2").to_strings()
        ['CCGATTACACCC']
        """
        if arm not in self.design.arms:
            near = difflib.get_close_matches(arm, self.design.arms, 1)
            count = len(self.design.arms)
            raise InputError(
                f"arm={arm!r}", f"the name of an arm of the design is needed; it has {count}",
                f"Did you mean {near[0]!r}?" if near else "Print outcomes.design to see them",
            )  # fmt: skip
        return apply(self.backgrounds, self.design.arms[arm].edits(self.seed, 0, self.backgrounds))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one netCDF file; it appears under its name only when it is whole.

        Parameters
        ----------
        path : the file, in a folder that exists

        Raises
        ------
        InputError
            There is no such folder, or the path is a folder.
        """
        layer = self.real.layer if self.real else None
        record = {
            "design": to_record(self.design),
            "scales": {name: [scale.sd, scale.source] for name, scale in self.scales.items()},
            "alphabet": self.backgrounds.alphabet.name if self.backgrounds.alphabet else None,
            "names": list(self.backgrounds.names) if self.backgrounds.names else None,
            "reference": self.reference.to_json() if self.reference else None,
            "layer": [layer.name, layer.arm] if layer else None,
            "provenance": self.provenance.to_json(),
        }
        write(file_path(path), pack(self.y, self.backgrounds, self.extra, self.real), record)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Outcomes:
        """Read what :meth:`save` wrote, in this version or an older one.

        Parameters
        ----------
        path : the file

        Raises
        ------
        InputError
            No such file, not a file of outcomes, a file that is damaged (by its checksum), or of a newer version.
        """
        data, record = read(input_path(path))
        alphabet = {"dna": DNA, "rna": RNA, None: None}[record["alphabet"]]
        names = tuple(record["names"]) if record["names"] else None
        backgrounds, reference = unpack_sequences(data, alphabet, names), record["reference"]
        return cls(
            y=data["y"],
            design=from_record(record["design"], backgrounds),
            backgrounds=backgrounds,
            scales={name: Scale(sd, source) for name, (sd, source) in record["scales"].items()},
            reference=None if reference is None else Reference.from_json(reference),
            provenance=Provenance.from_json(record["provenance"]),
            extra=unpack_extra(data, alphabet),
            real=unpack_real(data, alphabet, record.get("layer")),
        )

    def __repr__(self) -> str:
        sizes = ", ".join(f"{size} {name}{'s' if size != 1 else ''}" for name, size in self.y.sizes.items())
        return f"Outcomes of {self.design.experiment}: {sizes}"
