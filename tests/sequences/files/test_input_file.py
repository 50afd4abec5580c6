"""Input files: gzip, pipes, and files that cannot be read."""

from __future__ import annotations

import gzip
import os
import threading

import pytest

from seqdo.errors import InputError
from seqdo.sequences.files.fasta import read_fasta
from seqdo.sequences.files.input_file import naming
from seqdo.sequences.sequence_file import read_sequences


@pytest.fixture
def write(tmp_path):
    """A file of this name and text."""

    def write_(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write_


@pytest.mark.parametrize("name", ["good.fa.gz", "lying.fa", "lying.txt"])
@pytest.mark.parametrize("read", [read_fasta, read_sequences])
def test_seq_13_gzip_is_known_by_its_first_bytes(write, name, read):
    text = b">a\nACGT\n>b\nGGGTT\n"
    plain, packed = read(write("good.fa", text)), read(write(name, gzip.compress(text)))
    assert (packed.names, packed.to_strings()) == (plain.names, plain.to_strings())


@pytest.mark.parametrize("spoil", [lambda data: data[:-12], lambda data: data[:20] + b"\0\0\0\0" + data[24:]])
def test_damaged_gzip_is_refused_by_path(write, spoil):
    text = "".join(f">{i}\n{'ACGT'[i % 4] * 50}\n" for i in range(200))
    path = write("cut.fa.gz", spoil(gzip.compress(text.encode())))
    with pytest.raises(InputError, match=r"cut\.fa\.gz.*damaged or cut short"):
        read_fasta(path)


@pytest.mark.parametrize("read", [read_fasta, read_sequences])
def test_seq_15_a_missing_file_is_named_with_its_absolute_path(tmp_path, monkeypatch, read):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no such file") as caught:
        read("missing.fa")
    assert str(tmp_path.resolve() / "missing.fa") in str(caught.value)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(InputError, match="`path` is the folder"):
        read_fasta(tmp_path)


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pipe_is_read_as_a_file_is(tmp_path, pack):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(pack(b">a\nACGT\n"),))
    writer.start()
    assert read_sequences(path).to_strings() == ["ACGT"]
    writer.join()


def test_an_error_about_the_content_starts_with_the_name_of_the_file():
    with pytest.raises(InputError, match=r"^a\.bed: line 3: no start is needed\. Remove it$"), naming("folder/a.bed"):
        raise InputError("line 3", "no start is needed", "Remove it")
