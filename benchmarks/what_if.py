"""What a look at the effects of a draft costs: the whole fleet added up twice.

usage: python -m benchmarks.what_if [--repositories 500] [--rules 200] [--rounds 10]

The fleet is made up, its results too, in some teams with tags; servers run in a folder of their own. Three drafts: one
rule of the fleet, the default weights (which concern every rule), and one rule of one team. For each the median and the
worst wall time of `what_if` with its queries, as a page or the API calls it.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.installation import settings_load

TEAMS, TAGS = 25, 10


def main() -> int:
    """Fill, ask and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repositories", type=int, default=500)
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="plumbline-what-if-") as name:
        os.environ["DATABASE_POOL_SIZE"] = "0"
        settings_load(Path(name) / "var")
        for line in _measured(Path(name), given.repositories, given.rules, given.rounds):
            print(line, flush=True)
    return 0


def _measured(folder: Path, repositories: int, rules: int, rounds: int) -> Iterator[str]:
    from django.core.management import call_command

    from core.runtime.addresses import Addresses
    from core.runtime.console import Console
    from core.runtime.stage import staged

    console = Console(sys.stderr, quiet=frozenset({"postgres", "valkey"}))
    with staged(Addresses.under(folder / "var"), console) as stage:
        stage.start_servers()
        call_command("migrate", interactive=False, verbosity=0)
        _fill(repositories, rules)
        yield f"{repositories} repositories, {rules} rules, {rounds} times each"
        yield from _asked(rounds)


def _fill(repositories: int, rules: int) -> None:
    from django.db import connection
    from django.utils import timezone

    from apps.accounts.models import Team
    from apps.repositories.models import Repository
    from apps.scans.models import Scan
    from apps.scorecards.models import Sheet
    from apps.scorecards.sheets import sheet_encode

    chance = random.Random(7)  # noqa: S311 - made-up results
    top = Team.objects.create(name="Everything", slug="everything")
    teams = Team.objects.bulk_create(
        Team(name=f"Team {number}", slug=f"team-{number}", parent=top) for number in range(TEAMS)
    )
    made = Repository.objects.bulk_create(
        Repository(
            name=f"repository-{number}",
            slug=f"repository-{number}",
            url=f"https://git.example.org/repository-{number}.git",
            team=teams[number % TEAMS],
            tags=[f"tag-{number % TAGS}"],
        )
        for number in range(repositories)
    )
    scans = Scan.objects.bulk_create(
        Scan(
            repository=one,
            state="done",
            trigger="manual",
            phase="done",
            commit=f"{number:040x}",
            started_at=timezone.now(),
            finished_at=timezone.now(),
        )
        for number, one in enumerate(made)
    )
    Sheet.objects.bulk_create(
        Sheet(
            repository=scan.repository,
            scan=scan,
            commit=scan.commit,
            data=sheet_encode(_results(chance, rules)),
        )
        for scan in scans
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _results(chance: random.Random, rules: int) -> list[object]:
    from plumbline.policy import Result
    from plumbline.registry import all_rules
    from plumbline.scoring import weight

    found: list[object] = []
    for rule in list(all_rules().values())[:rules]:
        state = chance.choices(["pass", "fail", "not_applicable", "error"], [50, 25, 23, 2])[0]
        subjects = chance.randint(1, 400) if state in ("pass", "fail") else 0
        violations = chance.randint(1, subjects) if state == "fail" else 0
        found.append(
            Result(
                rule.code,
                str(rule.level),
                weight(rule),
                rule.preview,
                state,
                subjects,
                violations,
                suppressed=0,
                waived=chance.choice([0, 0, 0, 1]) if violations < subjects else 0,
                patches=violations // 3,
                version=f"{chance.getrandbits(64):016x}",
            )
        )
    return found


def _asked(rounds: int) -> Iterator[str]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from apps.accounts.models import Team, User
    from apps.rulebook.policies import Layer
    from apps.scorecards.selectors.what_if import what_if
    from plumbline.policy import Mode, Policy, RulePolicy
    from plumbline.rule import Level

    user = User.objects.create_user("somebody@example.org")
    one_rule = Policy(rules={"MOD08": RulePolicy(mode=Mode.OFF)})
    team = Team.objects.get(slug="team-1")
    drafts = {
        "one rule of the fleet": Layer("fleet", None, "", one_rule),
        "default weights": Layer("fleet", None, "", Policy({Level.MUST: 8, Level.SHOULD: 4})),
        "one rule of a team": Layer("team", team.pk, "", one_rule),
    }
    for name, draft in drafts.items():
        times = []
        for _ in range(rounds):
            begun = time.perf_counter()
            found = what_if(user=user, draft=draft)
            times.append(time.perf_counter() - begun)
        with CaptureQueriesContext(connection) as asked:
            what_if(user=user, draft=draft)
        moved = sum(effect.is_moved for effect in found.effects)
        yield (
            f"{name}: median {statistics.median(times) * 1000:.0f} ms, worst {max(times) * 1000:.0f} ms,"
            f" {len(asked)} queries, {moved} of {found.repositories} repositories move"
        )


if __name__ == "__main__":
    sys.exit(main())
