"""Times and weekdays become a timetable's data. They mean the same, so slots keep their keys."""

from __future__ import annotations

from typing import Any

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def data_of(times: Any, weekdays: Any) -> dict[str, Any]:
    data = {"times": times, "weekdays": weekdays}
    return {key: value for key, value in data.items() if value is not None}


def columns_of(data: dict[str, Any]) -> dict[str, Any]:
    """Back again. What columns cannot say is switched off: better not sent than sent at times nobody wants."""
    columns = {"times": data.get("times") or ["08:00"], "weekdays": data.get("weekdays")}
    return columns if data.keys() <= {"times", "weekdays"} and data.get("times") else columns | {"is_enabled": False}


def _reports(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> Any:
    """As the table was at that time."""
    return apps.get_model("reporter", "Report").objects.using(schema_editor.connection.alias)


def forwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    reports = _reports(apps, schema_editor)
    for pk, times, weekdays in reports.values_list("pk", "times", "weekdays"):
        reports.filter(pk=pk).update(timetable_data=data_of(times, weekdays))


def backwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    reports = _reports(apps, schema_editor)
    for pk, data in reports.values_list("pk", "timetable_data"):
        reports.filter(pk=pk).update(**columns_of(data))


class Migration(migrations.Migration):
    dependencies = [("reporter", "0002_timetable_data")]

    operations = [migrations.RunPython(forwards, backwards)]
