"""Weights that do not ship with seqdo: a local copy, or a download from a mirror or a public archive.

A file is used only if it has the expected hash.
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from seqdo.errors import InputError

MIRROR, CACHE = "SEQDO_MIRROR", "SEQDO_CACHE"
"""Environment variables: a URL or folder that holds the files by name, and the folder that keeps downloads."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Source:
    """A file of weights that others published.

    Attributes
    ----------
    file : name of the file
    sha256 : SHA-256 of its content, in hexadecimal digits
    origin : where the file is from, as text
    licence : license of the file
    address : URL of a public file that should hold the same weights in another format; None if there is none
    checksum : checksum of that public file, as pooch takes it: ``md5:...``
    """

    file: str
    sha256: str
    origin: str
    licence: str
    address: str | None = None
    checksum: str | None = None

    def read(self, name: str, copy: str | os.PathLike[str] | None = None) -> bytes:
        """Read the file from ``copy``, else from the mirror, else from the cache, and check its SHA-256.

        Without any of these, the public file at ``address`` is downloaded. The caller then has to check that it holds
        the same weights.

        Parameters
        ----------
        name : name of the model, for messages
        copy : path of a local copy

        Returns
        -------
        Content of the file

        Raises
        ------
        InputError
            No copy, no mirror and no public file; a copy that cannot be read or is another file; a mirror without
            the file.
        """
        mirror = os.environ.get(MIRROR, "")
        if copy is not None:
            return self._checked(Path(copy))
        if mirror and "://" not in mirror:
            return self._checked(Path(mirror) / self.file)
        if mirror:
            return self._checked(self._downloaded(mirror))
        folder = _folder()
        if folder and (folder / self.file).is_file():
            return self._checked(folder / self.file)
        if self.address is None:
            raise self._missing(name)
        return self._public(self.address)

    def check_copy(self, copy: str | os.PathLike[str]) -> None:
        """Refuse a local copy that cannot be read, or that is another file.

        Parameters
        ----------
        copy : path of the copy
        """
        self._checked(Path(copy))

    def _public(self, address: str) -> bytes:
        """Content of the public file, which is kept in the cache."""
        pooch = _pooch(f"`weights` at {address}")
        try:
            return Path(pooch.retrieve(address, self.checksum, Path(address).name, _folder())).read_bytes()
        except (OSError, ValueError) as error:
            accepted = f"the file can't be downloaded ({error}). {self._needed}, license {self.licence}"
            fix = f"Write weights=PATH with a copy of the file, or set {MIRROR} to the URL or folder that holds it"
            raise InputError(f"`weights` at {address}", accepted, fix) from error

    def _checked(self, path: Path) -> bytes:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise InputError(f"`weights` {path}", f"the file can't be read ({error.strerror})", self._needed) from error
        checksum = sha256(content).hexdigest()
        if checksum != self.sha256:
            raise InputError(
                f"`weights` {path} with SHA-256 {checksum}", "the file is damaged, or is another file", self._needed
            )
        return content

    def _downloaded(self, mirror: str) -> Path:
        """Path of the mirror's file in the cache. It is downloaded if the cache has no copy with its SHA-256."""
        pooch = _pooch(f"{MIRROR}={mirror}")
        cache = pooch.create(_folder(), mirror, registry={self.file: f"sha256:{self.sha256}"})
        try:
            return Path(cache.fetch(self.file))
        except (OSError, ValueError) as error:  # no connection, no such file, another hash, a folder without access
            problem = f"{self.file} from {MIRROR}={mirror}"
            raise InputError(problem, f"the file can't be downloaded ({error})", self._needed) from error

    @property
    def _needed(self) -> str:
        return f"The file that is needed is {self.file} with SHA-256 {self.sha256}, from {self.origin}"

    def _missing(self, name: str) -> InputError:
        return InputError(
            f"`weights` of {name} are required",
            f"they do not ship with seqdo ({self.file}, SHA-256 {self.sha256}, license {self.licence}, "
            f"from {self.origin})",
            f"Write sd.zoo.load({name!r}, weights=PATH) with a local copy, or set {MIRROR} to the URL or folder "
            "that holds the file",
        )


def _folder() -> Path | None:
    """The folder that keeps downloads: SEQDO_CACHE, else pooch's folder, else None."""
    if os.environ.get(CACHE):
        return Path(os.environ[CACHE])
    try:
        import pooch
    except ImportError:
        return None
    return Path(pooch.os_cache("seqdo"))


def _pooch(download: str) -> Any:  # noqa: ANN401 - a module that may not be installed
    try:
        import pooch
    except ImportError as error:
        raise InputError(download, "a download needs pooch", "Run pip install 'seqdo[fetch]'") from error
    pooch.get_logger().setLevel(logging.WARNING)  # below that level pooch prints every step
    _log.info("%s, kept in %s", download, _folder())
    return pooch
