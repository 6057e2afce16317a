from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0002_append_only'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='recovery_index',
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name='user',
            name='recovery_made_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(condition=models.Q(('recovery_index', ''), _negated=True), fields=('recovery_index',), name='one_person_per_recovery_code'),
        ),
    ]
