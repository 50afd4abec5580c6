"""What every test may use."""

from __future__ import annotations

import pytest


@pytest.fixture
def seed() -> int:
    """The one seed of random tests: with it they are reproducible, and each states how often another would fail."""
    return 20261122
