"""`manage.py compile_templates`: find broken templates before a visitor does."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.template import TemplateSyntaxError, engines


class Command(BaseCommand):
    """Compiles every template of the project, without rendering any."""

    help = "Compile all templates and report those that do not."

    def handle(self, *_args: object, **_options: object) -> None:
        """Compile, and fail if one does not."""
        engine = engines["django"]
        failures = []
        compiled = 0
        for folder in map(Path, engine.dirs):
            for path in sorted(p for p in folder.rglob("*") if p.is_file()):
                try:
                    engine.get_template(path.relative_to(folder).as_posix())
                except (TemplateSyntaxError, UnicodeDecodeError) as error:
                    failures.append(f"{path}: {error}")
                compiled += 1
        for failure in failures:
            self.stderr.write(failure)
        if failures:
            message = f"{len(failures)} of {compiled} templates do not compile"
            raise CommandError(message)
        self.stdout.write(f"{compiled} templates compile")
