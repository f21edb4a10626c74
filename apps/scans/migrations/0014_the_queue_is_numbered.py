from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    # Workers go on while the index is removed.
    atomic = False

    dependencies = [
        ("scans", "0013_repeats_go_with_the_scan_that_they_repeat"),
    ]

    operations = [
        RemoveIndexConcurrently(model_name="scan", name="scan_queue"),
    ]
