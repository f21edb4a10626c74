from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scans", "0007_history_of_repositories"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pulse",
            fields=[
                ("job", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=64)),
                ("labels", models.JSONField(default=dict)),
                ("value", models.FloatField(default=0)),
            ],
            options={"verbose_name_plural": "tallies"},
        ),
        migrations.AddConstraint(
            model_name="tally",
            constraint=models.UniqueConstraint(
                fields=("name", "labels"), name="tally_unique_per_labels"
            ),
        ),
    ]
