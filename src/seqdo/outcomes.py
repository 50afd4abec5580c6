"""Outcomes: the one table that every experiment makes, with what is needed to read it again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from seqdo.errors import InputError
from seqdo.experiments.design import Design
from seqdo.experiments.record import from_record, to_record
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.sequence import Sequences

FORMAT = 1
"""Version of the file that :meth:`Outcomes.save` writes."""


@dataclass(frozen=True)
class Scale:
    """The spread of a model's output, which the default margin is a tenth of.

    Attributes
    ----------
    sd : standard deviation, in the output's unit; 0 for a constant model
    source : whose, in words that follow "SD of"
    """

    sd: float
    source: str


@dataclass(frozen=True, eq=False)
class Outcomes:
    """What a run found: Y[model, background, arm, output], its design, backgrounds and provenance.

    Attributes
    ----------
    y : DataArray, dims model, background, arm, output
        Predictions, in the unit of each output. The same backgrounds in every arm.
    design : Design
    backgrounds : Sequences, in the order of y's ``background``
    scales : output to Scale
    reference : what real data look like to this model, if it is known
    provenance : seed, versions, model, background and spec, JSON-able
    """

    y: xr.DataArray
    design: Design
    backgrounds: Sequences
    scales: Mapping[str, Scale]
    reference: Reference | None = None
    provenance: dict[str, Any] = field(default_factory=dict)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one netCDF file; it appears under its name only when it is whole."""
        target = Path(path)
        record = {
            "format": FORMAT,
            "design": to_record(self.design),
            "scales": {name: [scale.sd, scale.source] for name, scale in self.scales.items()},
            "alphabet": self.backgrounds.alphabet.name if self.backgrounds.alphabet else None,
            "names": list(self.backgrounds.names) if self.backgrounds.names else None,
            "reference": self.reference.to_json() if self.reference else None,
            "provenance": self.provenance,
        }
        data = xr.Dataset(
            {
                "y": self.y,
                "codes": (("background", "place"), self.backgrounds.codes),
                "lengths": ("background", self.backgrounds.lengths),
            },
            attrs={"seqdo": json.dumps(record)},
        )
        partial = target.with_name(target.name + ".partial")
        data.to_netcdf(partial, engine="h5netcdf", encoding={"codes": {"zlib": True, "complevel": 1}})
        partial.replace(target)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Outcomes:
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            No such file, not a file of outcomes, or one of a newer version.
        """
        source = Path(path)
        if not source.is_file():
            raise InputError(f"{source.resolve()}", "there is no such file")
        try:
            with xr.open_dataset(source, engine="h5netcdf") as data:
                data.load()
            record = json.loads(data.attrs["seqdo"])
        except (OSError, KeyError, ValueError) as error:
            raise InputError(
                f"{source}", f"it is not a whole file of outcomes ({error})", "Run the study again"
            ) from error
        if record["format"] > FORMAT:
            raise InputError(
                f"{source} has format {record['format']}", f"this version reads up to {FORMAT}", "Update seqdo"
            )
        alphabet = {"dna": DNA, "rna": RNA, None: None}[record["alphabet"]]
        names = tuple(record["names"]) if record["names"] else None
        reference = record["reference"]
        return cls(
            y=data["y"],
            design=from_record(record["design"]),
            backgrounds=Sequences(data["codes"].values, data["lengths"].values.astype(np.int64), alphabet, names),
            scales={name: Scale(sd, source) for name, (sd, source) in record["scales"].items()},
            reference=None if reference is None else Reference.from_json(reference),
            provenance=record["provenance"],
        )

    def __str__(self) -> str:
        sizes = ", ".join(f"{size} {name}{'s' if size != 1 else ''}" for name, size in self.y.sizes.items())
        return f"Outcomes of {self.design.experiment}: {sizes}"
