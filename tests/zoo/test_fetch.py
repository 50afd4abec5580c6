"""Weights from a mirror or a local copy: the expected file, or an error and nothing in the cache."""

from __future__ import annotations

import functools
import sys
import threading
from dataclasses import replace
from hashlib import md5, sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from seqdo.errors import InputError
from seqdo.zoo.fetch import Source

CONTENT = b"weights of a network"
SOURCE = Source("net.npz", sha256(CONTENT).hexdigest(), "https://example.org/net at commit 123", "MIT")
DAMAGED = b"weights of a nerwork"


class Served(SimpleHTTPRequestHandler):
    """Serves a folder without logging."""

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("SEQDO_MIRROR", raising=False)
    monkeypatch.setenv("SEQDO_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / SOURCE.file).write_bytes(CONTENT)
    return tmp_path / "mirror"


@pytest.fixture
def address(folder):
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Served, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def kept(cache):
    return [path.name for path in cache.rglob("*")]


@pytest.mark.parametrize("slash", ["", "/"])
def test_a_file_is_downloaded_once_and_then_kept(address, folder, cache, monkeypatch, capfd, slash):
    monkeypatch.setenv("SEQDO_MIRROR", address + slash)
    assert SOURCE.read("net") == CONTENT
    assert kept(cache) == [SOURCE.file]
    (folder / SOURCE.file).unlink()
    assert SOURCE.read("net") == CONTENT
    monkeypatch.delenv("SEQDO_MIRROR")
    assert SOURCE.read("net") == CONTENT
    assert capfd.readouterr() == ("", "")


def test_a_damaged_file_is_refused_and_not_kept(address, folder, cache, monkeypatch):
    (folder / SOURCE.file).write_bytes(DAMAGED)
    monkeypatch.setenv("SEQDO_MIRROR", address)
    with pytest.raises(InputError, match=f"can't be downloaded.*does not match.*is needed.*{SOURCE.sha256}"):
        SOURCE.read("net")
    assert kept(cache) == []


def test_a_damaged_copy_in_the_cache_is_downloaded_again(address, cache, monkeypatch):
    cache.mkdir()
    (cache / SOURCE.file).write_bytes(DAMAGED)
    with pytest.raises(InputError, match="damaged, or is another file"):
        SOURCE.read("net")
    monkeypatch.setenv("SEQDO_MIRROR", address)
    assert SOURCE.read("net") == CONTENT


def test_a_mirror_without_the_file_is_named(address, folder, monkeypatch):
    (folder / SOURCE.file).unlink()
    monkeypatch.setenv("SEQDO_MIRROR", address)
    with pytest.raises(InputError, match=f"net.npz from SEQDO_MIRROR={address}: the file can't be downloaded .404"):
        SOURCE.read("net")


def test_a_server_that_is_not_there_is_named(address, monkeypatch):
    monkeypatch.setenv("SEQDO_MIRROR", "http://127.0.0.1:1")
    with pytest.raises(InputError, match=r"SEQDO_MIRROR=http://127\.0\.0\.1:1: the file can't be downloaded"):
        SOURCE.read("net")


def test_a_folder_is_a_mirror_too_and_a_copy_comes_first(folder, cache, tmp_path, monkeypatch):
    monkeypatch.setenv("SEQDO_MIRROR", str(folder))
    assert SOURCE.read("net") == CONTENT
    copy = tmp_path / "my copy.npz"
    copy.write_bytes(CONTENT)
    (folder / SOURCE.file).write_bytes(DAMAGED)
    assert SOURCE.read("net", copy) == CONTENT
    with pytest.raises(InputError, match=f"{sha256(DAMAGED).hexdigest()}: the file is damaged, or is another file"):
        SOURCE.read("net")
    assert not cache.exists()


@pytest.mark.parametrize("there", [False, True])
def test_a_copy_that_is_missing_or_damaged_is_refused(tmp_path, there):
    copy = tmp_path / "net.npz"
    if there:
        copy.write_bytes(DAMAGED)
    with pytest.raises(InputError, match=f"net.npz.*{'damaged' if there else 'No such file'}.*{SOURCE.sha256}"):
        SOURCE.read("net", copy)


@pytest.mark.parametrize("installed", [True, False])
def test_without_any_source_the_error_states_the_file_and_how_to_get_it(monkeypatch, installed):
    if not installed:
        monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(InputError) as caught:
        SOURCE.read("net")
    for text in (SOURCE.file, SOURCE.sha256, SOURCE.origin, "MIT", "load('net', weights=PATH)", "SEQDO_MIRROR"):
        assert text in str(caught.value)


def test_without_pooch_the_error_for_a_url_states_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "pooch", None)
    monkeypatch.setenv("SEQDO_MIRROR", "https://example.org")
    with pytest.raises(InputError, match=r"pip install 'seqdo\[fetch\]'"):
        SOURCE.read("net")


def test_without_a_mirror_the_public_file_is_downloaded_by_its_checksum_and_kept(address, folder, cache):
    public = b"the same weights, in another form"
    (folder / "net.h5").write_bytes(public)
    source = replace(SOURCE, address=f"{address}/net.h5", checksum=f"md5:{md5(public).hexdigest()}")  # noqa: S324
    assert source.read("net") == public
    (folder / "net.h5").unlink()
    assert source.read("net") == public
    assert kept(cache) == ["net.h5"]


def test_a_public_file_that_is_another_or_not_there_is_refused_and_not_kept(address, folder, cache):
    (folder / "net.h5").write_bytes(DAMAGED)
    source = replace(SOURCE, address=f"{address}/net.h5", checksum=f"md5:{md5(CONTENT).hexdigest()}")  # noqa: S324
    with pytest.raises(InputError, match=f"net.h5: the file can't be downloaded.*{SOURCE.sha256}.*MIT.*weights=PATH"):
        source.read("net")
    with pytest.raises(InputError, match=r"other\.h5: the file can't be downloaded .404"):
        replace(source, address=f"{address}/other.h5").read("net")
    assert kept(cache) == []


def test_a_mirror_and_what_it_left_in_the_cache_come_before_the_public_file(address, folder, monkeypatch):
    source = replace(SOURCE, address=f"{address}/net.h5", checksum="md5:0")
    monkeypatch.setenv("SEQDO_MIRROR", address)
    assert source.read("net") == CONTENT
    monkeypatch.delenv("SEQDO_MIRROR")
    assert source.read("net") == CONTENT
