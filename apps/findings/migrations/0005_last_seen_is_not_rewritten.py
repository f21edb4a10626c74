"""What is present was seen by the newest judgement: no row need say so anew with every scan."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("findings", "0004_events_stay")]

    operations = [
        # plumbline: ignore[DAT03] no release has had this column yet
        migrations.RemoveField(
            model_name="finding",
            name="last_seen_scan",
        ),
    ]
