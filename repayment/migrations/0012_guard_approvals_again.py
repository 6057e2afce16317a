"""SQLite rebuilt the table for a changed column, and its guard went with the old one."""

from django.db import migrations

from cases.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("repayment", "0011_changes_above_a_limit")]

    operations = [AppendOnly("repayment_approval")]
