"""How numbers are written in Chinese: in groups of three, as accountants and spreadsheets do."""

THOUSAND_SEPARATOR = ","
NUMBER_GROUPING = 3
