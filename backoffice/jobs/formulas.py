"""Text for spreadsheets that cannot do anything there."""

from __future__ import annotations

import re

# What a spreadsheet takes for the beginning of a formula; the wide ones count where Chinese is typed.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
NUMBER = re.compile(r"[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?")

# Spreadsheets know by it that a file is UTF-8.
BYTE_ORDER_MARK = "\ufeff"


def defused(text: str) -> str:
    """``text`` so that no spreadsheet takes it for a formula: an apostrophe before it. Numbers stay numbers."""
    if text.startswith(FORMULA_STARTS) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text
