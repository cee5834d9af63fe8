"""Working days of countries, as the holidays library knows them: with days that are made up for on a weekend.

Importing that library, or the one that names countries, costs 100 ms, so the first timetable that asks does it.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from django.utils.translation import get_language, to_locale

if TYPE_CHECKING:
    from holidays import HolidayBase


def is_working_day(day: date, country: str, subdivision: str = "") -> bool:
    """Whether people work there on ``day``: no weekend and no holiday, or a weekend that makes up for one."""
    return _calendar(country, subdivision).is_working_day(day)


def countries() -> dict[str, list[str]]:
    """Two-letter codes of the countries that are known, each with its subdivisions."""
    from holidays import list_supported_countries

    return list_supported_countries(include_aliases=False)


def subdivisions(country: str) -> dict[str, str]:
    """Codes of the parts of a country that have holidays of their own, each with a name; none for one not known."""
    from holidays import country_holidays

    if country not in countries():
        return {}
    named = country_holidays(country).get_subdivision_aliases()
    return {code: (names or [code])[0] for code, names in named.items()}


def country_name(code: str) -> str:
    """In the language that is active: "Germany" for DE; the code where there is none."""
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(to_locale(get_language() or "en"))
    except (UnknownLocaleError, ValueError):
        locale = Locale("en")
    return str(locale.territories.get(code, code))


@lru_cache(maxsize=64)
def _calendar(country: str, subdivision: str) -> HolidayBase:
    """It fills itself, year by year, with what is asked. Raises NotImplementedError for a place it does not know."""
    from holidays import country_holidays

    return country_holidays(country, subdiv=subdivision or None)
