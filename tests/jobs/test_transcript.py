"""What a run prints, byte by byte: nothing lost at the seams, nothing of the next run, no more than the limit."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from backoffice.jobs.progress import LatestProgress, Progress
from backoffice.jobs.transcript import TAIL_BYTES, Transcript, split_at_mark

MARK = b"\0abc\0"


def pieces(data: bytes, size: int) -> tuple[bytes, bytes]:
    """What is read before and after the mark when the pipe hands over so many bytes at a time."""
    read, held = [b"", b""], b""
    is_over = False
    for start in range(0, len(data), size):
        text, held, found = split_at_mark(held, data[start : start + size], MARK)
        read[is_over] += text
        is_over = is_over or found
    read[is_over] += held
    return read[0], read[1]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_mark_is_found_wherever_the_pipe_cuts_it(size: int) -> None:
    assert pieces(b"a\0b\0\0ab" + MARK + b"next", size) == (b"a\0b\0\0ab", b"next")
    assert pieces(b"a\0ab", size) == (b"a\0ab", b"")


def test_characters_are_not_cut_and_what_no_database_holds_is_shown() -> None:
    transcript = Transcript()
    data = "报告".encode()
    transcript.add(data[:2])
    assert transcript.take() == ""
    transcript.add(data[2:] + b"\0\xff")
    assert transcript.take() == "报告\\x00\\xff"
    assert transcript.take_rest() == ""


def test_beyond_the_limit_the_end_is_kept_and_it_says_so(settings: Settings) -> None:
    settings.JOBS_OUTPUT_LIMIT = 10
    transcript = Transcript()
    transcript.add(b"0123456789abc")
    transcript.add(b"def")
    live = transcript.take()
    assert live.startswith("0123456789\n[It has printed 10 bytes")
    assert live.count("[") == 1
    assert transcript.take_rest() == "abcdef"
    assert transcript.take_rest() == ""


def test_of_very_much_it_says_how_much_is_left_out(settings: Settings) -> None:
    settings.JOBS_OUTPUT_LIMIT = 10
    transcript = Transcript()
    transcript.add(b"0123456789" + b"x" * 1000)
    transcript.add(b"y" * TAIL_BYTES)
    transcript.take()
    assert transcript.take_rest() == "[… 1000 bytes left out …]\n" + "y" * TAIL_BYTES


def test_only_the_latest_progress_is_passed_on_and_once_whatever_a_job_calls_a_number() -> None:
    latest = LatestProgress()
    assert latest.news() is None
    latest.tell(1, 10, "first")
    latest.tell(2, "ten", "second\nline")
    assert latest.news() == Progress(2, None, "second")
    assert latest.news() is None
    latest.tell(float("nan"), float("inf"), object)
    assert (latest.news() or Progress(1))[:2] == (None, None)
