"""Files with motifs."""

from __future__ import annotations

import pytest


@pytest.fixture
def write(tmp_path):
    def to_file(text, name="motifs.txt"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return to_file
