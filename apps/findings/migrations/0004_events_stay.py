"""Events that nobody may change, and when findings that are gone were last seen."""

from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations

# An event goes only with its whole repository, whose removal names it for the length of the transaction.
REFUSE = """
CREATE FUNCTION findings_findingevent_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.scan_id IS NULL
        AND (to_jsonb(NEW) - 'scan_id') = (to_jsonb(OLD) - 'scan_id') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
        AND current_setting('plumbline.removed_repository', true) = OLD.repository_id::text THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'events of findings are append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER findings_findingevent_append_only
    BEFORE UPDATE OR DELETE ON findings_findingevent
    FOR EACH ROW EXECUTE FUNCTION findings_findingevent_refuse();
"""
ALLOW = """
DROP TRIGGER findings_findingevent_append_only ON findings_findingevent;
DROP FUNCTION findings_findingevent_refuse();
"""
LAST_SEEN = """
UPDATE findings_finding SET last_seen_commit = scan.commit, last_seen_at = scan.finished_at
FROM scans_scan scan WHERE scan.id = last_seen_scan_id AND findings_finding.state = 'fixed'
"""


class Migration(migrations.Migration):
    dependencies = [("findings", "0003_present_findings_are_unique")]

    operations = [
        ValidateConstraint(model_name="finding", name="finding_state_is_known"),
        migrations.RunSQL(REFUSE, reverse_sql=ALLOW),
        migrations.RunSQL(LAST_SEEN, reverse_sql=migrations.RunSQL.noop),
    ]
