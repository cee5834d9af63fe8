"""Placeholders are replaced, and never run as a template."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.template import loader

from reporter.placeholders import PLACEHOLDERS, filled, validate_text

WORDS = {"report": "Sales", "rows": "{period}", "period": "May"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{report} of {period}", "Sales of May"),
        ("{rows}", "{period}"),  # what is put in is not looked at again
        ("{{report}} {{{report}}}", "{report} {Sales}"),
        ("{nothing} {report.pk} {report!r} {0}", "{nothing} {report.pk} {report!r} {0}"),
        ("{% now 'Y' %} {{ report }}", "{% now 'Y' %} { report }"),
        ("a { b } c", "a { b } c"),
        ("{", "{"),
        ("}}{", "}{"),
    ],
)
def test_only_what_is_known_is_replaced(text: str, said: str) -> None:
    assert filled(text, WORDS) == said


@pytest.mark.parametrize("text", ["", "plain", "{report}", "{{report}}", "{{", "}} {rows} {{", "{{{date}}}"])
def test_what_can_be_filled_in_is_taken(text: str) -> None:
    validate_text(text)


@pytest.mark.parametrize("text", ["{", "}", "{report", "report}", "{report}}"])
def test_a_lonely_brace_is_said(text: str) -> None:
    with pytest.raises(ValidationError, match="A brace has no counterpart"):
        validate_text(text)


def test_an_unknown_placeholder_is_told_what_there_is() -> None:
    with pytest.raises(ValidationError) as caught:
        validate_text("{report} {reprot}")
    (text,) = caught.value.messages
    assert "“{reprot}” stands for nothing" in text
    assert all(f"{{{name}}}" in text for name in PLACEHOLDERS)


def test_a_text_keeps_its_lines_and_can_hold_no_html() -> None:
    section = {"kind": "text", "title": "", "text": "one <b>\ntwo\n\nthree {{ 1 }}{% load i18n %}"}
    page = loader.render_to_string("reporter/mail.html", {"sections": [section]})
    assert "<p>one &lt;b&gt;<br>two</p>\n\n<p>three {{ 1 }}{% load i18n %}</p>" in page
