"""Files of arrays: NumPy, HDF5 and Parquet."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.files.content import ARRAYS, Content, content_of, refusal
from seqdo.sequences.files.input_file import unpacked
from seqdo.sequences.sequences import Sequences

NAMES = ("names", "name")
"""Where a file can hold the names of its sequences."""

LETTERS = "letters"
"""Where a file can hold the letters in the order of the channels."""

TEXTS = ("sequence", "sequences", "seq")
"""Where a file can hold letters."""

FORMATS = "an array is needed: .npy, .npz, HDF5 or Parquet"

Arrays = Mapping[str, Any]
"""Arrays of a file by their names: NumPy arrays, or data sets that are read in parts."""


def cell_texts(array: Any) -> list[str]:  # noqa: ANN401 - array or data set
    """The cells of an array as texts.

    Parameters
    ----------
    array : texts or bytes, one or several
    """
    cells = np.atleast_1d(np.asarray(array[()])).tolist()
    return [cell.decode("utf-8", "replace") if isinstance(cell, bytes) else str(cell) for cell in cells]


@contextmanager
def opened_arrays(path: Path) -> Iterator[Arrays]:
    """The arrays of a file, while it is open.

    Parameters
    ----------
    path : a .npy, .npz, HDF5 or Parquet file, gzipped or not; the content decides

    Raises
    ------
    InputError
        The file holds something else, or Python objects.
    """
    with unpacked(path) as lines:
        content, _ = content_of(lines)
        if content not in ARRAYS:
            raise refusal(content, path, FORMATS)
        if content == "HDF5":
            import h5py

            with h5py.File(lines if lines.seekable() else io.BytesIO(lines.read()), "r") as file:
                yield _data_sets(file)
            return
        data = io.BytesIO(lines.read())
    try:
        arrays = _loaded(data, content)
    except (ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise InputError(
            f"`path` holds {content} that can't be read ({error})"[:300], "arrays of numbers and texts are needed",
            "Write the file again, without Python objects",
        ) from None  # fmt: skip
    yield arrays


def _data_sets(file: Any) -> Arrays:  # noqa: ANN401 - h5py has no types
    """Every data set of an HDF5 file by its path."""
    import h5py

    arrays: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:  # noqa: ANN401 - h5py has no types
        if isinstance(item, h5py.Dataset):
            arrays[name] = item

    file.visititems(visit)
    return arrays


def _loaded(data: io.BytesIO, content: Content) -> Arrays:
    """The arrays of a NumPy or Parquet file."""
    if content == "npy":
        return {"array": np.load(data, allow_pickle=False)}
    if content == "npz":
        with np.load(data, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if not all(isinstance(array, np.ndarray) for array in arrays.values()):
            raise ValueError("a zip file of other files than arrays")
        return arrays
    import pyarrow.parquet

    table = pyarrow.parquet.read_table(data)
    columns: dict[str, Any] = {name: _column(table.column(name).combine_chunks(), name) for name in table.column_names}
    letters = (table.schema.metadata or {}).get(LETTERS.encode())
    return columns if letters is None else {LETTERS: np.array([letters]), **columns}


def _column(cells: Any, name: str) -> NDArray[Any]:  # noqa: ANN401 - pyarrow has no types
    """A column of a Parquet file: nested lists of one size as an array of as many axes, other cells as they are."""
    import pyarrow
    import pyarrow.compute

    cells = cells.combine_chunks() if isinstance(cells, pyarrow.ChunkedArray) else cells
    shape = [len(cells)]
    while isinstance(cells.type, pyarrow.ListType | pyarrow.LargeListType | pyarrow.FixedSizeListType):
        sizes = set(pyarrow.compute.list_value_length(cells).to_pylist())
        if len(sizes) != 1 or None in sizes:
            raise InputError(f"`{name}` holds lists of {len(sizes)} lengths", "one-hot of one length is needed")
        shape.append(sizes.pop())
        cells = cells.flatten()
    if len(shape) == 1:
        return np.array(cells.to_pylist(), object)
    return np.asarray(cells.to_numpy(zero_copy_only=False)).reshape(shape)


def _write_npy(path: Path, array: NDArray[np.uint8], letters: str, block: Sequences) -> None:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)


def _write_npz(path: Path, array: NDArray[np.uint8], letters: str, block: Sequences) -> None:
    names = {} if block.names is None else {NAMES[0]: np.array(block.names)}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, one_hot=array, letters=np.array(letters), **names)


def _write_hdf5(path: Path, array: NDArray[np.uint8], letters: str, block: Sequences) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("one_hot", data=array, compression="gzip", compression_opts=4)
        file.create_dataset(LETTERS, data=letters)
        if block.names is not None:
            file.create_dataset(NAMES[0], data=list(block.names), dtype=h5py.string_dtype())


def _write_parquet(path: Path, array: NDArray[np.uint8], letters: str, block: Sequences) -> None:
    import pyarrow
    import pyarrow.parquet

    names = {} if block.names is None else {NAMES[1]: list(block.names)}
    nested = pyarrow.array(array.reshape(-1))
    for size in array.shape[:0:-1]:
        nested = pyarrow.FixedSizeListArray.from_arrays(nested, size)
    table = pyarrow.table(names | {TEXTS[0]: block.to_strings(), "one_hot": nested}).replace_schema_metadata(
        {LETTERS: letters}
    )
    pyarrow.parquet.write_table(table, path, compression="zstd")


WRITERS: dict[str, Callable[[Path, NDArray[np.uint8], str, Sequences], None]] = {
    ".npy": _write_npy, ".npz": _write_npz, ".h5": _write_hdf5, ".hdf5": _write_hdf5, ".parquet": _write_parquet,
}  # fmt: skip
"""Ending of a file to what writes it."""
