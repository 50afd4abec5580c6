"""What pytest leaves out: docstrings of adapters whose framework is not installed."""

from __future__ import annotations

from importlib.util import find_spec

ADAPTERS = {
    "equinox.py": "equinox", "flax.py": "flax", "jax.py": "jax", "jax_calls.py": "jax",
}  # fmt: skip
"""File in src/seqdo/models/adapters, and the package that it imports."""

collect_ignore = [f"src/seqdo/models/adapters/{file}" for file, package in ADAPTERS.items() if not find_spec(package)]
collect_ignore += [
    "src/seqdo/models/adapters/keras.py",
    "src/seqdo/models/adapters/keras_inputs.py",
]  # importing Keras needs KERAS_BACKEND; the files have no examples
