"""Outcomes: the one table that every experiment makes, with what is needed to read it again."""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from seqdo.designs.design import Design
from seqdo.designs.record import from_record, to_record
from seqdo.errors import InputError
from seqdo.models.reference import Reference
from seqdo.sequences.alphabet import DNA, RNA
from seqdo.sequences.edit import apply
from seqdo.sequences.sequences import Sequences

FORMAT = 5
"""Version of the file that :meth:`Outcomes.save` writes. Those of 1 have no extra backgrounds, of 2 nothing real, of 3
no change but motifs, of 4 no call that made the design."""

LAYERED = ("real", "unedited", "edited")
"""Sequences whose places in a layer are kept."""


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
class Layer:
    """Where a layer of the model's first member puts sequences: float32 (rows, directions).

    The directions are those of the largest spread of real sequences; the last column is how far a sequence lies beside
    all of them. At most 1,000 rows each, spread evenly over the sequences.

    Attributes
    ----------
    name : of the layer, as the network calls it
    arm : whose edits ``edited`` are of, on the backgrounds of ``unedited``
    real, unedited, edited : where it puts these sequences
    """

    name: str
    arm: str
    real: NDArray[np.float32]
    unedited: NDArray[np.float32]
    edited: NDArray[np.float32]


@dataclass(frozen=True, eq=False, repr=False)
class Real:
    """Real held-out sequences, predicted as they are: what backgrounds and edits are compared with.

    Attributes
    ----------
    y : DataArray, dims model, real, output
    sequences : Sequences, in the order of y's ``real``
    layer : Layer, None where the model shows none
    """

    y: xr.DataArray
    sequences: Sequences
    layer: Layer | None = None


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
    real : real sequences that were given to the run; None if none were
    """

    y: xr.DataArray
    design: Design
    backgrounds: Sequences
    scales: Mapping[str, Scale]
    reference: Reference | None = None
    provenance: dict[str, Any] = field(default_factory=dict)
    extra: Extra | None = None
    real: Real | None = None

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, in the order of y's."""
        return [str(name) for name in self.y["output"].values.tolist()]

    @property
    def stopped(self) -> bool:
        """Could the run stop when it had seen enough? Then only what holds at every look may be said of it."""
        return "until" in self.provenance

    @property
    def redrawn(self) -> bool:
        """Can letters and places be drawn again? Only a run says of which seed."""
        return isinstance(self.provenance.get("seed"), dict)

    @property
    def seed(self) -> np.random.SeedSequence:
        """The seed of the run, of which its letters and places are drawn.

        Raises
        ------
        InputError
            Outcomes that no run made.
        """
        if not self.redrawn:
            needed = "letters and places are drawn again"
            raise InputError("outcomes without the seed of their run", needed, "Give what run returned")
        given = self.provenance["seed"]
        return np.random.SeedSequence(int(given["entropy"]), spawn_key=tuple(given["spawn_key"]))

    @property
    def treated(self) -> tuple[str, ...]:
        """The arms whose effects are asked: those with edits that contrasts called "effect" add, or else all do.

        Where edits take away what there is ("on the treated"), it is those that contrasts subtract.
        """
        named = [one for one in self.design.contrasts if one.name in ("effect", "on the treated")]
        weighed = [item for one in named or self.design.contrasts for item in one.weights.items()]
        edited = [(arm, weight) for arm, weight in weighed if weight and self.design.arms[arm].sites]
        added = [arm for arm, weight in edited if weight > 0] or [arm for arm, _ in edited]
        return tuple(dict.fromkeys(added))

    def some_treated(self, most: int) -> list[str]:
        """So many of them at most, spread evenly over their order; none where their edits can't be drawn again."""
        treated = self.treated if self.redrawn else ()
        return [treated[place] for place in evenly(len(treated), most)]

    def edited(self, arm: str) -> Sequences:
        """What the model saw in an arm: the backgrounds with its edits, drawn again from the seed.

        Raises
        ------
        InputError
            An arm that the design has not; outcomes that no run made.

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
            raise InputError(
                f"arm {arm!r}", f"the design has {len(self.design.arms)} arms, and it is not one of them",
                f"Did you mean {near[0]!r}?" if near else "",
            )  # fmt: skip
        return apply(self.backgrounds, self.design.arms[arm].edits(self.seed, 0, self.backgrounds))

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
            "layer": [self.real.layer.name, self.real.layer.arm] if self.real and self.real.layer else None,
            "provenance": self.provenance,
        }
        text = json.dumps(record)
        data = xr.Dataset(_variables(self))
        data.attrs = {"seqdo": text, "sha256": _digest(data, text)}
        partial = target.with_name(target.name + ".partial")
        try:
            packed = {name: {"zlib": True, "complevel": 1} for name in data if str(name).endswith("codes")}
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
        reference, named = record["reference"], record.get("layer")
        layer = Layer(*named, *(data[f"layer_{what}"].values for what in LAYERED)) if named else None

        def sequences(prefix: str, names: tuple[str, ...] | None) -> Sequences:
            codes, lengths = (data[f"{prefix}{what}"].values for what in ("codes", "lengths"))
            return Sequences(codes, lengths.astype(np.int64), alphabet, names)

        backgrounds = sequences("", names)
        return cls(
            y=data["y"],
            design=from_record(record["design"], backgrounds),
            backgrounds=backgrounds,
            scales={name: Scale(sd, source) for name, (sd, source) in record["scales"].items()},
            reference=None if reference is None else Reference.from_json(reference),
            provenance=record["provenance"],
            extra=Extra(data["extra_y"], sequences("extra_", None)) if "extra_y" in data else None,
            real=Real(data["real_y"], sequences("real_", None), layer) if "real_y" in data else None,
        )

    def __repr__(self) -> str:
        sizes = ", ".join(f"{size} {name}{'s' if size != 1 else ''}" for name, size in self.y.sizes.items())
        return f"Outcomes of {self.design.experiment}: {sizes}"


def evenly(number: int, most: int) -> NDArray[np.int64]:
    """Indices of at most so many of ``number`` things, spread evenly over their order.

    >>> evenly(10, 4).tolist(), evenly(3, 4).tolist()
    ([0, 2, 5, 7], [0, 1, 2])
    """
    most = min(number, most)
    return np.arange(most, dtype=np.int64) * number // max(most, 1)


def _variables(outcomes: Outcomes) -> dict[str, Any]:
    """The arrays of a file: predictions, and the letters and lengths of the backgrounds they are of."""
    parts = [("", "background", outcomes.y, outcomes.backgrounds)]
    if outcomes.extra is not None:
        parts.append(("extra_", "extra", outcomes.extra.y, outcomes.extra.backgrounds))
    if outcomes.real is not None:
        parts.append(("real_", "real", outcomes.real.y, outcomes.real.sequences))
    found: dict[str, Any] = {}
    for prefix, dim, y, backgrounds in parts:
        found[f"{prefix}y"] = y.drop_encoding()
        found[f"{prefix}codes"] = ((dim, f"{prefix}place"), backgrounds.codes)
        found[f"{prefix}lengths"] = (dim, backgrounds.lengths)
    if outcomes.real is not None and outcomes.real.layer is not None:
        for what in LAYERED:
            found[f"layer_{what}"] = ((f"layer_{what}_row", "direction"), getattr(outcomes.real.layer, what))
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
    each = [f"{prefix}{one}" for prefix in ("", "extra_", "real_") for one in ("y", "codes", "lengths")]
    for name in (one for one in (*each, *(f"layer_{what}" for what in LAYERED)) if one in data):
        found.update(f"{name} {data[name].dims} {data[name].dtype} {data[name].shape}".encode())
        found.update(np.ascontiguousarray(data[name].values).data)
    for name in sorted(map(str, data["y"].coords)):
        found.update(f"{name} {data[name].values.tolist()}".encode())
    return found.hexdigest()
