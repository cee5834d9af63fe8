"""Parameters as people declare them and give them values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from reporter.datasets.sql.parameters import Parameter, declared, parse_declarations, parse_values, stored, values
from reporter.periods import Period

PERIOD = Period(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 23, tzinfo=UTC), "UTC")


def problems(call, *arguments) -> list[str]:  # type: ignore[no-untyped-def]
    with pytest.raises(ValidationError) as error:
        call(*arguments)
    return error.value.messages


def test_each_line_declares_one_and_comes_back_as_it_was() -> None:
    text = "minimum integer = 10\n\n  region text = North = East \nsince date\nrate number=1.50\n"
    text += "open boolean = yes\nempty text ="
    found = parse_declarations(text)
    assert [(p.name, p.kind, p.default) for p in found] == [
        ("minimum", "integer", "10"),
        ("region", "text", "North = East"),
        ("since", "date", None),
        ("rate", "number", "1.50"),
        ("open", "boolean", "yes"),
        ("empty", "text", ""),
    ]
    assert declared(stored(found)) == found
    assert parse_declarations("\n".join(p.line for p in found)) == found


def test_each_line_that_is_wrong_is_named() -> None:
    text = "minimum\n1st integer\na wrong = 1\nb integer = ten\nb text\nb text\nfirst_day date\nc date = 31.12.2026"
    found = problems(parse_declarations, text)
    assert [line.partition(":")[0] for line in found] == [f"Line {number}" for number in (1, 2, 3, 4, 6, 7, 8)]
    assert "“ten” is no value for b: a whole number is wanted" in found[3]
    assert "There is a parameter first_day already" in found[5]


def test_values_are_typed_and_a_default_steps_in() -> None:
    parameters = parse_declarations("minimum integer = 10\nrate number\nsince date\nopen boolean = no\nname text = x")
    given = parse_values(parameters, "rate = 1.5\nsince=2026-11-01\nname = %s'; DROP TABLE x; --")
    assert given == {"rate": "1.5", "since": "2026-11-01", "name": "%s'; DROP TABLE x; --"}
    asked_with = values(parameters, given, PERIOD)
    assert (asked_with["minimum"], asked_with["rate"], asked_with["open"]) == (10, Decimal("1.5"), False)
    assert (asked_with["since"], asked_with["first_day"]) == (date(2026, 11, 1), date(2026, 11, 22))
    assert asked_with["period_end"] == PERIOD.end


def test_values_that_cannot_be_are_named_by_line_and_missing_ones_by_name() -> None:
    parameters = [Parameter("minimum", "integer")]
    assert problems(parse_values, parameters, "minimum = a lot") == [
        "Line 1: “a lot” is no value for minimum: a whole number is wanted."
    ]
    assert problems(parse_values, parameters, "maximum = 1\nminimum") == [
        "Line 1: The dataset has no parameter “maximum”; it has minimum.",
        "Line 2: Write a name and a value: minimum = 10",
    ]
    assert problems(parse_values, parameters, "minimum = 99999999999999999999") != []
    assert problems(parse_values, parameters, "") == [
        "The dataset wants a value for minimum: write minimum = … (a whole number)."
    ]
    assert problems(parse_values, [], "x = 1") == ["Line 1: The dataset has no parameters."]
    assert problems(values, parameters, {}, PERIOD) != []
    assert problems(values, parameters, {"minimum": "x"}, PERIOD) != []
