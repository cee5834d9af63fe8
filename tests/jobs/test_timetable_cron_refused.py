"""Cron expressions that cannot be read are refused, with the field that is to blame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.jobs.cron_expressions import CronError, read_cron
from tests.jobs.timetable_play import quick


@pytest.mark.parametrize(
    ("cron", "field"),
    [
        ("60 * * * *", 0),
        ("*/0 * * * *", 0),
        (", * * * *", 0),
        ("* 24 * * *", 1),
        ("* 8:30 * * *", 1),
        ("* * 0 * *", 2),
        ("* * 32 * *", 2),
        ("* * * 13 *", 3),
        ("* * * JANUARY *", 3),
        ("* * * * 8", 4),
        ("* * * * FRI-MON", 4),
        ("* * * * MON#6", 4),
        ("* * * * 5L/2", 4),
        ("60 24 * * *", 0),
        ("* * 30 2 *", None),
        ("* * 31 4,6,9,11 *", None),
    ],
)
def test_the_field_that_cannot_be_read_is_named(cron: str, field: int | None) -> None:
    with pytest.raises(CronError, match="is not a cron expression") as caught:
        read_cron(cron)
    assert (caught.value.field, caught.value.fields) == (field, 5)


@pytest.mark.parametrize(("cron", "fields"), [("", 0), ("* * * *", 4), ("0 30 8 * * *", 6), ("@daily", 1)])
def test_other_than_five_fields_are_refused(cron: str, fields: int) -> None:
    with pytest.raises(CronError) as caught:
        read_cron(cron)
    assert (caught.value.field, caught.value.fields) == (None, fields)


@quick(500)
@given(st.lists(st.text("*/-,#L0123456789 MONJAW٣\0", max_size=6), min_size=5, max_size=5).map(" ".join) | st.text())
def test_whatever_is_typed_is_read_or_refused(text: str) -> None:
    try:
        cron = read_cron(text)
    except CronError:
        return
    assert cron.times
    assert cron.explain()


@pytest.mark.parametrize("text", ["9" * 5000 + " * * * *", "0" + ",0" * 200 + " * * * *"])
def test_what_is_endless_is_refused(text: str) -> None:
    with pytest.raises(CronError):
        read_cron(text)
