from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("reporter", "0003_timetables_from_columns")]

    operations = [
        migrations.RemoveField(model_name="report", name="times"),
        migrations.RemoveField(model_name="report", name="weekdays"),
    ]
