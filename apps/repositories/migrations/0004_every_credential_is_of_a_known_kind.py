from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("repositories", "0003_credentials_of_two_kinds"),
    ]

    operations = [
        ValidateConstraint(model_name="credential", name="credential_kind_is_known"),
    ]
