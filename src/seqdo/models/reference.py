"""References: what real held-out sequences look like, and what a model says of them."""

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
"""Levels of the quantiles that a reference keeps."""

LARGEST_K = 6
"""Longest k-mers whose frequencies a reference keeps: 4096 numbers."""

DIGITS = 6
"""Significant digits in the file, so that a reference is some 60 kB and not 200."""


@dataclass(frozen=True, eq=False)
class Reference:
    """Real sequences a model was not trained on, as numbers small enough to ship with it.

    Attributes
    ----------
    n : number of sequences
    source : where they are from, in words
    lengths : share of the sequences of each length
    profiles : float64 (length, 4) for each length
        Share of each letter at each position, aligned at the 5' end.
    spectra : float64 (4**k,) for k = 1 ... 6
        Relative frequency of each k-mer, pooled over the sequences (:func:`spectrum`).
    gc : {"mean", "sd", "levels", "quantiles"} of the share of G and C in a sequence
    outputs : the same four of the model's predictions, for each output
        For an ensemble, of the mean over members.
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
        """The reference of these sequences and their predictions (n, outputs).

        Raises
        ------
        InputError
            Predictions of another shape, or that are not finite.
        """
        answers = np.asarray(predictions, np.float64)
        if answers.shape != (len(sequences), len(outputs)) or not len(sequences):
            raise InputError(
                f"predictions of shape {answers.shape} for {len(sequences)} sequences and {len(outputs)} outputs",
                "a row for each sequence and a column for each output",
                "For an ensemble write model.predict(sequences).mean(0)",
            )
        if not np.isfinite(answers).all():
            raise InputError("predictions with NaN or infinity", "a reference is of finite numbers")
        lengths, counts = np.unique(sequences.lengths, return_counts=True)
        return cls(
            n=len(sequences),
            source=source,
            lengths={int(length): float(share) for length, share in zip(lengths, counts / len(sequences), strict=True)},
            profiles={int(length): _profile(sequences, int(length)) for length in lengths},
            spectra={k: spectrum(sequences, k) for k in range(1, min(LARGEST_K, int(lengths.max())) + 1)},
            gc=_summary(gc_content(sequences)),
            outputs={name: _summary(answers[:, i]) for i, name in enumerate(outputs)},
        )

    def background(self, length: int | None = None) -> Background:
        """Independent letters with the frequencies of the real ones, position by position.

        ``length`` takes the sequences of one length; None mixes the lengths in their shares.
        """
        from seqdo import backgrounds

        if length is None:
            # The file's six digits add up to 1 only nearly.
            total = sum(self.lengths.values())
            shares = {each: share / total for each, share in self.lengths.items()}
            return backgrounds.profile({each: _whole(table) for each, table in self.profiles.items()}, weights=shares)
        if length not in self.profiles:
            raise InputError(
                f"length={length}", f"the reference has sequences of {', '.join(map(str, self.profiles))} letters"
            )
        return backgrounds.profile(_whole(self.profiles[length]))

    def to_json(self) -> str:
        """The reference as JSON, numbers to six significant digits."""
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
        """The reference that :meth:`to_json` wrote."""
        try:
            read = json.loads(text)
            return cls(
                n=int(read["n"]),
                source=str(read["source"]),
                lengths={int(length): float(share) for length, share in read["lengths"].items()},
                profiles={int(length): np.array(table, np.float64) for length, table in read["profiles"].items()},
                spectra={int(k): np.array(table, np.float64) for k, table in read["spectra"].items()},
                gc=read["gc"],
                outputs=read["outputs"],
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"a text of {len(text)} characters that is no reference ({type(error).__name__}: {error})",
                "what Reference.to_json wrote is needed",
            ) from error


def spectrum(sequences: Sequences, k: int) -> NDArray[np.float64]:
    """Relative frequency of each k-mer (4**k,), in the order AA, AC, AG, AT, CA, ...; padding is no letter.

    Examples
    --------
    >>> spectrum(Sequences.from_strings(["AACA", "C"]), 1).tolist()
    [0.6, 0.4, 0.0, 0.0]
    >>> spectrum(Sequences.from_strings(["AACA"]), 2)[[0, 1, 4]].round(2).tolist()
    [0.33, 0.33, 0.33]
    """
    if not 1 <= k <= int(sequences.lengths.max()):
        raise InputError(f"k={k}", f"a k-mer has from 1 to {int(sequences.lengths.max())} letters here")
    places = sequences.codes.shape[1] - k + 1
    index = np.zeros((len(sequences), places), np.int64)
    for offset in range(k):
        index = index * 4 + sequences.codes[:, offset : offset + places]
    whole = np.arange(places) + k <= sequences.lengths[:, None]
    counts = np.bincount(index[whole], minlength=4**k)
    frequencies: NDArray[np.float64] = counts / counts.sum()
    return frequencies


def _profile(sequences: Sequences, length: int) -> NDArray[np.float64]:
    codes = sequences.codes[sequences.lengths == length, :length]
    return np.stack([(codes == code).mean(0) for code in range(PAD)], axis=1)


def _whole(profile: NDArray[np.float64]) -> NDArray[np.float64]:
    """The profile with rows that add up to 1 exactly."""
    return np.asarray(profile / profile.sum(1, keepdims=True))


def _summary(values: NDArray[np.float64]) -> dict[str, Any]:
    sd = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    quantiles = np.quantile(values, LEVELS).tolist()
    return {"mean": float(values.mean()), "sd": sd, "levels": list(LEVELS), "quantiles": quantiles}


def _rounded(value: Any) -> Any:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, np.ndarray):
        return _rounded(value.tolist())
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return float(f"{value:.{DIGITS}g}") if isinstance(value, float) else value
