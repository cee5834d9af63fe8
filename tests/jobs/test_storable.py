"""Text that every database can hold."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.jobs.storable import first_line, storable

anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.characters(categories=["Cs"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(anything, st.integers(min_value=60, max_value=200))
def test_anything_becomes_text_that_a_database_takes(value: Any, limit: int) -> None:
    text = storable(value, limit)
    assert type(text) is str
    assert "\0" not in text
    assert text.encode("utf-8").decode("utf-8") == text
    assert len(text) <= limit


@given(anything, st.integers(min_value=60, max_value=200))
def test_what_is_storable_stays_as_it_is(value: Any, limit: int) -> None:
    assert storable(storable(value, limit), limit) == storable(value, limit)


def test_plain_text_is_not_touched() -> None:
    assert storable("sent 3 mails\r\n发送 ✔") == "sent 3 mails\r\n发送 ✔"


def test_a_long_text_says_how_much_was_left_out() -> None:
    text = storable("a" * 500 + "b" * 500, limit=150)
    assert text == "a" * 50 + "\n[… 900 characters left out …]\n" + "b" * 50


def test_a_list_that_holds_itself_ends() -> None:
    loop: list[Any] = ["one"]
    loop += [loop, loop]
    assert storable(loop).splitlines()[0] == "one"


def test_what_raises_when_shown_is_named() -> None:
    class Stubborn:
        def __str__(self) -> str:
            raise KeyboardInterrupt

    assert storable(Stubborn()) == "[Stubborn that cannot be shown: KeyboardInterrupt]"


def test_the_first_line_is_the_first_that_says_something() -> None:
    assert first_line("\n  \n  sent 3 mails \nand more") == "sent 3 mails"
    assert first_line("") == ""


def test_a_first_line_is_cut_to_its_column() -> None:
    assert first_line("x" * 300) == "x" * 254 + "…"


@pytest.mark.parametrize(
    ("value", "text"),
    [("a\0b", "a\\x00b"), ("a\ud800b", "a\\ud800b"), (None, ""), (0, "0"), (b"sent \xe2\x9c\x94", "sent ✔"), ([], "")],
)
def test_simple_values(value: Any, text: str) -> None:
    assert storable(value) == text
