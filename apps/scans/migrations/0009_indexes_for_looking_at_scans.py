from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # Workers go on while an index is made.
    atomic = False

    dependencies = [
        ("scans", "0008_tallies_and_pulses"),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="scan",
            index=models.Index(
                fields=["-lane", "available_at", "id"],
                condition=models.Q(("state", "queued")),
                name="scan_queue",
            ),
        ),
        AddIndexConcurrently(
            model_name="scan",
            index=models.Index(
                fields=["-finished_at", "-id"],
                condition=models.Q(("finished_at__isnull", False)),
                name="scan_by_end",
            ),
        ),
        AddIndexConcurrently(
            model_name="scan",
            index=models.Index(
                fields=["error_code", "-finished_at"],
                condition=models.Q(("state__in", ["failed", "dead"])),
                name="scan_failed_by_code",
            ),
        ),
    ]
