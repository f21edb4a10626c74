"""Six states, suppressions, fingerprints, configuration: what an evaluation promises whatever the rules are."""

from collections.abc import Iterator

import msgspec
import pytest

from plumbline import outline as o
from plumbline import report as r
from plumbline.analysis import NO_DJANGO, evaluate, evaluate_encoded
from plumbline.extract import outline_bytes, read_outline
from plumbline.project import Project
from plumbline.registry import all_rules
from plumbline.rule import Basis, Level, Rule, Verdict
from plumbline.rules.models.singular_reverse_name import SingularReverseName
from plumbline.scoring import open_must
from plumbline.source import UnreadableFile
from tests.plumbline.outlines import outlines_of

DJANGO = {"pyproject.toml": '[project]\nname = "shop"\ndependencies = ["django>=6"]\n'}


class Names(Rule):
    """A rule on the names of classes: `Bad…` breaks it, `Odd…` cannot be told, `Boom` is a bug of ours."""

    code = "TST91"
    slug = "bad-name"
    title = "No class is called bad"
    level = Level.MUST
    basis = Basis.KEYWORD
    section = "Tests"
    guide_lines = (1, 2)
    what = why = how = applies_when = "…"
    absent = "no classes"

    def not_applicable(self, project: Project) -> str | None:
        return "nobody wants it" if any(cls.name == "Unwanted" for cls in project.classes) else None

    def check(self, project: Project) -> Iterator[Verdict]:
        for cls in project.classes:
            if cls.name == "Boom":
                raise KeyError(cls.name)
            if cls.name == "Deep":
                raise RecursionError
            if cls.name.startswith("Bad"):
                yield cls.violation(f"`{cls.name}` is bad")
            elif cls.name.startswith("Odd"):
                yield cls.unknown("it comes from elsewhere")
            else:
                yield cls.in_order()


class Other(Names):
    code = "TST92"
    level = Level.SHOULD


class Preview(Names):
    code = "TST93"
    preview = True


def judge(files, *rules, **options):
    texts = DJANGO | files if "pyproject.toml" not in files else files
    chosen = {rule.code: rule for rule in rules or (Names(),)}
    return evaluate(outlines_of(texts), rules=chosen, **options)


def outcome(text, *rules):
    return judge({"shop/a.py": text}, *rules).rules[0]


# ---- states --------------------------------------------------------------------------------------------------


def test_all_in_order_is_a_pass():
    found = outcome("class A:\n    pass\nclass B:\n    pass\n")
    assert (found.state, found.subjects, found.violations, found.evidence) == (
        "pass",
        2,
        0,
        "2 in order",
    )


def test_one_violation_is_a_fail_and_a_finding():
    report = judge({"shop/a.py": "class A:\n    pass\n\n\nclass Bad:\n    pass\n"})
    (rule,) = report.rules
    (finding,) = report.findings
    assert (rule.state, rule.subjects, rule.violations) == ("fail", 2, 1)
    assert rule.evidence == "1 of 2 in violation"
    assert (finding.code, finding.path, finding.line, finding.column, finding.end_line) == (
        "TST91", "shop/a.py", 5, 1, 6,
    )  # fmt: skip
    assert (finding.symbol, finding.message, finding.suppressed) == (
        "shop.a.Bad",
        "`Bad` is bad",
        None,
    )
    assert report.standing == "off"
    assert report.score == 50.0
    assert open_must(report) == [finding]


def test_nothing_to_judge_is_not_applicable_with_the_rule_s_evidence():
    found = outcome("x = 1\n")
    assert (found.state, found.evidence) == ("not_applicable", "no classes")


def test_a_condition_that_does_not_hold_is_not_applicable_with_its_evidence():
    found = outcome("class Unwanted:\n    pass\nclass Bad:\n    pass\n")
    assert (found.state, found.evidence, found.subjects) == ("not_applicable", "nobody wants it", 0)


def test_a_repository_without_django_is_judged_by_no_rule():
    report = judge({"pyproject.toml": "[project]\nname = 'x'\n", "a.py": "class Bad:\n    pass\n"})
    assert (report.rules[0].state, report.rules[0].evidence) == ("not_applicable", NO_DJANGO)
    assert (report.score, report.standing, report.findings) == (None, None, [])


def test_suppressed_violations_alone_are_waived():
    found = outcome(
        "class Bad:  # plumbline: ignore[TST91] an old friend\n    pass\nclass A:\n    pass\n"
    )
    assert (found.state, found.subjects, found.violations, found.suppressed) == ("waived", 2, 0, 1)


def test_a_suppression_beside_an_open_violation_is_a_fail():
    found = outcome(
        "class Bad:  # plumbline: ignore[TST91] an old friend\n    pass\nclass BadToo:\n    pass\n"
    )
    assert (found.state, found.violations, found.suppressed) == ("fail", 1, 1)


def test_what_cannot_be_told_is_an_error_only_where_nothing_else_was():
    assert outcome("class Odd:\n    pass\n").state == "error"
    assert "it comes from elsewhere" in outcome("class Odd:\n    pass\n").evidence
    mixed = outcome("class Odd:\n    pass\nclass A:\n    pass\n")
    assert (mixed.state, mixed.subjects) == ("pass", 1)
    assert "1 cannot be told" in mixed.evidence


def test_an_unreadable_file_is_an_error_only_for_an_otherwise_empty_rule():
    files = outlines_of(DJANGO | {"shop/a.py": "class A:\n    pass\n"})
    broken = files | {"shop/b.py": o.Unreadable("broken")}
    report = evaluate(broken, rules={"TST91": Names()})
    assert (report.rules[0].state, report.partial) == ("pass", True)
    assert report.files.unreadable == [UnreadableFile("shop/b.py", "broken")]
    del broken["shop/a.py"]
    report = evaluate(broken, rules={"TST91": Names()})
    assert (report.rules[0].state, report.evaluated, report.applicable) == ("error", 0, 1)
    assert "python" in report.rules[0].evidence


def test_a_file_that_the_rule_does_not_need_may_be_unreadable():
    broken = outlines_of(DJANGO | {"shop/a.py": "x = 1\n"}) | {
        "compose.yaml": o.Unreadable("broken")
    }
    assert evaluate(broken, rules={"TST91": Names()}).rules[0].state == "not_applicable"


@pytest.mark.parametrize(("name", "said"), [("Boom", "KeyError"), ("Deep", "nested too deeply")])
def test_a_rule_that_fails_says_error_and_stops_no_other(name, said):
    class Sound(Rule):
        code = "TST99"
        level = Level.SHOULD
        absent = "nothing"

        def check(self, project: Project) -> Iterator[Verdict]:
            yield project.repository("all", "pyproject.toml").in_order()

    report = judge({"shop/a.py": f"class {name}:\n    pass\n"}, Names(), Sound())
    assert report.rules[0].state == "error"
    assert said in report.rules[0].evidence
    assert report.rules[1].state == "pass"
    assert report.partial


def test_a_disabled_rule_is_not_evaluated_and_says_why():
    config = DJANGO["pyproject.toml"] + '[tool.plumbline]\ndisable = { TST91 = "we like it" }\n'
    report = judge(
        {"pyproject.toml": config, "shop/a.py": "class Bad:\n    pass\n"}, Names(), Other()
    )
    assert report.rules[0].state == "not_evaluated"
    assert report.rules[0].evidence == "disabled in pyproject.toml: we like it"
    assert report.rules[1].state == "fail"
    assert [finding.code for finding in report.findings] == ["TST92"]


def test_select_narrows_by_code_or_prefix():
    codes = [rule.code for rule in judge({}, Names(), Other(), select=["TST92"]).rules]
    assert codes == ["TST92"]
    assert len(judge({}, Names(), Other(), select=["TST"]).rules) == 2


def test_a_preview_rule_reports_and_never_counts():
    report = judge({"shop/a.py": "class Bad:\n    pass\n"}, Preview())
    assert (report.rules[0].state, report.rules[0].weight) == ("fail", 0)
    assert len(report.findings) == 1
    assert (report.score, report.standing, report.applicable) == (None, "plumb", 0)
    assert open_must(report) == []


# ---- suppressions --------------------------------------------------------------------------------------------


def test_a_suppression_keeps_its_reason_with_the_finding():
    report = judge(
        {"shop/a.py": "# plumbline: ignore[TST91] an old friend\nclass Bad:\n    pass\n"}
    )
    assert report.findings[0].suppressed == "an old friend"
    assert report.standing == "plumb"


def housekeeping(files, *, today="2026-06-15", select=None):
    """Code and place of what the rules about suppressions find, beside the test's own rule."""
    rules = {
        "TST91": Names(),
        **{code: rule for code, rule in all_rules().items() if rule.comes_last},
    }
    report = evaluate(outlines_of(DJANGO | files), rules=rules, today=today, select=select)
    own = [finding for finding in report.findings if finding.code == "TST91"]
    return [(f.code, f.path, f.line) for f in report.findings if f.code != "TST91"], own, report


def test_a_suppression_without_a_reason_has_no_effect_and_is_reported():
    found, own, _ = housekeeping(
        {"shop/a.py": "class Bad:  # plumbline: ignore[TST91]\n    pass\n"}
    )
    assert own[0].suppressed is None
    assert found == [("PLB03", "shop/a.py", 1)]


def test_a_suppression_that_suppresses_nothing_is_reported():
    text = "x = 1\n# plumbline: ignore[TST91] just in case\nclass A:\n    pass\n"
    found, _, _ = housekeeping({"shop/a.py": text})
    assert found == [("PLB01", "shop/a.py", 2)], "reported where the comment stands"


def test_a_suppression_holds_until_the_end_of_its_last_day():
    text = "class Bad:  # plumbline: ignore[TST91] until=2026-06-15 goes soon\n    pass\n"
    found, own, report = housekeeping({"shop/a.py": text})
    assert (found, own[0].suppressed, report.valid_until) == ([], "goes soon", "2026-06-15")
    found, own, report = housekeeping({"shop/a.py": text}, today="2026-06-16")
    assert (found, own[0].suppressed, report.valid_until) == (
        [("PLB02", "shop/a.py", 1)],
        None,
        None,
    )


def test_a_verdict_is_valid_until_its_first_suppression_ends():
    text = (
        "class Bad:  # plumbline: ignore[TST91] until=2026-09-01 goes soon\n    pass\n"
        "class BadToo:  # plumbline: ignore[TST91] goes later until=2026-08-01\n    pass\n"
        "class Good:  # plumbline: ignore[TST91] until=2026-07-01 unused\n    pass\n"
    )
    found, own, report = housekeeping({"shop/a.py": text})
    assert [finding.suppressed for finding in own] == ["goes soon", "goes later"]
    assert (found, report.valid_until) == ([("PLB01", "shop/a.py", 5)], "2026-08-01")


@pytest.mark.parametrize("until", ["2026-13-01", "soon", "2026-1-1", "20260101", "2026-02-40"])
def test_an_end_that_is_no_date_takes_the_effect_away(until):
    text = f"class Bad:  # plumbline: ignore[TST91] until={until} why\n    pass\n"
    found, own, _ = housekeeping({"shop/a.py": text})
    assert (found, own[0].suppressed) == ([("PLB02", "shop/a.py", 1)], None)


def test_an_unused_suppression_is_not_reported_when_only_some_rules_ran():
    text = "class A:  # plumbline: ignore[MOD01] why\n    pass\n"
    found, _, _ = housekeeping({"shop/a.py": text}, select=["TST91", "PLB"])
    assert found == [], "MOD01 did not run, so nobody knows"


def test_a_suppression_of_no_rule_is_reported():
    found, _, _ = housekeeping({"shop/a.py": "x = 1  # plumbline: ignore[TST77] why\n"})
    assert found == [("PLB01", "shop/a.py", 1)]


def test_a_suppression_is_for_its_codes_and_its_line_alone():
    text = "class Bad:  # plumbline: ignore[TST92] why\n    pass\nclass BadToo:\n    pass\n"
    report = judge({"shop/a.py": text}, Names(), Other())
    open_ones = {(f.code, f.line) for f in report.findings if f.suppressed is None}
    assert open_ones == {("TST91", 1), ("TST91", 3), ("TST92", 3)}


def test_one_comment_may_name_several_codes():
    text = "class Bad:  # plumbline: ignore[TST91, tst92] why\n    pass\n"
    report = judge({"shop/a.py": text}, Names(), Other())
    assert {finding.suppressed for finding in report.findings} == {"why"}


# ---- fingerprints --------------------------------------------------------------------------------------------


def prints(text, path="shop/a.py"):
    return {finding.symbol: finding.fingerprint for finding in judge({path: text}).findings}


def test_a_fingerprint_survives_edits_above_and_below():
    before = prints("class Bad:\n    pass\n")
    after = prints(
        "import os\n\n# more\nclass A:\n    pass\n\n\nclass Bad:\n\n    x = 1\n\n\ndef f():\n    pass\n"
    )
    assert before == after


def test_a_fingerprint_is_unaffected_by_other_findings():
    alone = prints("class Bad:\n    pass\n")
    both = prints("class BadFirst:\n    pass\nclass Bad:\n    pass\nclass BadLast:\n    pass\n")
    assert both["shop.a.Bad"] == alone["shop.a.Bad"]
    assert len(set(both.values())) == 3


def test_a_fingerprint_tells_rules_places_and_repetitions_apart():
    text = "class Bad:\n    pass\nclass Bad:\n    pass\n"
    report = judge({"shop/a.py": text, "shop/b.py": text}, Names(), Other())
    assert len({finding.fingerprint for finding in report.findings}) == 8


def test_a_fingerprint_does_not_depend_on_suppression_or_configuration():
    plain = prints("class Bad:\n    pass\n")
    assert prints("class Bad:  # plumbline: ignore[TST91] why\n    pass\n") == plain


def test_the_order_of_files_changes_nothing():
    files = DJANGO | {f"shop/m{n}.py": f"class Bad{n}:\n    pass\n" for n in range(6)}
    forth = evaluate(outlines_of(files), rules={"TST91": Names()})
    back = evaluate(outlines_of(dict(reversed(files.items()))), rules={"TST91": Names()})
    assert forth == back


# ---- configuration -------------------------------------------------------------------------------------------


def configured(table, files=None):
    config = DJANGO["pyproject.toml"] + f"[tool.plumbline]\n{table}\n"
    return judge({"pyproject.toml": config, "shop/a.py": "class Bad:\n    pass\n"} | (files or {}))


@pytest.mark.parametrize("pattern", ["shop", "shop/", "shop/*", "shop/a.py", "*/a.py", "shop/**"])
def test_excluded_files_are_counted_and_not_judged(pattern):
    report = configured(f'exclude = ["{pattern}"]')
    assert (report.findings, report.files.excluded, report.files.read) == ([], 1, 1)


def test_an_exclusion_is_of_whole_folders_not_of_names_that_start_alike():
    assert len(configured('exclude = ["sho", "shop/b.py"]').findings) == 1


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("excludes = ['shop']", "did you mean `exclude`?"),
        ("x = 1", "known keys: `exclude`, `disable`, `source-roots`"),
        ("source-roots = 'src'", "list of folders"),
        ("exclude = 'shop'", "list of path patterns"),
        ("exclude = [1]", "list of path patterns"),
        ("disable = ['TST91']", "table of reasons"),
        ("disable = { TST91 = '' }", "needs a reason"),
        ("disable = { TST91 = true }", "needs a reason"),
        ("disable = { 'TST-91' = 'why' }", "not a rule code"),
        ("disable = { MOD0 = 'why' }", "did you mean `MOD"),
    ],
)
def test_a_configuration_that_says_nothing_useful_has_no_effect_and_is_reported(table, said):
    config = DJANGO["pyproject.toml"] + f"[tool.plumbline]\n{table}\n"
    files = {"pyproject.toml": config, "shop/a.py": "class Bad:\n    pass\n"}
    found, own, report = housekeeping(files)
    assert found == [("PLB04", "pyproject.toml", 1)]
    assert said in next(f.message for f in report.findings if f.code == "PLB04")
    assert len(own) == 1


@pytest.mark.parametrize("tool", ["plumbline = 1", "plumbline = []", "x = 1"])
def test_a_table_of_another_shape_is_no_configuration(tool):
    config = DJANGO["pyproject.toml"] + f"[tool]\n{tool}\n"
    report = judge({"pyproject.toml": config, "shop/a.py": "class Bad:\n    pass\n"})
    assert len(report.findings) == 1


# ---- jobs ----------------------------------------------------------------------------------------------------


def test_a_job_survives_its_encoding_and_a_damaged_outline_is_an_unreadable_file():
    texts = DJANGO | {"shop/models.py": "from django.db import models\n"}
    outlines = [
        (path, kind, outline_bytes(kind, texts[path].encode()))
        for path, kind in (("pyproject.toml", "toml"), ("shop/models.py", "python"))
    ]
    outlines.append(("shop/b.py", "python", b"\xc1damaged"))
    job = r.Job("/x", "abc", outlines, excluded=7, unreadable=[UnreadableFile("c.py", "too large")])
    report = r.decode_report(evaluate_encoded(r.encode(job)))
    assert (report.path, report.commit, report.files.excluded, report.partial) == (
        "/x",
        "abc",
        7,
        True,
    )
    assert [(file.path, file.reason) for file in report.files.unreadable] == [
        ("c.py", "too large"),
        ("shop/b.py", "its cached outline is damaged"),
    ]
    assert report.ruleset.startswith("sha256:")


def test_an_encoded_job_that_is_none_is_refused():
    with pytest.raises(msgspec.DecodeError):
        evaluate_encoded(b"")


class HalfWay(SingularReverseName):
    """A rule that fails after its first verdict."""

    def check(self, project):
        yield next(super().check(project))
        raise LookupError


def test_a_rule_that_fails_half_way_leaves_no_half_verdict():
    text = (
        "from django.db import models\n\nclass Order(models.Model):\n"
        '    user = models.ForeignKey("auth.User", models.CASCADE, related_name="order")\n'
    )
    report = evaluate(
        {"shop/models.py": read_outline("python", text.encode())}, rules={"MOD08": HalfWay()}
    )
    (outcome,) = report.rules
    assert (outcome.state, outcome.violations, outcome.subjects) == ("error", 0, 0)
    assert "LookupError" in outcome.evidence
    assert report.findings == []


def test_an_excluded_file_that_is_unreadable_does_not_make_the_report_partial():
    config = (
        b'[project]\nname = "x"\ndependencies = ["django"]\n[tool.plumbline]\nexclude = ["old/*"]\n'
    )
    outlines = {
        "pyproject.toml": read_outline("toml", config),
        "old/a.py": read_outline("python", b"print 1"),
    }
    report = evaluate(outlines, unreadable=[UnreadableFile("old/b.py", "too large")])
    assert not report.partial
    assert report.files.excluded == 1
    assert report.files.unreadable == []
    assert evaluate(outlines, unreadable=[UnreadableFile("new/b.py", "too large")]).partial
