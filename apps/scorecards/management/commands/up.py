"""`manage.py up`: everything on one machine, from nothing to a scorecard in the browser."""

import os
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from apps.accounts.administrator import administrator_ensure
from apps.accounts.models import User
from apps.scans.services import repository_follow
from apps.scorecards.progress import ScanProgress
from core.exceptions import DomainError
from core.runtime.addresses import Addresses
from core.runtime.console import Console
from core.runtime.files import AlreadyRunning
from core.runtime.postgres import ServerUnavailable
from core.runtime.probe import answers
from core.runtime.stage import Stage, StopRequested, staged
from core.runtime.supervisor import ChildDied, StartTimeout

SERVICE_START_SECONDS = 90


class Command(BaseCommand):
    """Starts servers, worker, beat and web, scans repositories, and serves until stopped."""

    help = "Run all of Plumbline on this machine and scan repositories."
    # The database does not run yet when checks would look at it.
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare repositories and port."""
        parser.add_argument(
            "repositories", nargs="*", help="addresses or local paths; default: this checkout"
        )
        parser.add_argument("--port", type=int, default=8000, help="where the pages are served")
        parser.add_argument(
            "--workers", type=int, default=min(4, os.cpu_count() or 2), help="scans at a time"
        )

    def handle(self, *_args: object, **options: Any) -> None:  # noqa: ANN401  # Django's own signature
        """Run until Ctrl-C or SIGTERM."""
        port = options["port"]
        _refuse_taken(port)
        quiet = frozenset({"postgres", "valkey"} if options["verbosity"] < 2 else ())
        console = Console(sys.stdout, quiet=quiet)
        urls = [_as_url(text) for text in options["repositories"] or [str(settings.BASE_DIR)]]
        try:
            with staged(Addresses.under(settings.PLUMBLINE_VAR), console) as stage:
                self._run(stage, console, urls, port=port, workers=options["workers"])
        except StopRequested:
            console.say("Stopped.")
        except AlreadyRunning as error:
            message = f"Plumbline runs here already (process {error}); stop that one first"
            raise CommandError(message) from None
        except ChildDied as error:
            console.say(f"{error}; its last lines:")
            for line in error.lines:
                console.say(f"    {line}")
            message = f"{error}; all else was stopped. Its log: {error.log}"
            raise CommandError(message) from None
        except (ServerUnavailable, StartTimeout) as error:
            raise CommandError(str(error)) from None

    def _run(
        self, stage: Stage, console: Console, urls: list[str], *, port: int, workers: int
    ) -> None:
        console.say("Starting PostgreSQL and Valkey …")
        stage.start_servers()
        console.say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        administrator, password = administrator_ensure()
        if password:
            console.say("")
            console.say("The first administrator, whose password is shown this once:")
            console.say(f"    e-mail    {administrator.email}")
            console.say(f"    password  {password}")
            console.say("")
        stage.start_services(port=port, workers=workers)
        stage.supervisor.wait(
            lambda: answers(port, "/health/"),
            seconds=SERVICE_START_SECONDS,
            what="the web server does not answer",
        )
        self._scan(stage, console, urls, administrator)
        console.say("")
        console.say(f"Plumbline serves http://localhost:{port}  (Ctrl-C stops it)")
        while True:
            stage.supervisor.poll(1)

    def _scan(self, stage: Stage, console: Console, urls: list[str], actor: User) -> None:
        progress = ScanProgress(user=actor)
        for url in urls:
            try:
                progress.add(repository_follow(url=url, actor=actor))
            except DomainError as error:
                console.say(f"{url}: {error.advice}")
        while not progress.finished:
            console.status(progress.line())
            stage.supervisor.poll(0.3)
            progress.refresh()
        console.status("")
        for text in progress.scorecards(sys.stdout):
            console.say("")
            console.say(text)


def _as_url(text: str) -> str:
    """Turn a path on this machine into an address; leave addresses alone."""
    path = Path(text).expanduser()
    return f"file://{path.resolve()}" if "://" not in text and path.exists() else text


def _refuse_taken(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError as error:
            message = f"Port {port} cannot be used ({error.strerror}); choose another: PORT=8001"
            raise CommandError(message) from None
