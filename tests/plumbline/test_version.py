"""What names the judge: one hash for each rule, one for what all rules share."""

from plumbline import version
from plumbline.registry import all_rules


def test_each_rule_has_a_version_of_its_own():
    versions = version.rule_versions()
    assert list(versions) == list(all_rules())
    assert len(set(versions.values())) == len(versions)


def test_a_rule_changes_with_the_modules_of_rules_that_it_imports():
    sources = {
        "plumbline.rules.a.one": b"from plumbline.rules.a.base import Base\n",
        "plumbline.rules.a.base": b"import plumbline.rules.b.two\n",
        "plumbline.rules.b.two": b"from plumbline.rules.a.one import x\n",
        "plumbline.rules.c.three": b"",
    }
    assert version._closure("plumbline.rules.a.one", sources) == [
        "plumbline.rules.a.base",
        "plumbline.rules.a.one",
        "plumbline.rules.b.two",
    ]


def test_no_rule_is_part_of_what_all_share(monkeypatch):
    shared = version.shared_version()
    real = version._sources

    def sources(folder, prefix=""):
        return [
            (n, c + b"\n# changed" if n.startswith("rules/") else c)
            for n, c in real(folder, prefix)
        ]

    monkeypatch.setattr(version, "_sources", sources)
    assert version.shared_version.__wrapped__() == shared
    assert version.ruleset.__wrapped__() != version.ruleset()
