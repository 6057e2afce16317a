"""History is guarded by the database itself."""

from django.db import migrations

from cases.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("notices", "0001_initial")]

    operations = [
        AppendOnly("notices_decision"),
        AppendOnly("notices_receipt"),
    ]
