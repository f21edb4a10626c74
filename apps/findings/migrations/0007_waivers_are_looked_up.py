"""What needs tables that are in use: an index of the events of waivers, and a look at every finding."""

from django.contrib.postgres.operations import AddIndexConcurrently, ValidateConstraint
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("findings", "0006_waivers")]

    operations = [
        AddIndexConcurrently(
            model_name="findingevent",
            index=models.Index(
                condition=models.Q(("waiver__isnull", False)),
                fields=["waiver"],
                name="finding_event_by_waiver",
            ),
        ),
        ValidateConstraint(model_name="finding", name="finding_waived_names_its_waiver"),
    ]
