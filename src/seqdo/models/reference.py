"""References: statistics of real held-out sequences, and of a model's predictions for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seqdo.errors import InputError
from seqdo.sequences.alphabet import PAD
from seqdo.sequences.sequences import Sequences, gc_content

if TYPE_CHECKING:
    from seqdo.backgrounds.background import Background

LEVELS = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
"""Levels of the quantiles that a reference stores."""

LARGEST_K = 6
"""Longest k-mers whose frequencies a reference stores: 4,096 numbers."""

DIGITS = 6
"""Significant digits in the file: a reference takes about 60 kB instead of 200."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Statistics of real sequences that a model was not trained on, small enough to ship with the model.

    Attributes
    ----------
    n : number of sequences
    source : where the sequences are from, as text
    lengths : length in bp or nt to the share of the sequences with that length
    profiles : length to the share of each letter at each position, float64 (length, 4)
        Sequences are aligned at the 5' end.
    spectra : k (1 to 6) to the relative frequency of each k-mer, float64 (4**k,)
        Frequencies are pooled over the sequences (:func:`spectrum`).
    gc : "mean", "sd", "levels" and "quantiles" of the GC content of a sequence (0 to 1)
    outputs : output to the same four statistics of the model's predictions
        For an ensemble they are of the mean over members.
    """

    n: int
    source: str
    lengths: dict[int, float]
    profiles: dict[int, NDArray[np.float64]]
    spectra: dict[int, NDArray[np.float64]]
    gc: dict[str, Any]
    outputs: dict[str, dict[str, Any]]

    @classmethod
    def measure(
        cls, sequences: Sequences, predictions: NDArray[np.floating[Any]], outputs: Sequence[str], source: str
    ) -> Reference:
        """Compute the reference of real sequences.

        Parameters
        ----------
        sequences : n real sequences
        predictions : the model's predictions for them, (n, outputs); for an ensemble the mean over members
        outputs : names of the columns of ``predictions``
        source : where the sequences are from, as text

        Raises
        ------
        InputError
            No sequences; predictions of another shape; predictions that are not finite.
        """
        values = np.asarray(predictions, np.float64)
        if values.shape != (len(sequences), len(outputs)) or not len(sequences):
            raise InputError(
                f"`predictions` of shape {values.shape} for {len(sequences)} sequences and {len(outputs)} outputs",
                "a row for each sequence and a column for each output is needed",
                "For an ensemble write predictions=model.predict(sequences).mean(0)",
            )
        if not np.isfinite(values).all():
            raise InputError(
                f"`predictions` with NaN or infinity ({int((~np.isfinite(values)).sum())} of {values.size} values)",
                "a reference needs finite numbers", "Leave out the sequences that the model cannot predict",
            )  # fmt: skip
        lengths, counts = np.unique(sequences.lengths, return_counts=True)
        return cls(
            n=len(sequences),
            source=source,
            lengths={int(length): float(share) for length, share in zip(lengths, counts / len(sequences), strict=True)},
            profiles={int(length): _profile(sequences, int(length)) for length in lengths},
            spectra={k: spectrum(sequences, k) for k in range(1, min(LARGEST_K, int(lengths.max())) + 1)},
            gc=_summary(gc_content(sequences)),
            outputs={name: _summary(values[:, i]) for i, name in enumerate(outputs)},
        )

    def background(self, length: int | None = None) -> Background:
        """A background of independent letters with the frequencies of the real sequences at each position.

        Parameters
        ----------
        length : length of the backgrounds in bp or nt; None draws the lengths with their shares

        Raises
        ------
        InputError
            A length that no real sequence has.
        """
        from seqdo import backgrounds

        if length is None:
            # Shares that were rounded to six digits in the file do not add up to 1 exactly.
            total = sum(self.lengths.values())
            shares = {key: share / total for key, share in self.lengths.items()}
            return backgrounds.profile(
                {key: _normalized(table) for key, table in self.profiles.items()}, weights=shares
            )
        if length not in self.profiles:
            lengths = ", ".join(map(str, self.profiles))
            raise InputError(
                f"`length={length}`", f"the lengths of the real sequences are {lengths}",
                f"Write length={next(iter(self.profiles))}, or leave length out to use all lengths",
            )  # fmt: skip
        return backgrounds.profile(_normalized(self.profiles[length]))

    def to_json(self) -> str:
        """The reference as JSON text; numbers have six significant digits."""
        return json.dumps(
            {
                "n": self.n,
                "source": self.source,
                "lengths": _rounded(self.lengths),
                "profiles": {length: _rounded(table) for length, table in self.profiles.items()},
                "spectra": {k: _rounded(table) for k, table in self.spectra.items()},
                "gc": _rounded(self.gc),
                "outputs": _rounded(self.outputs),
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, text: str) -> Reference:
        """Read the reference that :meth:`to_json` wrote.

        Parameters
        ----------
        text : JSON text

        Raises
        ------
        InputError
            A text that :meth:`to_json` did not write.
        """
        try:
            content = json.loads(text)
            return cls(
                n=int(content["n"]),
                source=str(content["source"]),
                lengths={int(length): float(share) for length, share in content["lengths"].items()},
                profiles={int(length): np.array(table, np.float64) for length, table in content["profiles"].items()},
                spectra={int(k): np.array(table, np.float64) for k, table in content["spectra"].items()},
                gc=content["gc"],
                outputs=content["outputs"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"`text` of {len(text)} characters is no reference ({type(error).__name__}: {error})",
                "the text of Reference.to_json is needed",
                "Write Reference.from_json(reference.to_json())",
            ) from error


def spectrum(sequences: Sequences, k: int) -> NDArray[np.float64]:
    """Relative frequency of each k-mer, pooled over sequences.

    A k-mer that overlaps padding is not counted.

    Parameters
    ----------
    sequences : the sequences whose k-mers are counted
    k : length of a k-mer

    Returns
    -------
    float64 (4**k,), in the order AA, AC, AG, AT, CA, ...

    Raises
    ------
    InputError
        k below 1, or above the length of the longest sequence.

    Examples
    --------
    >>> spectrum(Sequences.from_strings(["AACA", "C"]), 1).tolist()
    [0.6, 0.4, 0.0, 0.0]
    >>> spectrum(Sequences.from_strings(["AACA"]), 2)[[0, 1, 4]].round(2).tolist()
    [0.33, 0.33, 0.33]
    """
    if not 1 <= k <= int(sequences.lengths.max()):
        longest = int(sequences.lengths.max())
        raise InputError(
            f"`k={k}`", f"k is from 1 to {longest}, the length of the longest sequence", f"Write k={longest}"
        )
    starts = sequences.codes.shape[1] - k + 1
    index = np.zeros((len(sequences), starts), np.int64)
    for offset in range(k):
        index = index * 4 + sequences.codes[:, offset : offset + starts]
    inside = np.arange(starts) + k <= sequences.lengths[:, None]
    counts = np.bincount(index[inside], minlength=4**k)
    frequencies: NDArray[np.float64] = counts / counts.sum()
    return frequencies


def _profile(sequences: Sequences, length: int) -> NDArray[np.float64]:
    codes = sequences.codes[sequences.lengths == length, :length]
    return np.stack([(codes == code).mean(0) for code in range(PAD)], axis=1)


def _normalized(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    """The profile with rows that add up to 1; rounding to six digits in the file changes their sums."""
    return np.asarray(profile / profile.sum(1, keepdims=True))


def _summary(values: NDArray[np.float64]) -> dict[str, Any]:
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    quantiles = np.quantile(values, LEVELS).tolist()
    return {"mean": float(values.mean()), "sd": sd, "levels": list(LEVELS), "quantiles": quantiles}


def _rounded(value: Any) -> Any:  # noqa: ANN401 - any value of JSON
    if isinstance(value, np.ndarray):
        return _rounded(value.tolist())
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
