import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0003_recovery_code'),
    ]

    operations = [
        migrations.CreateModel(
            name='Submission',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('debt', 'Debt'), ('file', 'File'), ('budget', 'Budget')], max_length=8)),
                ('key', models.CharField(max_length=64)),
                ('made', models.JSONField(default=list)),
                ('at', models.DateTimeField()),
                ('borrower', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='submissions', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('borrower', 'purpose', 'key'), name='handed_in_once')],
            },
        ),
    ]
