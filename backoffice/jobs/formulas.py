"""Text for spreadsheets that cannot do anything there."""

from __future__ import annotations

import re

# What a spreadsheet takes for the beginning of a formula; the wide ones count where Chinese is typed.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?")

# Spreadsheets know by it that a file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"


def begins_formula(text: str) -> bool:
    """Whether a spreadsheet may take it for one: some leave blanks before it out."""
    return text.startswith(FORMULA_STARTS) or text.lstrip().startswith(FORMULA_STARTS)


def defused(text: str) -> str:
    """``text`` so that no spreadsheet takes it for a formula: an apostrophe before it. Numbers stay numbers."""
    if begins_formula(text) and not NUMBER.fullmatch(text.strip(" ")):
        return f"'{text}"
    return text
