"""Hotelling's T²: a joint test that several contrasts on the same backgrounds are all 0."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def hotelling(values: Floats) -> tuple[Floats, Floats]:
    """F and p-value of no effect in any of k contrasts (..., k, n), n > k.

    NaN where contrasts are constant or linearly dependent, because their covariance cannot be inverted.

    F = (n − k)/(k (n − 1)) T² with k and n − k degrees of freedom (Hotelling 1931, Ann. Math. Stat. 2:360).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> f, p = hotelling(rng.normal(size=(2, 100)) + [[0.0], [1.0]])
    >>> bool(p < 1e-6)
    True
    """
    from scipy.special import fdtrc

    k, n = values.shape[-2:]
    mean = values.mean(-1)
    deviation = values - mean[..., None]
    size = np.sqrt((deviation**2).mean(-1))
    unit = np.divide(deviation, size[..., None], out=np.zeros(deviation.shape), where=size[..., None] > 0)
    correlation = unit @ unit.swapaxes(-1, -2) / (n - 1)
    # Contrasts are scaled first: their units may differ by orders of magnitude, and so would the eigenvalues.
    full_rank = (np.linalg.eigvalsh(correlation)[..., 0] > 1e-10) & (n > k)
    mean = np.divide(mean, size, out=np.zeros(mean.shape), where=size > 0)
    safe = np.where(full_rank[..., None, None], correlation, np.eye(k))
    t2 = n * np.einsum("...k,...k->...", mean, np.linalg.solve(safe, mean[..., None])[..., 0])
    f = np.where(full_rank, (n - k) / (k * (n - 1)) * t2, np.nan)
    return f, np.asarray(np.where(full_rank, fdtrc(k, max(n - k, 1), np.nan_to_num(f)), np.nan))
