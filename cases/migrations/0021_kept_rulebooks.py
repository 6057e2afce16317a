from django.db import migrations, models

from cases.append_only import AppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ("cases", "0020_key_makers"),
    ]

    operations = [
        migrations.CreateModel(
            name="KeptRulebook",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("version", models.CharField(max_length=64, unique=True)),
                ("jurisdiction", models.CharField(max_length=8)),
                ("text", models.TextField()),
                ("house", models.TextField(blank=True)),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        AppendOnly("cases_keptrulebook"),
    ]
