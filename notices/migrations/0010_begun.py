from django.db import migrations, models


def claims_may_have_left(apps, schema_editor):
    """Until now a claim was one with its sending: whatever is claimed just now may have left."""
    apps.get_model("notices", "Message").objects.filter(state="claimed").update(
        started_at=models.F("lease_until")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0009_heading_sealed"),
    ]

    operations = [
        migrations.AddField(
            model_name="message",
            name="started_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.RunPython(claims_may_have_left, migrations.RunPython.noop),
    ]
