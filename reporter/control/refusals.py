"""What is said to people when something they ask for is not done."""

from __future__ import annotations


class NotSent(Exception):
    """What was asked for is refused; the message says why."""


class AlreadyAskedFor(NotSent):
    """Somebody has asked for the same, and it is not finished."""


class NothingToSend(NotSent):
    """There is nothing that could be sent, or nobody to send it to."""
