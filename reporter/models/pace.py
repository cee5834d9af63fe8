"""How fast mails go out, over all senders."""

from __future__ import annotations

from django.db import models


class Pace(models.Model):
    """One row: the moment that the next mail may begin at. Each sender moves it on by a conditional UPDATE."""

    next_at = models.DateTimeField()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.next_at}"
