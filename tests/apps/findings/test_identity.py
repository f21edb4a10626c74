"""Recognising findings: by example, and as properties of histories that hypothesis makes up."""

import random
from dataclasses import dataclass, replace

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.findings.identity import matches
from apps.findings.similarity import Excerpt, aligned, excerpt, likeliest
from apps.findings.traces import Trace, relative_symbol

PATH, MODULE = "apps/orders/models.py", "apps.orders.models"


def trace(key, **changes) -> Trace:
    base = Trace(key, f"f{key}", "MOD08", PATH, f"{MODULE}.Order.user", "c1", 12, 13, f"{key:040x}")
    return base._replace(**changes)


def pairs(known, seen, **options) -> list[tuple[int, int, str]]:
    return [(m.known, m.seen, m.how.value) for m in matches(known, seen, **options)]


def codes(**texts: str):
    """Give each trace, named `k<key>`, a text as its own lines and those around."""
    return lambda keys: {
        key: Excerpt(text, text) for key in keys if (text := texts.get(f"k{key}")) is not None
    }


def test_a_line_is_no_part_of_an_identity():
    assert pairs([trace(1)], [trace(2, line=99, end_line=99)]) == [(1, 2, "same")]


def test_another_rule_is_another_finding():
    assert pairs([trace(1)], [trace(2, code="MOD07")]) == []


def test_what_was_edited_is_known_by_its_symbol():
    assert pairs([trace(1)], [trace(2, content="c2")]) == [(1, 2, "edited")]


def test_of_two_edited_in_one_symbol_the_likelier_is_taken():
    known = [trace(1, content="a"), trace(2, content="b")]
    seen = [trace(3, content="c"), trace(4, content="d")]
    found = pairs(
        known,
        seen,
        code_known=codes(k1="send mail to user", k2="print total of order"),
        code_seen=codes(k3="print total of orders today", k4="send mail to users now"),
    )
    assert (1, 4, "edited") in found
    assert (2, 3, "edited") in found


def test_a_renamed_file_takes_its_findings_along_even_edited_ones():
    path, module = "apps/sales/entities.py", "apps.sales.entities"
    known = [trace(1), trace(2, symbol=f"{MODULE}.Order.item", content="c2")]
    seen = [
        trace(3, path=path, symbol=f"{module}.Order.user"),
        trace(4, path=path, symbol=f"{module}.Order.item", content="c3"),
    ]
    assert pairs(known, seen, renames={PATH: path}) == [(1, 3, "moved"), (2, 4, "edited")]


def test_without_git_a_renamed_file_is_known_by_its_bytes():
    path = "apps/sales/models.py"
    known = [trace(1, blob="b"), trace(2, symbol=MODULE, blob="b")]
    seen = [
        trace(3, path=path, symbol="apps.sales.models.Order.user", blob="b"),
        trace(4, path=path, symbol="apps.sales.models", blob="b"),
    ]
    assert pairs(known, seen) == [(1, 3, "moved"), (2, 4, "moved")]


def test_files_move_with_their_folder():
    """Nothing is known of the second file but that the first one of its folder went elsewhere."""
    known = [
        trace(1, path="a/orders/models.py", symbol="a.orders.models.Order.user"),
        trace(2, path="a/orders/__init__.py", symbol="app:orders", content="x", line=1, end_line=1),
    ]
    seen = [
        trace(3, path="b/orders/models.py", symbol="b.orders.models.Order.user"),
        trace(4, path="b/orders/__init__.py", symbol="app:b", content="y", line=1, end_line=1),
    ]
    code = codes(k1="user = ForeignKey", k3="user = ForeignKey")
    found = pairs(known, seen, code_known=code, code_seen=code)
    assert found == [(1, 3, "moved"), (2, 4, "moved")]


def test_what_moved_to_another_file_is_known_by_its_code():
    seen = trace(2, path="apps/orders/entities.py", symbol="apps.orders.entities.Order.user")
    code = codes(k1="user = ForeignKey(User)", k2="user = ForeignKey(User)")
    assert pairs([trace(1)], [seen], files=[PATH], code_known=code, code_seen=code) == [
        (1, 2, "moved")
    ]


def test_equal_words_in_unlike_places_are_two_findings():
    known = trace(1, symbol=f"{MODULE}.A.get", content="get")
    seen = trace(2, path="b/views.py", symbol="b.views.B.post", content="get")
    code = {"code_known": codes(k1="one two three"), "code_seen": codes(k2="four five six")}
    assert pairs([known], [seen], files=[PATH], **code) == []


def test_a_class_that_was_renamed_keeps_its_findings():
    known, seen = trace(1), trace(2, symbol=f"{MODULE}.PurchaseOrder.user", content="c2")
    code = {
        "code_known": codes(k1="class Order Model user ForeignKey User cascade"),
        "code_seen": codes(k2="class PurchaseOrder Model user ForeignKey User cascade"),
    }
    assert pairs([known], [seen], **code) == [(1, 2, "edited")]


def test_what_is_said_of_two_parts_of_one_configuration_is_not_the_same():
    whole = {"path": "ruff.toml", "line": 1, "end_line": 1}
    known = trace(1, symbol="ruff:W", content="W", **whole)
    seen = trace(2, symbol="ruff:I", content="I", **whole)
    code = codes(k1="line-length = 100", k2="line-length = 100")
    assert pairs([known], [seen], code_known=code, code_seen=code) == []


def test_of_equal_findings_the_ones_with_their_surroundings_stay():
    known = [trace(n, line=n * 10, end_line=n * 10) for n in (1, 2, 3)]
    seen = [trace(5, line=19), trace(6, line=29)]
    found = pairs(
        known,
        seen,
        code_known=codes(k1="alpha", k2="beta", k3="gamma"),
        code_seen=codes(k5="beta", k6="gamma"),
    )
    assert found == [(2, 5, "same"), (3, 6, "same")]


def test_what_an_older_version_wrote_is_known_by_its_fingerprint():
    old = trace(1, fingerprint="same", content="")
    assert pairs([old], [trace(2, fingerprint="same", path="b.py")]) == [(1, 2, "same")]


def test_a_symbol_loses_the_name_of_its_module_whatever_the_root():
    assert relative_symbol(trace(1, path=f"src/{PATH}")) == "Order.user"
    assert relative_symbol(trace(1, symbol=MODULE)) == ""
    assert relative_symbol(trace(1, path="a/__init__.py", symbol="a.X")) == "X"
    assert relative_symbol(trace(1, path="ruff.toml", symbol="ruff:W")) == "ruff:W"
    assert relative_symbol(trace(1, path="t/orders/x.html", symbol="orders/x.html")) == ""


def test_an_excerpt_tells_its_own_lines_from_those_around():
    made = excerpt("a\nb\nc\nd", 9, 10, 11)
    assert (made.own, made.around) == ("b\nc", "a\nb\nc\nd")


def test_alignment_pairs_as_many_as_it_can_and_never_crosses():
    assert aligned("abcd", "bd", lambda a, b: float(a == b)) == [("b", "b"), ("d", "d")]
    assert aligned("ab", "xy", lambda a, b: 0.0) == [("a", "x"), ("b", "y")]


def test_the_likeliest_pairs_come_first_and_unlikely_ones_not_at_all():
    likes = {("a", "x"): 0.7, ("a", "y"): 0.9, ("b", "y"): 0.8}
    found = likeliest("ab", "xy", lambda a, b: likes.get((a, b), 0.0), least=0.6)
    assert found == [("a", "y")]


# ---- histories -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Thing:
    """A violation in a made-up repository: who it is stays, everything else may change."""

    identity: int
    code: str
    folder: str
    module: str
    symbol: str
    content: str
    text: str

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.module}.py"


WORDS = [f"word{n}" for n in range(400)]


@st.composite
def repositories(draw) -> list[Thing]:
    count = draw(st.integers(1, 40))
    rng = random.Random(draw(st.integers(0, 10_000)))
    return [
        Thing(
            n,
            rng.choice(["A01", "B02"]),
            rng.choice(["apps/a", "apps/b"]),
            rng.choice(["models", "views"]),
            rng.choice(["Order", "Customer", "Invoice"]) + f".{rng.choice('xyz')}",
            f"c{rng.randrange(6)}",
            " ".join(rng.sample(WORDS, 12)),
        )
        for n in range(count)
    ]


def traces(things: list[Thing], shuffle: random.Random | None = None) -> list[Trace]:
    """The things as a scan reports them: in the order of their files, ordinals for equal ones."""
    made, lines, ordinals = [], {}, {}
    for thing in things:
        line = lines[thing.path] = lines.get(thing.path, 0) + 10
        module = f"{thing.folder}/{thing.module}".replace("/", ".")
        base = (thing.code, module, thing.symbol, thing.content)
        ordinals[base] = ordinals.get(base, -1) + 1
        made.append(
            Trace(
                thing.identity,
                f"{base}{ordinals[base]}",
                thing.code,
                thing.path,
                f"{module}.{thing.symbol}",
                thing.content,
                line,
                line + 1,
                thing.path,
            )
        )
    if shuffle:
        shuffle.shuffle(made)
    return made


def recognised(old: list[Thing], new: list[Thing], renames=None, shuffle=None) -> dict[int, int]:
    def code(things):
        texts = {thing.identity: Excerpt(thing.text, thing.text) for thing in things}
        return lambda keys: {key: texts[key] for key in keys}

    found = matches(
        traces(old, shuffle),
        traces(new, shuffle),
        renames=renames,
        files={thing.path for thing in new},
        code_known=code(old),
        code_seen=code(new),
    )
    assert len({m.known for m in found}) == len({m.seen for m in found}) == len(found)
    return {m.known: m.seen for m in found}


@given(repositories(), st.data())
def test_what_stays_is_recognised_whatever_is_removed_beside_it(things, data):
    kept = [thing for thing in things if data.draw(st.booleans())]
    found = recognised(things, kept)
    assert found == {thing.identity: thing.identity for thing in kept}


@given(repositories(), repositories())
def test_what_stays_is_recognised_whatever_is_added_above_it(things, others):
    added = [replace(thing, identity=thing.identity + 1000) for thing in others]
    found = recognised(things, added + things)
    assert set(found) == {thing.identity for thing in things}
    # Each keeps its own row, or that of one that is said of the same symbol in the same words.
    by_id = {thing.identity: thing for thing in added + things}
    for known, seen in found.items():
        if known != seen:
            assert replace(by_id[seen], identity=known, text="") == replace(by_id[known], text="")


@given(repositories())
def test_a_renamed_folder_changes_no_identity(things):
    moved = [replace(t, folder=t.folder.replace("apps/a", "apps/z")) for t in things]
    renames = {
        old.path: new.path for old, new in zip(things, moved, strict=True) if old.path != new.path
    }
    assert recognised(things, moved, renames) == {t.identity: t.identity for t in things}
    # Without git's word for it, names and code are enough.
    assert recognised(things, moved) == {t.identity: t.identity for t in things}


@given(repositories(), st.data())
def test_an_edited_text_of_one_symbol_changes_no_identity(things, data):
    unique = list({(t.code, t.path, t.symbol): t for t in things}.values())
    edited = data.draw(st.sampled_from(unique))
    after = [replace(t, content="edited") if t is edited else t for t in unique]
    assert recognised(unique, after) == {t.identity: t.identity for t in unique}


@given(repositories(), repositories(), st.integers(0, 1000))
def test_the_order_in_which_findings_come_changes_nothing(things, others, seed):
    assert recognised(things, others) == recognised(things, others, shuffle=random.Random(seed))


@settings(max_examples=20)
@given(repositories())
def test_a_finding_is_never_taken_for_one_of_another_rule(things):
    others = [replace(t, code="C03", identity=t.identity + 1000) for t in things]
    assert recognised(things, others) == {}


def test_many_are_compared_with_their_neighbours_only():
    """A group in which everything moved and was edited costs comparisons in proportion to its size."""
    asked = []

    def like(old, new) -> float:
        asked.append((old, new))
        return float(old == new)

    found = likeliest(range(5000), range(5000), like, least=0.5)
    assert found == [(n, n) for n in range(5000)]
    assert len(asked) <= 25 * 5000
    asked.clear()
    assert len(aligned(range(5000), range(4999), like)) == 4999
    assert not asked
