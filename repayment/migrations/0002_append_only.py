"""History is guarded by the database itself."""

from django.db import migrations

from cases.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [("repayment", "0001_initial")]

    operations = [
        AppendOnly("repayment_offer"),
        AppendOnly("repayment_instalment"),
        AppendOnly("repayment_acceptance"),
        AppendOnly("repayment_plan"),
    ]
