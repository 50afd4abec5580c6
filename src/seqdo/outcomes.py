"""Outcomes: the one table that every experiment makes, with what is needed to read it again."""

from __future__ import annotations

import hashlib
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

FORMAT = 2
"""Version of the file that :meth:`Outcomes.save` writes. Files of version 1 have no extra backgrounds."""


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


@dataclass(frozen=True, eq=False, repr=False)
class Extra:
    """More backgrounds of a run, without edits: what predictions and letters are on average, for ``adjust``.

    Attributes
    ----------
    y : DataArray, dims model, extra, output
    backgrounds : Sequences, in the order of y's ``extra``
    """

    y: xr.DataArray
    backgrounds: Sequences


@dataclass(frozen=True, eq=False, repr=False)
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
    extra : backgrounds that were predicted without edits only; None if there are none
    """

    y: xr.DataArray
    design: Design
    backgrounds: Sequences
    scales: Mapping[str, Scale]
    reference: Reference | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    extra: Extra | None = None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything to one netCDF file; it appears under its name only when it is whole.

        Raises
        ------
        InputError
            There is no such folder, or the path is one.
        """
        target = Path(path)
        if not target.parent.is_dir():
            raise InputError(f"{target}", f"there is no folder {target.parent.resolve()}", "Make it first")
        if target.is_dir():
            raise InputError(f"{target}", "it is a folder; a file is needed", f'Write "{target / "outcomes.nc"}"')
        record = {
            "format": FORMAT,
            "design": to_record(self.design),
            "scales": {name: [scale.sd, scale.source] for name, scale in self.scales.items()},
            "alphabet": self.backgrounds.alphabet.name if self.backgrounds.alphabet else None,
            "names": list(self.backgrounds.names) if self.backgrounds.names else None,
            "reference": self.reference.to_json() if self.reference else None,
            "provenance": self.provenance,
        }
        text = json.dumps(record)
        data = xr.Dataset(_variables(self))
        data.attrs = {"seqdo": text, "sha256": _digest(data, text)}
        partial = target.with_name(target.name + ".partial")
        try:
            packed = {name: {"zlib": True, "complevel": 1} for name in ("codes", "extra_codes") if name in data}
            data.to_netcdf(partial, engine="h5netcdf", encoding=packed)
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Outcomes:
        """Read what :meth:`save` wrote.

        Raises
        ------
        InputError
            No such file, not a file of outcomes, one that is damaged (by its checksum), or of a newer version.
        """
        source = Path(path)
        if not source.is_file():
            raise InputError(f"{source.resolve()}", "there is no such file")
        data, record = _read(source)
        alphabet = {"dna": DNA, "rna": RNA, None: None}[record["alphabet"]]
        names = tuple(record["names"]) if record["names"] else None
        reference = record["reference"]

        def sequences(prefix: str, names: tuple[str, ...] | None) -> Sequences:
            codes, lengths = (data[f"{prefix}{what}"].values for what in ("codes", "lengths"))
            return Sequences(codes, lengths.astype(np.int64), alphabet, names)

        return cls(
            y=data["y"],
            design=from_record(record["design"]),
            backgrounds=sequences("", names),
            scales={name: Scale(sd, source) for name, (sd, source) in record["scales"].items()},
            reference=None if reference is None else Reference.from_json(reference),
            provenance=record["provenance"],
            extra=Extra(data["extra_y"], sequences("extra_", None)) if "extra_y" in data else None,
        )

    def __repr__(self) -> str:
        sizes = ", ".join(f"{size} {name}{'s' if size != 1 else ''}" for name, size in self.y.sizes.items())
        return f"Outcomes of {self.design.experiment}: {sizes}"


def _variables(outcomes: Outcomes) -> dict[str, Any]:
    """The arrays of a file: predictions, and the letters and lengths of the backgrounds they are of."""
    parts = [("", "background", outcomes.y, outcomes.backgrounds)]
    if outcomes.extra is not None:
        parts.append(("extra_", "extra", outcomes.extra.y, outcomes.extra.backgrounds))
    found: dict[str, Any] = {}
    for prefix, dim, y, backgrounds in parts:
        found[f"{prefix}y"] = y.drop_encoding()
        found[f"{prefix}codes"] = ((dim, f"{prefix}place"), backgrounds.codes)
        found[f"{prefix}lengths"] = (dim, backgrounds.lengths)
    return found


def _read(source: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    """The data and the record of a file, once its version and its checksum are found right."""
    import h5py

    try:
        with h5py.File(source):  # alone it fails cleanly; through xarray it leaves half an object behind
            pass
        with xr.open_dataset(source, engine="h5netcdf", decode_times=False) as data:
            data.load()
        text, stored = data.attrs["seqdo"], data.attrs.get("sha256")
        record: dict[str, Any] = json.loads(text)
        version = int(record["format"])
        damaged = version <= FORMAT and stored != _digest(data, text)
    except Exception as error:  # a damaged file makes h5py raise whatever it stumbles on
        raise InputError(
            f"{source}", f"it is not a whole file of outcomes ({type(error).__name__}: {error})", "Run the study again"
        ) from error
    if version > FORMAT:
        raise InputError(f"{source} has format {version}", f"this version reads up to {FORMAT}", "Update seqdo")
    if damaged:
        raise InputError(f"{source}", "it is damaged: its checksum is another", "Run the study again")
    return data, record


def _digest(data: xr.Dataset, text: str) -> str:
    """sha256 of all that a file holds: netCDF itself would hand on a flipped bit as another number."""
    found = hashlib.sha256(text.encode())
    for name in ("y", "codes", "lengths", *(f"extra_{one}" for one in ("y", "codes", "lengths") if "extra_y" in data)):
        found.update(f"{name} {data[name].dims} {data[name].dtype} {data[name].shape}".encode())
        found.update(np.ascontiguousarray(data[name].values).data)
    for name in sorted(map(str, data["y"].coords)):
        found.update(f"{name} {data[name].values.tolist()}".encode())
    return found.hexdigest()
