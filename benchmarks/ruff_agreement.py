"""Where Plumbline and ruff look at the same thing: what both say, and why they differ elsewhere.

usage: python benchmarks/ruff_agreement.py FOLDER [FOLDER …] [--list] [--write docs/ruff-agreement.md]

Runs the installed ruff (without the repository's own configuration and ``noqa`` comments) and the rules that look for
the same, matches what they find by path and line, class or function, and says of each difference why it is there. The
reason is worked out from the project, never from a list of places. Differences without a reason are "unexplained".
``--list`` prints every difference; unexplained ones are always printed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from rule_quality import commit_of, job_of

from plumbline import outline as o
from plumbline.analysis import decoded_outlines
from plumbline.config import read_config
from plumbline.project import Class, Project
from plumbline.project.functions import CallSite
from plumbline.project.models import Field
from plumbline.registry import all_rules
from plumbline.rule import Located, Verdict
from plumbline.version import ruff_version

RUFF = Path(sys.executable).with_name("ruff")
_TEXT = frozenset(
    f"django.db.models.{name}Field" for name in "Char Text Slug Email FilePath URL".split()
)
"""The fields that DJ001 knows."""
_REQUESTS = frozenset(
    f"{package}.{verb}"
    for package in ("requests", "httpx")
    for verb in "delete get head options patch post put request stream".split()
)
"""The calls that S113 knows."""


class Remark(NamedTuple):
    """Something that ruff says of a place."""

    code: str
    path: str
    line: int
    message: str


class Found(NamedTuple):
    """What is compared: where it is, and what kind of thing it is where one class may hold several."""

    path: str
    place: str
    kind: str = ""


class Difference(NamedTuple):
    """Something that only one side says, and why."""

    found: Found
    line: int
    side: str
    reason: str
    repository: str


class View:
    """One repository, with what is needed to compare."""

    def __init__(self, folder: Path) -> None:
        self.name = folder.name
        outlines = decoded_outlines(job_of(folder))
        config = read_config(outlines, all_rules())
        readable = {
            path: item for path, item in outlines.items() if not isinstance(item, o.Unreadable)
        }
        self.project = Project(readable, [], config=config)
        self.models = {(model.cls.path, model.cls.symbol): model for model in self.project.models}
        self.classes: defaultdict[str, list[Class]] = defaultdict(list)
        for cls in self.project.classes:
            self.classes[cls.path].append(cls)
        self.linted = set(_ruff(folder, "--show-files").splitlines())
        self.remarks = [
            Remark(
                item["code"],
                str(Path(item["filename"]).relative_to(folder.resolve())),
                item["location"]["row"],
                item["message"],
            )
            for item in json.loads(
                _ruff(folder, "--ignore-noqa", "--output-format", "json", "--select", _codes())
            )
        ]
        self.folder = folder

    def is_linted(self, path: str) -> bool:
        """Whether ruff looks at a file."""
        return str((self.folder / path).resolve()) in self.linted

    def class_at(self, path: str, line: int) -> Class | None:
        """The innermost class around a line that is not a ``Meta``."""
        around = [
            cls
            for cls in self.classes[path]
            if cls.line <= line <= cls.end_line and cls.name != "Meta"
        ]
        return max(around, key=lambda cls: cls.line, default=None)

    def symbol_at(self, path: str, line: int) -> str:
        """The name of the class around a line."""
        cls = self.class_at(path, line)
        return cls.symbol if cls is not None else f"line {line}"

    def verdicts(self, codes: Iterable[str]) -> list[Verdict]:
        """What the rules say, of good subjects too."""
        rules = [all_rules()[code] for code in codes if code in all_rules()]
        return [
            verdict
            for rule in rules
            if rule.not_applicable(self.project) is None
            for verdict in rule.check(self.project)
        ]


class Pair(NamedTuple):
    """Rules of ruff and of ours that look for the same."""

    theirs: tuple[str, ...]
    ours: tuple[str, ...]
    what: str
    ruff_key: Callable[[View, Remark], Found]
    our_key: Callable[[View, Verdict], Found | None]
    only_ruff: Callable[[View, Found, int, Verdict | None], str]
    only_ours: Callable[[View, Verdict], str]


def _ruff(folder: Path, *options: str) -> str:
    done = subprocess.run(
        [str(RUFF), "check", "--isolated", "--no-cache", "--quiet", *options, "."],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return done.stdout


def _codes() -> str:
    return ",".join(code for pair in PAIRS for code in pair.theirs)


def place_of(verdict: Verdict) -> Located:
    """The place that a verdict points at."""
    return verdict.at or verdict.subject


# ---- keys ----


def ruff_line(view: View, remark: Remark) -> Found:
    """By path and line."""
    return Found(remark.path, f"line {remark.line}")


def our_line(view: View, verdict: Verdict) -> Found | None:
    """By path and line."""
    place = place_of(verdict)
    return Found(place.path, f"line {place.line}")


def ruff_class(view: View, remark: Remark) -> Found:
    """By path and class."""
    return Found(remark.path, view.symbol_at(remark.path, remark.line))


def our_class(view: View, verdict: Verdict) -> Found | None:
    """By path and class."""
    place = place_of(verdict)
    return Found(place.path, view.symbol_at(place.path, place.line))


def ruff_member(view: View, remark: Remark) -> Found:
    """By path, class and the kind of member that stands too low."""
    kind = remark.message.partition(": ")[2].partition(" should come before")[0]
    return Found(remark.path, view.symbol_at(remark.path, remark.line), _MEMBERS.get(kind, kind))


_MEMBERS = {
    "field declaration": "field",
    "manager declaration": "manager",
    "`Meta` class": "Meta",
    "Magic method": "__str__",
    "`save` method": "save",
    "`get_absolute_url` method": "get_absolute_url",
}


def our_member(view: View, verdict: Verdict) -> Found | None:
    """By path, class and the kind of member that stands too low."""
    place = place_of(verdict)
    last = place.symbol.rpartition(".")[2]
    if verdict.message.startswith("property "):
        last = "property"
    elif last not in ("Meta", "__str__"):
        last = "field"
    return Found(place.path, view.symbol_at(place.path, place.line), last)


def ruff_receiver(view: View, remark: Remark) -> Found:
    """By path and function: ruff points at a decorator of it."""
    module = view.project.names.modules.get(remark.path)
    below = [item.line for item in module.functions if item.line >= remark.line] if module else []
    return Found(remark.path, f"line {min(below, default=remark.line)}")


# ---- reasons ----

UNEXPLAINED = "unexplained"
WHY = {
    "in a test": "Ruff reads every file; Plumbline's rules on models, forms and requests leave tests aside.",
    "in a migration": "Migrations hold frozen copies of models; Plumbline reads them with rules of their own.",
    "in documentation or an example": (
        "Samples and the fixtures of other tools (`docs`, `examples`, folders that begin with a dot) are not the "
        "project's code."
    ),
    "in a file that Plumbline leaves out": "Vendored and generated files and project templates are not judged.",
    "in a file that ruff leaves out": "Ruff skips folders such as `build` and what git ignores.",
    "base class in another file": (
        "Ruff sees one file, so a model or form is one only if it says so there; Plumbline follows bases through the "
        "repository and into known packages."
    ),
    "base class that is not known": (
        "The base class is computed or from a package that Plumbline does not know; ruff does not ask whether the "
        "class is a model."
    ),
    "not a model": "Ruff looks at the body of any class; here no base leads to Django's `Model`.",
    "unique text column": (
        "A text column under a unique constraint needs nulls, so that several rows can leave it out; ruff knows this "
        "of `unique=True` with `blank=True`, but not of constraints and of columns that no form shows."
    ),
    "computed": "Whether the column may be null is computed, and Plumbline does not guess.",
    "field class of its own": (
        "The field is text, or a field at all, by inheritance or from a package; ruff knows the classes in "
        "`django.db.models` by name."
    ),
    "inherits `__str__`": "`__str__` comes from a base class in another file or in a package.",
    "table of a relation": "The table of a many-to-many relation (`through=`): nobody names its rows.",
    "proxy": "A proxy has its model's table and its model's text.",
    "no column": "A model without columns has nothing to name a row by; it carries permissions or the like.",
    "no table": "An unmanaged model without columns only carries permissions or the like.",
    "manager": (
        "Ruff wants managers between fields and `Meta`, as Django's style does; the guide does not place them, so "
        "they may stand anywhere."
    ),
    "`save` and `get_absolute_url`": (
        "Ruff wants them above other methods, as Django's style does; the guide does not place them."
    ),
    "other dunder method": (
        "Ruff counts every dunder method like `__str__`, or like a method; the guide places `__str__` alone."
    ),
    "function that a field refers to": "Such a function has to stand above the field that names it.",
    "property": "The guide wants properties above methods; ruff does not tell them apart.",
    "`exclude` beside `fields`": "The list of `fields` decides what the form takes; `exclude` then only narrows it.",
    "no model": "A base form that names no model is no form yet.",
    "neither list": "A `Meta` with neither `fields` nor `exclude`, which Django refuses; ruff lets it pass.",
    "urllib": "Ruff's S113 knows requests and httpx, not `urllib.request.urlopen`, which waits for ever too.",
    "session": (
        "The request goes through a session; ruff knows the functions of the package alone, Plumbline follows what "
        "makes the session."
    ),
    "context under a name": "`locals()` reaches the template under a name, or by something else than `render`.",
}
"""One sentence for each kind of difference."""


def elsewhere(view: View, path: str) -> str:
    """Why we say nothing about anything in a file; empty if we might."""
    module = view.project.names.modules.get(path)
    if module is None:
        return "in a file that Plumbline leaves out"
    return {
        "test": "in a test",
        "migration": "in a migration",
        "documentation": "in documentation or an example",
    }.get(module.role, "")


def sees_base(view: View, cls: Class, name: str) -> bool:
    """Whether a class leads to the base of this name by classes of its own file alone, as far as ruff can follow."""
    seen: set[str] = set()
    pending = [cls]
    while pending:
        item = pending.pop()
        if item.symbol in seen:
            continue
        seen.add(item.symbol)
        if name in item.bases:
            return True
        below = [view.project.classes.by_name.get(base) for base in item.bases]
        pending += [base for base in below if base is not None and base.path == cls.path]
    return False


def not_ours(view: View, cls: Class | None) -> str:
    """Why a class is no subject of ours."""
    model = view.models.get((cls.path, cls.symbol)) if cls is not None else None
    if model is None:
        return "base class that is not known" if cls and cls.unknown_bases else "not a model"
    if model.is_proxy:
        return "proxy"
    if model.has_no_table:
        return "no table"
    tables = {field.through for item in view.project.models for field in item.fields}
    if model.name in tables or model.cls.qualified_name in tables:
        return "table of a relation"
    return UNEXPLAINED if model.fields else "no column"


def nullable_ruff(view: View, found: Found, line: int, verdict: Verdict | None) -> str:
    """Why only ruff speaks of a nullable text column."""
    if verdict is None:
        return not_ours(view, view.class_at(found.path, line))
    return "computed" if verdict.outcome == "unknown" else "unique text column"


def nullable_ours(view: View, verdict: Verdict) -> str:
    """Why only we speak of a nullable text column."""
    field = verdict.subject
    if isinstance(field, Field) and field.constructor not in _TEXT:
        return "field class of its own"
    return UNEXPLAINED


def str_ruff(view: View, found: Found, line: int, verdict: Verdict | None) -> str:
    """Why only ruff misses ``__str__``."""
    if verdict is None:
        return not_ours(view, view.class_at(found.path, line))
    return "base class that is not known" if verdict.outcome == "unknown" else "inherits `__str__`"


def model_ours(view: View, verdict: Verdict) -> str:
    """Why only we see a model."""
    cls = view.class_at(verdict.subject.path, verdict.subject.line)
    if cls is not None and not sees_base(view, cls, "django.db.models.Model"):
        return "base class in another file"
    return UNEXPLAINED


def order_ruff(view: View, found: Found, line: int, verdict: Verdict | None) -> str:
    """Why only ruff finds a member too low."""
    model = view.models.get((found.path, found.place))
    if model is None:
        return not_ours(view, view.class_at(found.path, line))
    if found.kind == "manager":
        return "manager"
    if found.kind in ("save", "get_absolute_url"):
        return "`save` and `get_absolute_url`"
    own = next((item for item in model.body if model.cls.located(item).line == line), None)
    if own is not None and own.kind == "function" and own.name != "__str__":
        return "other dunder method"
    above = [item for item in model.body if item.line < line]
    placed = {id(item) for item in model.callables}
    if any(id(item) in placed or item.name in ("Meta", "__str__") for item in above):
        return UNEXPLAINED
    if any(_is_manager(item) for item in above):
        return "manager"
    functions = [item.name for item in above if item.kind == "function"]
    if functions:
        is_dunder = all(name.startswith("__") for name in functions)
        return "other dunder method" if is_dunder else "function that a field refers to"
    return UNEXPLAINED


def _is_manager(member: o.Member) -> bool:
    value = member.value
    last = value.name.rpartition(".")[2] if isinstance(value, o.Invocation) else ""
    return last == "as_manager" or last.endswith("Manager")


def order_ours(view: View, verdict: Verdict) -> str:
    """Why only we find a member too low."""
    if verdict.message.startswith("property "):
        return "property"
    reason = model_ours(view, verdict)
    place = place_of(verdict)
    if reason == UNEXPLAINED and isinstance(place, Field):
        is_djangos = place.constructor.startswith("django.db.models.")
        return reason if is_djangos else "field class of its own"
    return reason


def form_ruff(view: View, found: Found, line: int, verdict: Verdict | None) -> str:
    """Why only ruff speaks of a form."""
    cls = view.class_at(found.path, line)
    if verdict is not None:
        in_order = verdict.outcome == "in_order"
        return "`exclude` beside `fields`" if in_order else "base class that is not known"
    return "no model" if cls is not None and cls.option("model") is None else UNEXPLAINED


def form_ours(view: View, verdict: Verdict) -> str:
    """Why only we speak of a form."""
    cls = view.class_at(verdict.subject.path, verdict.subject.line)
    if cls is None or "local variable" in verdict.message:
        return "context under a name"
    if "lists no fields" in verdict.message:
        return "neither list"
    seen = sees_base(view, cls, "django.forms.ModelForm")
    return UNEXPLAINED if seen else "base class in another file"


def other_ruff(view: View, found: Found, line: int, verdict: Verdict | None) -> str:
    """Why only ruff speaks of a receiver or a request: not known."""
    return UNEXPLAINED


def receiver_ours(view: View, verdict: Verdict) -> str:
    """Why only we speak of a receiver: not known."""
    return UNEXPLAINED


def request_ours(view: View, verdict: Verdict) -> str:
    """Why only we speak of a request."""
    call = verdict.subject
    if not isinstance(call, CallSite):
        return UNEXPLAINED
    if call.target.startswith("urllib."):
        return "urllib"
    return UNEXPLAINED if call.target in _REQUESTS else "session"


PAIRS = (
    Pair(
        ("DJ001",),
        ("RUF07",),
        "nullable text columns",
        ruff_line,
        our_line,
        nullable_ruff,
        nullable_ours,
    ),
    Pair(
        ("DJ003", "DJ006", "DJ007"),
        ("RUF10",),
        "forms and contexts",
        ruff_class,
        our_class,
        form_ruff,
        form_ours,
    ),
    Pair(
        ("DJ008",),
        ("RUF08",),
        "models without `__str__`",
        ruff_class,
        our_class,
        str_ruff,
        model_ours,
    ),
    Pair(
        ("DJ012",),
        ("MOD03", "MOD05", "MOD06"),
        "order of members",
        ruff_member,
        our_member,
        order_ruff,
        order_ours,
    ),
    Pair(
        ("DJ013",),
        ("SIG10",),
        "order of decorators",
        ruff_receiver,
        our_line,
        other_ruff,
        receiver_ours,
    ),
    Pair(
        ("S113",),
        ("CBR02",),
        "requests without a timeout",
        ruff_line,
        our_line,
        other_ruff,
        request_ours,
    ),
)


def compared(view: View, pair: Pair) -> tuple[int, list[Difference]]:
    """How much both sides say of a repository, and each difference."""
    theirs: dict[Found, int] = {}
    for remark in view.remarks:
        if remark.code in pair.theirs:
            theirs.setdefault(pair.ruff_key(view, remark), remark.line)
    verdicts: dict[Found, Verdict] = {}
    for verdict in view.verdicts(pair.ours):
        key = pair.our_key(view, verdict)
        if key is not None and (key not in verdicts or verdict.outcome == "violation"):
            verdicts[key] = verdict
    ours = {key for key, verdict in verdicts.items() if verdict.outcome == "violation"}
    differences = [
        Difference(
            key,
            theirs[key],
            "ruff only",
            elsewhere(view, key.path) or pair.only_ruff(view, key, theirs[key], verdicts.get(key)),
            view.name,
        )
        for key in sorted(theirs.keys() - ours)
    ]
    for key in sorted(ours - theirs.keys()):
        reason = (
            pair.only_ours(view, verdicts[key])
            if view.is_linted(key.path)
            else "in a file that ruff leaves out"
        )
        line = place_of(verdicts[key]).line
        differences.append(Difference(key, line, "ours only", reason, view.name))
    return len(theirs.keys() & ours), differences


def by_reason(differences: list[Difference]) -> list[tuple[str, str, int]]:
    """Side, reason and number, most frequent first."""
    counts = Counter((item.side, item.reason) for item in differences)
    return [(side, reason, number) for (side, reason), number in counts.most_common()]


def page(views: list[View], found: dict[Pair, tuple[int, list[Difference]]]) -> str:
    """``docs/ruff-agreement.md``."""
    lines = [
        "# Agreement with ruff on shared ground",
        "",
        "Made by `python benchmarks/ruff_agreement.py … --write docs/ruff-agreement.md`: what ruff "
        f"{ruff_version()} (without the repositories' configuration and `noqa` comments) and Plumbline's rules for the "
        "same say of the repositories below, matched by line, class or function. Why they differ is worked out from "
        "each repository by the script.",
        "",
        "| repository | commit |",
        "|---|---|",
        *(f"| {view.name} | `{commit_of(view.folder)[:12]}` |" for view in views),
        "",
        "| ruff | Plumbline | what | both | ruff only | ours only | unexplained |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for pair, (both, differences) in found.items():
        sides = Counter(item.side for item in differences)
        left = sum(item.reason == UNEXPLAINED for item in differences)
        lines.append(
            f"| {', '.join(pair.theirs)} | {', '.join(pair.ours)} | {pair.what} | {both} | {sides['ruff only']} "
            f"| {sides['ours only']} | {left} |"
        )
    lines += [
        "",
        "## Why they differ",
        "",
        "| ruff | who speaks | how often | reason |",
        "|---|---|---:|---|",
    ]
    for pair, (_, differences) in found.items():
        lines += [
            f"| {', '.join(pair.theirs)} | {side} | {number} | {reason} |"
            for side, reason, number in by_reason(differences)
        ]
    used = {item.reason for _, differences in found.values() for item in differences}
    lines += ["", *(f"- **{reason}**: {text}" for reason, text in WHY.items() if reason in used)]
    strange = [
        f"- {item.side}: {item.repository} {item.found.path}:{item.line}"
        for _, differences in found.values()
        for item in differences
        if item.reason == UNEXPLAINED
    ]
    return "\n".join([*lines, "", *(["## Unexplained", "", *strange, ""] if strange else [])])


def main() -> None:
    """Compare, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", metavar="FOLDER", type=Path, nargs="+")
    parser.add_argument("--list", action="store_true", help="every difference")
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    views = [View(folder) for folder in options.folders]
    found: dict[Pair, tuple[int, list[Difference]]] = {}
    for pair in PAIRS:
        results = [compared(view, pair) for view in views]
        found[pair] = (
            sum(both for both, _ in results),
            [item for _, differences in results for item in differences],
        )
    for pair, (both, differences) in found.items():
        sides = Counter(item.side for item in differences)
        print(
            f"{', '.join(pair.theirs)} and {', '.join(pair.ours)}: both {both}, ruff only {sides['ruff only']}, "
            f"ours only {sides['ours only']}"
        )
        for side, reason, number in by_reason(differences):
            print(f"  {side} {number:4}  {reason}")
        for item in differences:
            if options.list or item.reason == UNEXPLAINED:
                place = f"{item.repository} {item.found.path}:{item.line}"
                print(f"    {item.side}: {place} {item.found.kind} {item.reason}")
    if options.write:
        options.write.write_text(page(views, found))


if __name__ == "__main__":
    main()
