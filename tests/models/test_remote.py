"""Slow and remote predictors: rate, repetitions, and a cache that survives."""

from __future__ import annotations

import sqlite3
import threading

import numpy as np
import pytest

import seqdo as sd
from seqdo.errors import InputError, RunError
from seqdo.models import remote as module
from seqdo.models.prediction_cache import FILE

LENGTH = 8


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now, self.naps = 100.0, []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def guanines(sequence: str) -> float:
    return sequence.count("G")


def wrapped(service, **options) -> sd.Model:
    return sd.wrap(service, **{"alphabet": sd.DNA, "length": LENGTH, **options})


def sequences(seed: int, n: int = 20) -> sd.Sequences:
    return sd.backgrounds.uniform(LENGTH).sample(n, rng=seed)


def test_each_sequence_is_sent_once_and_as_text(seed):
    texts = []
    model = wrapped(sd.remote(lambda text: texts.append(text) or guanines(text)))
    drawn = sequences(seed)
    predictions = model.predict(drawn)[0, :, 0]
    model.predict(drawn)
    assert predictions.tolist() == [guanines(text) for text in drawn.to_strings()]
    assert len(texts) == len(set(texts))
    assert set(drawn.to_strings()) <= set(texts)


def test_letters_are_those_of_the_alphabet_and_padding_is_no_letter():
    texts = []
    service = sd.remote(lambda text: texts.append(text) or 1.0 * len(text), alphabet=sd.RNA)
    model = sd.wrap(service, alphabet=sd.RNA, length=LENGTH, pad="centre")
    assert model.predict(sd.Sequences.from_strings(["GAU"], sd.RNA)).item() == 3
    assert "GAU" in texts
    assert not any("T" in text for text in texts)


def test_calls_keep_to_the_rate(clock):
    service = sd.remote(guanines, per_minute=30)
    service(["A", "C", "G", "A"])
    assert clock.naps == [2.0, 2.0]
    assert service.calls == 3
    clock.now += 60
    service(["T"])
    assert clock.naps == [2.0, 2.0], "a minute of silence is pause enough"


def test_failed_calls_are_repeated_with_longer_and_longer_pauses(clock):
    failures = iter([ConnectionError("reset"), TimeoutError("slow"), ValueError("503")])

    def flaky(text):
        for failure in failures:
            raise failure
        return guanines(text)

    assert sd.remote(flaky, retries=3)(["GG"]).tolist() == [[2.0]]
    assert clock.naps == [1.0, 2.0, 4.0]


@pytest.mark.parametrize(("error", "calls"), [(ConnectionError("reset"), 3), (TypeError("no such argument"), 1),
                                              (NameError("client"), 1)])  # fmt: skip
def test_a_call_that_fails_for_good_is_named_and_what_was_received_is_kept(error, calls, clock, tmp_path):
    attempts = []

    def broken(text):
        if text == "GG":
            attempts.append(text)
            raise error
        return guanines(text)

    service = sd.remote(broken, retries=2, cache=tmp_path / "kept", name="service")
    with pytest.raises(RunError, match=rf"`service` failed on GG.*{type(error).__name__}: {error}.*run again"):
        service(["AG", "GG", "CC"])
    assert len(attempts) == calls
    again = sd.remote(lambda text: 7.0, cache=tmp_path / "kept", name="service")
    assert again(["AG", "GG"]).tolist() == [[1.0], [7.0]]
    assert again.calls == 1


def test_an_interrupted_call_is_not_repeated(clock):
    def stopped(text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sd.remote(stopped)(["GG"])
    assert clock.naps == []


@pytest.mark.parametrize("size", [1, 3, 50])
def test_a_function_of_many_sequences_gets_no_more_than_stated(size, seed):
    sizes = []

    def many(texts):
        sizes.append(len(texts))
        return [[guanines(text), len(text)] for text in texts]

    service = sd.remote(many, per_call=size)
    drawn = sequences(seed).to_strings()
    np.testing.assert_array_equal(service(drawn), [[guanines(text), LENGTH] for text in drawn])
    assert max(sizes) == min(size, len(set(drawn)))
    assert sum(sizes) == len(set(drawn))


def test_a_later_process_finds_the_predictions_bit_for_bit(tmp_path, seed):
    values = dict(zip(sequences(seed).to_strings(), np.random.default_rng(seed).normal(size=(20, 3)), strict=False))
    service = sd.remote(values.__getitem__, cache=tmp_path, name="values")
    service(list(values))
    again = sd.remote(values.__getitem__, cache=tmp_path, name="values")
    np.testing.assert_array_equal(again(list(values)), np.array(list(values.values())))
    assert again.calls == 0


def test_a_damaged_prediction_is_received_again(tmp_path):
    sd.remote(guanines, cache=tmp_path)(["GG", "GC"])
    connection = sqlite3.connect(tmp_path / FILE)
    with connection:
        connection.execute("UPDATE predictions SET numbers = ? WHERE numbers = ?",
                           (np.float64(5).tobytes(), np.float64(2).tobytes()))  # fmt: skip
    connection.close()
    again = sd.remote(guanines, cache=tmp_path)
    assert again(["GG", "GC"]).tolist() == [[2.0], [1.0]]
    assert again.calls == 1


def test_a_folder_belongs_to_one_function(tmp_path):
    sd.remote(guanines, cache=tmp_path)
    with pytest.raises(InputError, match=r"holds predictions of 'guanines', not of 'lambda'.*name='guanines'"):
        sd.remote(lambda text: 1.0, cache=tmp_path)


@pytest.mark.parametrize("content", [b"no database at all" * 50, b"\x80\x04pickle"])
def test_a_file_that_is_no_cache_is_refused_and_left_alone(content, tmp_path):
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(InputError, match=r"`cache=.*can't be used"):
        sd.remote(guanines, cache=tmp_path)
    assert (tmp_path / FILE).read_bytes() == content


def test_a_cache_in_the_place_of_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(InputError, match=r"`cache=.*can't be used"):
        sd.remote(guanines, cache=tmp_path / "file")


@pytest.mark.parametrize(
    ("output", "problem"),
    [(float("nan"), "not finite"), (None, "not finite"), ("text", "returned a str"), ([], "shape"),
     (np.zeros((2, 3)), "shape")],
)  # fmt: skip
def test_what_is_no_prediction_is_refused_and_not_kept(output, problem):
    answers = iter([output, 3.0])
    service = sd.remote(lambda text: next(answers))
    with pytest.raises(InputError, match=problem):
        service(["GG"])
    assert service(["GG"]).item() == 3.0


@pytest.mark.parametrize(
    "arguments",
    [{"per_minute": 0}, {"per_minute": -1}, {"per_minute": float("inf")}, {"retries": -1}, {"retries": 1.5},
     {"per_call": 0}, {"per_call": True}],
)  # fmt: skip
def test_numbers_out_of_range_are_refused(arguments):
    with pytest.raises(InputError, match=rf"`{next(iter(arguments))}="):
        sd.remote(guanines, **arguments)


def test_what_is_no_function_is_refused():
    with pytest.raises(InputError, match="`function` is of type int"):
        sd.remote(3)


def test_a_layout_is_refused():
    with pytest.raises(InputError, match=r'`layout="NCL"` of a remote predictor'):
        wrapped(sd.remote(guanines), layout="NCL")


def test_threads_do_not_send_a_sequence_twice(seed):
    service = sd.remote(guanines)
    drawn = sequences(seed).to_strings()
    threads = [threading.Thread(target=service, args=(drawn,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert service.calls == len(set(drawn))


def test_an_experiment_runs_and_has_the_exact_effect():
    model = wrapped(sd.remote(guanines))
    backgrounds = ["ACGTACGT", "GGGGGGGG", "TTTTTTTT"]
    y = sd.run(sd.embed("GAG", at=2), model, backgrounds, rng=0).y.sel(arm="GAG@2").values.ravel()
    assert y.tolist() == [guanines(b[:2] + "GAG" + b[5:]) for b in backgrounds]
