"""Files of outcomes: one netCDF file with arrays, a JSON record and a checksum of both."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from seqdo.errors import InputError
from seqdo.outcomes.extras import Extra, Layer, Real
from seqdo.sequences.alphabet import Alphabet
from seqdo.sequences.sequences import Sequences
from seqdo.sequences.whole_file import whole_file

FORMAT = 5
"""Version of the files that are written. Format 1 has no extra backgrounds, format 2 no real sequences, and up to
format 3 a design can write motifs only. Up to format 4 a design does not know the call that made it."""

LAYERED = ("real", "unedited", "edited")
"""Sequences whose places in a layer are kept."""

PREFIXES = ("", "extra_", "real_")
"""What the names of arrays begin with: those of the backgrounds, of extra backgrounds, of real sequences."""


def write(target: Path, arrays: dict[str, Any], record: dict[str, Any]) -> None:
    """Write arrays and their record; the file appears under its name only when it is whole.

    Parameters
    ----------
    target : the file
    arrays : name to variable, as ``xarray.Dataset`` takes them
    record : JSON; the format is added to it

    Raises
    ------
    InputError
        There is no such folder, or the path is a folder.
    """
    text = json.dumps({"format": FORMAT, **record})
    data = xr.Dataset(arrays)
    data.attrs = {"seqdo": text, "sha256": digest(data, text)}
    packed = {name: {"zlib": True, "complevel": 1} for name in data if str(name).endswith("codes")}
    with whole_file(target, "outcomes.nc") as partial:
        data.to_netcdf(partial, engine="h5netcdf", encoding=packed)


def read(source: Path) -> tuple[xr.Dataset, dict[str, Any]]:
    """The arrays and the record of a file, once its version and its checksum are verified.

    Parameters
    ----------
    source : the file

    Raises
    ------
    InputError
        No such file, not a file of outcomes, a file that is damaged (by its checksum), or of a newer format.
    """
    import h5py

    if not source.is_file():
        raise InputError(
            f"path={str(source.resolve())!r}", "there is no such file", "Check the path, and the working directory"
        )
    try:
        with h5py.File(source):  # alone it fails cleanly; through xarray it leaves half an object behind
            pass
        with xr.open_dataset(source, engine="h5netcdf", decode_times=False) as data:
            data.load()
        text, stored = data.attrs["seqdo"], data.attrs.get("sha256")
        record: dict[str, Any] = json.loads(text)
        version = int(record["format"])
        damaged = version <= FORMAT and stored != digest(data, text)
    except Exception as error:  # a damaged file makes h5py raise whatever it stumbles on
        why = f"it is not a whole file of outcomes ({type(error).__name__}: {error})"
        raise InputError(f"path={str(source)!r}", why, "Run the study again") from error
    if version > FORMAT:
        problem = f"path={str(source)!r} has format {version}"
        raise InputError(problem, f"this version reads up to {FORMAT}", "Update seqdo")
    if damaged:
        raise InputError(f"path={str(source)!r}", "it is damaged: its checksum is another", "Run the study again")
    return data, record


def pack(y: xr.DataArray, backgrounds: Sequences, extra: Extra | None, real: Real | None) -> dict[str, Any]:
    """The arrays of a file: predictions, and the letters and lengths of the sequences that were predicted."""
    parts = [("", "background", y, backgrounds)]
    if extra is not None:
        parts.append(("extra_", "extra", extra.y, extra.backgrounds))
    if real is not None:
        parts.append(("real_", "real", real.y, real.sequences))
    arrays: dict[str, Any] = {}
    for prefix, dim, predictions, sequences in parts:
        arrays[f"{prefix}y"] = predictions.drop_encoding()
        arrays[f"{prefix}codes"] = ((dim, f"{prefix}place"), sequences.codes)
        arrays[f"{prefix}lengths"] = (dim, sequences.lengths)
    if real is not None and real.layer is not None:
        for kind in LAYERED:
            arrays[f"layer_{kind}"] = ((f"layer_{kind}_row", "direction"), getattr(real.layer, kind))
    return arrays


def unpack_sequences(
    data: xr.Dataset, alphabet: Alphabet | None, names: tuple[str, ...] | None = None, prefix: str = ""
) -> Sequences:
    """The sequences of a file whose arrays begin with ``prefix``."""
    codes, lengths = (data[f"{prefix}{kind}"].values for kind in ("codes", "lengths"))
    return Sequences(codes, lengths.astype(np.int64), alphabet, names)


def unpack_extra(data: xr.Dataset, alphabet: Alphabet | None) -> Extra | None:
    """The extra backgrounds of a file; None if it has none."""
    if "extra_y" not in data:
        return None
    return Extra(data["extra_y"], unpack_sequences(data, alphabet, prefix="extra_"))


def unpack_real(data: xr.Dataset, alphabet: Alphabet | None, layer: tuple[str, str] | None) -> Real | None:
    """The real sequences of a file, with the places in a layer of this name and arm; None if it has none."""
    if "real_y" not in data:
        return None
    places = Layer(*layer, *(data[f"layer_{kind}"].values for kind in LAYERED)) if layer else None
    return Real(data["real_y"], unpack_sequences(data, alphabet, prefix="real_"), places)


def digest(data: xr.Dataset, text: str) -> str:
    """The sha256 of every array and of the record: netCDF itself would return a flipped bit as another number."""
    checksum = hashlib.sha256(text.encode())
    names = [f"{prefix}{kind}" for prefix in PREFIXES for kind in ("y", "codes", "lengths")]
    for name in (name for name in (*names, *(f"layer_{kind}" for kind in LAYERED)) if name in data):
        checksum.update(f"{name} {data[name].dims} {data[name].dtype} {data[name].shape}".encode())
        checksum.update(np.ascontiguousarray(data[name].values).data)
    for name in sorted(map(str, data["y"].coords)):
        checksum.update(f"{name} {data[name].values.tolist()}".encode())
    return checksum.hexdigest()
