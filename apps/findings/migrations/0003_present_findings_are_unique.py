"""Indexes that are built while the table is in use: what went away may share a fingerprint, what is there may not."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

UNIQUE = """
CREATE UNIQUE INDEX CONCURRENTLY finding_present_unique_by_fingerprint
    ON findings_finding (repository_id, fingerprint) WHERE state IN ('open', 'suppressed', 'waived')
"""
NOT_UNIQUE = "DROP INDEX CONCURRENTLY finding_present_unique_by_fingerprint"


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("findings", "0002_events_of_findings")]

    operations = [
        AddIndexConcurrently(
            model_name="finding",
            index=models.Index(
                condition=models.Q(("state__in", ("open", "suppressed", "waived")), _negated=True),
                fields=["repository", "content"],
                name="finding_gone_by_content",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(UNIQUE, reverse_sql=NOT_UNIQUE)],
            state_operations=[
                migrations.AddConstraint(
                    model_name="finding",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("state__in", ("open", "suppressed", "waived"))),
                        fields=("repository", "fingerprint"),
                        name="finding_present_unique_by_fingerprint",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="finding",
            name="finding_unique_by_repository_and_fingerprint",
        ),
    ]
