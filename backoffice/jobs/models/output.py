"""What a run prints and logs, in chunks as they came: a page follows it live, and it is kept with the run."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.jobs.models.run import Run


class RunOutput(models.Model):
    run = models.ForeignKey(Run, verbose_name=_("run"), on_delete=models.CASCADE, related_name="output", db_index=False)
    position = models.PositiveIntegerField(_("position"), help_text=_("0 for the first chunk of a run."))
    text = models.TextField(_("text"))

    class Meta:
        verbose_name = _("output of a run")
        verbose_name_plural = _("output of runs")
        default_permissions = ("view",)
        ordering = ["run", "position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="output_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.position}"
