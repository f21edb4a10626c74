"""From numbers of findings to findings, their events and waivers, made by the database itself."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection

from benchmarks.seeding.history import History, number_of

_NUMBERED = """
    CREATE TEMP TABLE {name}_one ON COMMIT DROP AS
    SELECT c.*, row_number() OVER (PARTITION BY repository_id, code ORDER BY at, g) AS place
    FROM {name} c, generate_series(1, c.number) g
"""
# Who came first goes first.
_JOINED = """
    CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY c.at, c.repository_id, c.code, c.place) AS id, c.*,
        w.at AS gone_at, w.scan_id AS gone_scan, v.id AS waiver_id, v.created_at AS waived_at
    FROM came_one c
    LEFT JOIN went_one w USING (repository_id, code, place)
    LEFT JOIN findings_waiver v ON v.repository_id = c.repository_id AND v.code = c.code AND w.at IS NULL
"""
_FINDINGS = """
    INSERT INTO findings_finding (
        id, created_at, fingerprint, content, code, level, preview, path, path_digest, blob, line, "column", end_line,
        symbol, message, fix, snippet, snippet_start, state, suppressed_reason, first_seen_at, first_seen_commit,
        introduced_by, last_seen_at, last_seen_commit, fixed_at, came_at, repository_id, first_seen_scan_id, waiver_id)
    SELECT m.id, m.at, md5('f' || m.id), left(md5('c' || m.id), 16), m.code, r.level, false,
        'apps/app' || m.id % 23 || '/module' || m.id * 7919 % 211 || '.py',
        md5('p' || m.id % 23) || md5('q' || m.id * 7919 % 211), md5('b' || m.id / 5),
        10 + m.id % 400, 5, 12 + m.id % 400,
        'apps.app' || m.id % 23 || '.module' || m.id * 7919 % 211 || '.Class' || m.id % 97 || '.method' || m.id % 13,
        r.title || ' (in `Class' || m.id % 97 || '`)',
        CASE WHEN r.number % 3 = 0 AND m.id % 5 < 2 THEN 'safe' ELSE '' END,
        repeat('        value = compute(argument_' || m.id || ', other=None)' || chr(10), 7), 7 + m.id % 400,
        CASE WHEN m.gone_at IS NOT NULL THEN 'fixed' WHEN m.waiver_id IS NOT NULL THEN 'waived' ELSE 'open' END,
        '', m.at, lpad(to_hex(m.scan_id), 40, '0'),
        CASE WHEN m.is_first THEN '' ELSE 'developer' || m.id % 400 || '@example.org' END,
        m.gone_at, CASE WHEN m.gone_at IS NULL THEN '' ELSE lpad(to_hex(m.gone_scan), 40, '0') END, m.gone_at,
        CASE WHEN m.is_first THEN NULL ELSE m.at END, m.repository_id, m.scan_id, m.waiver_id
    FROM made m JOIN rule r USING (code)
"""
_EVENTS = """
    INSERT INTO findings_findingevent (
        created_at, kind, cause, at, commit, code, level, preview, finding_id, repository_id, scan_id, waiver_id)
    SELECT at, kind, cause, at, '', code, level, false, id, repository_id, scan_id, waiver_id FROM (
        SELECT m.at, 'new' AS kind, CASE WHEN is_first THEN 'first_scan' ELSE 'code' END AS cause, m.code, r.level,
            m.id, m.repository_id, m.scan_id, NULL::bigint AS waiver_id FROM made m JOIN rule r USING (code)
        UNION ALL
        SELECT m.gone_at, 'fixed', 'code', m.code, r.level, m.id, m.repository_id, m.gone_scan, NULL
            FROM made m JOIN rule r USING (code) WHERE m.gone_at IS NOT NULL
        UNION ALL
        SELECT m.waived_at, 'waived', 'waiver', m.code, r.level, m.id, m.repository_id, NULL, m.waiver_id
            FROM made m JOIN rule r USING (code) WHERE m.waiver_id IS NOT NULL
    ) e ORDER BY at
"""
_WAIVERS = """
    INSERT INTO findings_waiver (
        created_at, scope, code, path_pattern, reason, state, until, version, decided_at, decision_note, repository_id)
    SELECT at, 'rule', code, '', 'It will be rewritten in the next quarter', 'approved',
        current_date + (repository_id * 13 % 170)::int, 2, at, '', repository_id
    FROM excused
"""
_JUDGEMENTS = """
    INSERT INTO findings_judgement (created_at, at, commit, engine, rules, unread, exclude, repository_id, scan_id)
    SELECT now(), c.finished_at, c.commit, c.engine,
        (SELECT jsonb_object_agg(code, jsonb_build_array('made-up', 'fail')) FROM rule),
        '[]', '[]', c.repository_id, c.id
    FROM (SELECT DISTINCT ON (repository_id) * FROM scans_scan ORDER BY repository_id, id DESC) c
"""
_COUNTED_ON = "SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
_SEQUENCES = ("findings_finding", "scans_scan")


def findings_expand(history: History) -> Iterator[str]:
    """Write findings, events, waivers and judgements; a sentence for each thing done."""
    with connection.cursor() as cursor:
        kinds = "repository_id bigint, code text, at timestamptz, scan_id bigint, number int"
        for table, extra, rows in (
            ("came", ", is_first boolean", history.came),
            ("went", "", history.went),
        ):
            cursor.execute(f"CREATE TEMP TABLE {table} ({kinds}{extra}) ON COMMIT DROP")
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute(_NUMBERED.format(name=table))
        cursor.execute(
            "CREATE TEMP TABLE rule (code text, level text, title text, number int) ON COMMIT DROP"
        )
        for code, rule in history.plan.rules.items():
            cursor.execute(
                "INSERT INTO rule VALUES (%s, %s, %s, %s)",
                [code, str(rule.level), rule.title, number_of(code)],
            )
        cursor.execute(
            "CREATE TEMP TABLE excused (repository_id bigint, code text, at timestamptz, number int) ON COMMIT DROP"
        )
        with cursor.copy("COPY excused FROM STDIN") as copy:
            for waiver in history.waivers:
                copy.write_row(waiver)
        cursor.execute(_WAIVERS)
        yield f"{len(history.waivers):,} waivers"
        cursor.execute("ANALYZE came_one")
        cursor.execute("ANALYZE went_one")
        cursor.execute(_JOINED)
        cursor.execute(_FINDINGS)
        yield f"{cursor.rowcount:,} findings"
        cursor.execute(_EVENTS)
        yield f"{cursor.rowcount:,} events"
        cursor.execute(_JUDGEMENTS)
        for table in _SEQUENCES:
            cursor.execute(_COUNTED_ON.format(table=table))
