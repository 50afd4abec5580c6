"""Weights that do not ship with seqdo: a local copy, or one fetched from a mirror, and never one with another hash."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from seqdo.errors import InputError

MIRROR, CACHE = "SEQDO_MIRROR", "SEQDO_CACHE"
"""Environment variables: a URL or a folder that holds files by name; the folder where what is fetched is kept."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A file of weights that somebody else published.

    Attributes
    ----------
    file : its name
    sha256 : of its bytes, in hexadecimal digits
    origin : where it is from, in words
    licence : of the file
    address : where a public file lies that should hold the same weights in another form; None if there is none
    checksum : of that file, as pooch takes it: ``md5:...``
    """

    file: str
    sha256: str
    origin: str
    licence: str
    address: str | None = None
    checksum: str | None = None

    def read(self, name: str, copy: str | os.PathLike[str] | None = None) -> bytes:
        """The bytes of the file, which have its SHA-256: of ``copy``, else from the mirror, else from the cache.

        Without any of these they are those of the public file at ``address``: whether it holds the same weights is for
        the caller to check.

        Parameters
        ----------
        name : of the model, for messages

        Raises
        ------
        InputError
            No copy and no mirror; a copy that can't be read, or is another file; a mirror that has it not.
        """
        mirror = os.environ.get(MIRROR, "")
        if copy is not None:
            return self._checked(Path(copy))
        if mirror and "://" not in mirror:
            return self._checked(Path(mirror) / self.file)
        if mirror:
            return self._checked(self._fetched(mirror))
        folder = _folder()
        if folder and (folder / self.file).is_file():
            return self._checked(folder / self.file)
        if self.address is None:
            raise self._missing(name)
        return self._public(self.address)

    def _public(self, address: str) -> bytes:
        """The bytes of the public file, kept in the cache."""
        pooch = _pooch(f"weights at {address}")
        try:
            return Path(pooch.retrieve(address, self.checksum, Path(address).name, _folder())).read_bytes()
        except (OSError, ValueError) as error:
            needed = f"they can't be fetched ({error}). {self._wanted}, licence {self.licence}"
            write = f"Write weights=PATH with a copy of it, or set {MIRROR} to the URL or folder that holds it"
            raise InputError(f"weights at {address}", needed, write) from error

    def _checked(self, path: Path) -> bytes:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"weights {path}", f"they can't be read ({error.strerror})", self._wanted) from error
        found = sha256(content).hexdigest()
        if found != self.sha256:
            raise InputError(f"weights {path} with SHA-256 {found}", "they are damaged, or another file", self._wanted)
        return content

    def _fetched(self, mirror: str) -> Path:
        """The file of a mirror in the cache, fetched if no good copy is there."""
        pooch = _pooch(f"{MIRROR}={mirror}")
        keeper = pooch.create(_folder(), mirror, registry={self.file: f"sha256:{self.sha256}"})
        try:
            return Path(keeper.fetch(self.file))
        except (OSError, ValueError) as error:  # no connection, no such file, another hash, a folder that is not ours
            given = f"{self.file} from {MIRROR}={mirror}"
            raise InputError(given, f"it can't be fetched ({error})", self._wanted) from error

    @property
    def _wanted(self) -> str:
        return f"Needed is {self.file} with SHA-256 {self.sha256}, from {self.origin}"

    def _missing(self, name: str) -> InputError:
        return InputError(
            f"model {name} without weights",
            f"they do not ship with seqdo: {self.file}, SHA-256 {self.sha256}, licence {self.licence}, "
            f"from {self.origin}",
            f"Write sd.zoo.load({name!r}, weights=PATH) with a local copy, or set {MIRROR} to the URL or folder "
            "that holds the file",
        )


def _folder() -> Path | None:
    """Where what is fetched is kept: SEQDO_CACHE, else pooch's folder; None without either."""
    if os.environ.get(CACHE):
        return Path(os.environ[CACHE])
    try:
        import pooch
    except ImportError:
        return None
    return Path(pooch.os_cache("seqdo"))


def _pooch(what: str) -> Any:  # noqa: ANN401 - a module that may not be there
    try:
        import pooch
    except ImportError as error:
        raise InputError(what, "pooch fetches it", "Run pip install 'seqdo[fetch]'") from error
    pooch.get_logger().setLevel(logging.WARNING)  # it would print what it does
    _log.info("%s, kept in %s", what, _folder())
    return pooch
