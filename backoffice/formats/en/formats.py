"""How moments are written in English: by the 24-hour clock and to the second, as logs have them."""

DATETIME_FORMAT = "Y-m-d H:i:s"
TIME_FORMAT = "H:i"
