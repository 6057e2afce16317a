"""History is guarded by the database itself."""

from django.db import migrations

from cases.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]

    operations = [
        AppendOnly("cases_event"),
        AppendOnly("cases_statement"),
    ]
