import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import reporter.models.report


class Migration(migrations.Migration):
    dependencies = [
        ("reporter", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="report",
            name="timetable_data",
            field=models.JSONField(
                default=reporter.models.report.default_timetable, editable=False, verbose_name="timetable"
            ),
        ),
        migrations.CreateModel(
            name="ReportTimetableChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField(blank=True, null=True, verbose_name="before")),
                ("after", models.JSONField(blank=True, null=True, verbose_name="after")),
                ("changed_at", models.DateTimeField(verbose_name="changed")),
                ("reason", models.CharField(blank=True, max_length=255, verbose_name="reason")),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
                (
                    "report",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="timetable_changes",
                        to="reporter.report",
                        verbose_name="report",
                    ),
                ),
            ],
            options={
                "verbose_name": "change of a report's timetable",
                "verbose_name_plural": "changes of reports' timetables",
                "ordering": ["-pk"],
                "abstract": False,
            },
        ),
    ]
