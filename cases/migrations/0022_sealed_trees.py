import django.db.models.deletion
from django.db import migrations, models

from cases.append_only import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0021_kept_rulebooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="SealedTree",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("roots", models.BinaryField()),
                (
                    "seal",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="tree", to="cases.seal"
                    ),
                ),
            ],
        ),
        AppendOnly("cases_sealedtree"),
    ]
