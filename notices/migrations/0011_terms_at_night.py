from django.db import migrations, models

from cases.append_only import AppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0010_begun"),
    ]

    operations = [
        migrations.AddField(
            model_name="asked",
            name="contacts_by_lender",
            field=models.SmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="asked",
            name="last_reminder",
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="asked",
            name="terms",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="night",
            name="terms",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="preference",
            name="gentle",
            field=models.BooleanField(default=False, verbose_name="Gentle handling"),
        ),
        AppendOnly("notices_asked"),
        AppendOnly("notices_night"),
    ]
