from django.db import migrations, models
from django.db.models import F

from cases.append_only import AppendOnly


def number_nights(apps, schema_editor):
    """Nights from before keep the number their records were given; no heading of theirs was ever sealed."""
    apps.get_model("notices", "Night").objects.update(run=F("pk"))


class Migration(migrations.Migration):

    dependencies = [
        ("notices", "0008_words"),
    ]

    operations = [
        migrations.AddField(
            model_name="night",
            name="run",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="night",
            name="leaf",
            field=models.BinaryField(default=b""),
            preserve_default=False,
        ),
        migrations.RunPython(number_nights, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="night",
            name="run",
            field=models.BigIntegerField(unique=True),
        ),
        AppendOnly("notices_night"),
    ]
