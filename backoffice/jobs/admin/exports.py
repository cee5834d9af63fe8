"""The log as a file: the rows that the list shows, in their order, row by row, whatever their number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Left
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_cron.models import CronJobLog
from import_export.fields import Field
from import_export.resources import ModelResource

from backoffice.jobs.admin import display

# Characters of a message in a file: a cell of a sheet holds 32,767 UTF-16 units, and a character takes one or two.
MESSAGE_LIMIT = 16_000


class LogResource(ModelResource):
    """The columns."""

    code = Field(column_name=gettext_lazy("job"))
    start_time = Field(column_name=gettext_lazy("started"))
    end_time = Field(column_name=gettext_lazy("ended"))
    seconds = Field(column_name=gettext_lazy("seconds"))
    result = Field(column_name=gettext_lazy("result"))
    cause = Field(column_name=gettext_lazy("started by"))
    reason = Field(column_name=gettext_lazy("reason"))
    host = Field(column_name=gettext_lazy("host"))
    run = Field(column_name=gettext_lazy("run"))
    message = Field(column_name=gettext_lazy("message"))

    class Meta:
        model = CronJobLog
        fields = ("code", "start_time", "end_time", "seconds", "result", "cause", "reason", "host", "run", "message")
        export_order = fields
        chunk_size = 500

    def dehydrate_code(self, log: CronJobLog) -> str:
        return str(log.code)

    def dehydrate_start_time(self, log: CronJobLog) -> datetime:
        return timezone.localtime(log.start_time)

    def dehydrate_end_time(self, log: CronJobLog) -> datetime:
        return timezone.localtime(log.end_time)

    def dehydrate_seconds(self, log: CronJobLog) -> float:
        seconds: float = (log.end_time - log.start_time).total_seconds()
        return round(seconds, 3)

    def dehydrate_result(self, log: CronJobLog) -> str:
        return display.log_result(log)[1]

    def dehydrate_cause(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return display.cause(run) if run else ""

    def dehydrate_reason(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return run.reason if run else ""

    def dehydrate_host(self, log: CronJobLog) -> str:
        run = getattr(log, "run", None)
        return run.host if run else ""

    def dehydrate_run(self, log: CronJobLog) -> int | None:
        run = getattr(log, "run", None)
        return run.pk if run else None

    def dehydrate_message(self, log: CronJobLog) -> str:
        text: str = log.exported_message
        if len(text) <= MESSAGE_LIMIT:
            return text
        note = _("[… cut after %(count)d characters; the page of the log has the rest …]") % {"count": MESSAGE_LIMIT}
        return f"{text[:MESSAGE_LIMIT]}\n{note}"


def rows(logs: QuerySet[CronJobLog]) -> Iterator[list[Any]]:
    """The names of the columns, then a row for each log, read in portions by one query."""
    resource = LogResource()
    # One character more than is shown tells whether there are more; the rest is never read.
    logs = logs.annotate(exported_message=Left("message", MESSAGE_LIMIT + 1))
    yield [capfirst(name) for name in resource.get_export_headers()]
    for log in resource.iter_queryset(logs):
        yield resource.export_resource(log)
