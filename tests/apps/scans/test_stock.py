"""The form of a stock, and the file beside a repository's copy."""

from io import BytesIO

import pytest

from apps.scans.pipeline import stocking
from apps.scans.pipeline.stocking import Stock
from apps.scans.stock import Segment, StockDamaged, names_scan, segments_read

ONE, TWO, THREE = ("1" * 40, "python"), ("2" * 40, "python"), ("2" * 40, "template")
DAY = "2026-11-25"


def written(*segments: Segment) -> bytes:
    file = BytesIO()
    for segment in segments:
        segment.write_to(file)
    return file.getvalue()


def held(folder) -> dict:
    """What the stock of a folder gives: key to outline."""
    with Stock(folder, "x") as stock:
        content = (folder / "plumbline-outlines").read_bytes() if stock.count else b""
        outlines = [one for segment in segments_read(content) for one in segment.outlines()]
        assert len(outlines) == stock.count
        return {key: bytes(outlines[number]) for key, number in stock.numbers.items()}


def keep(folder, outlines, *, wanted=None, day=DAY, version="x") -> None:
    with Stock(folder, version) as stock:
        stock.keep(outlines, wanted=set(wanted or outlines), day=day)


def test_outlines_come_back_as_they_were_given():
    content = written(Segment.of("x", DAY, [(ONE, b"one"), (TWO, b"")]))
    (segment,) = segments_read(content)
    assert segment.names.keys == [ONE, TWO]
    assert [bytes(outline) for outline in segment.outlines()] == [b"one", b""]
    assert [names.keys for names in names_scan(BytesIO(content))] == [[ONE, TWO]]


def test_damage_is_noticed_wherever_it_changes_an_outline():
    first, second = Segment.of("x", DAY, [(ONE, b"one" * 50)]), Segment.of("x", DAY, [(TWO, b"2")])
    content = written(first, second)

    def read(content: bytes) -> list:
        return [
            (key, bytes(outline))
            for segment in segments_read(content)
            for key, outline in zip(segment.names.keys, segment.outlines(), strict=True)
        ]

    right = read(content)
    assert right == [(ONE, b"one" * 50), (TWO, b"2")]
    noticed = 0
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0x41
        try:
            assert read(bytes(damaged)) == right
        except StockDamaged:
            noticed += 1
    assert noticed > 0.9 * len(content)
    for end in range(1, len(content)):
        if end == len(written(first)):
            assert read(content[:end]) == right[:1]
            continue
        with pytest.raises(StockDamaged):
            read(content[:end])


def test_a_folder_without_a_stock_has_an_empty_one(tmp_path):
    with Stock(tmp_path, "x") as stock:
        assert (stock.count, stock.descriptor, stock.noted_on) == (0, -1, "")
    with Stock(tmp_path / "no such folder", "x") as stock:
        stock.keep({ONE: b"one"}, wanted={ONE}, day=DAY)
    assert held(tmp_path) == {}


def test_a_stock_grows_by_what_is_new(tmp_path):
    keep(tmp_path, {ONE: b"one"})
    keep(tmp_path, {TWO: b"two"}, wanted={ONE, TWO})
    keep(tmp_path, {THREE: b"three"}, wanted={ONE, TWO, THREE})
    assert held(tmp_path) == {ONE: b"one", TWO: b"two", THREE: b"three"}
    assert [path.name for path in tmp_path.iterdir()] == ["plumbline-outlines"]


def test_what_is_given_again_is_the_newer_one(tmp_path):
    keep(tmp_path, {ONE: b"one", TWO: b"two"})
    keep(tmp_path, {ONE: b"another"}, wanted={ONE, TWO})
    assert held(tmp_path) == {ONE: b"another", TWO: b"two"}
    with Stock(tmp_path, "x") as stock:
        assert stock.count == 3
        assert stock.read() == {ONE: b"another", TWO: b"two"}


def test_stocks_of_different_names_do_not_meet(tmp_path):
    keep(tmp_path, {ONE: b"one"})
    with Stock(tmp_path, "z", "lints") as stock:
        stock.keep({TWO: b"two"}, wanted={TWO}, day=DAY)
    assert held(tmp_path) == {ONE: b"one"}
    with Stock(tmp_path, "z", "lints") as stock:
        assert stock.read() == {TWO: b"two"}


def test_nothing_new_on_the_same_day_writes_nothing(tmp_path):
    keep(tmp_path, {ONE: b"one"})
    before = (tmp_path / "plumbline-outlines").stat()
    keep(tmp_path, {}, wanted={ONE})
    assert (tmp_path / "plumbline-outlines").stat().st_ino == before.st_ino
    keep(tmp_path, {}, wanted={ONE}, day="2026-11-26")
    with Stock(tmp_path, "x") as stock:
        assert stock.noted_on == "2026-11-26"


def test_a_stock_that_is_mostly_of_no_use_is_made_anew(tmp_path):
    keep(tmp_path, {ONE: b"one", TWO: b"two"})
    keep(tmp_path, {THREE: b"three"}, wanted={TWO, THREE})
    assert held(tmp_path) == {TWO: b"two", THREE: b"three"}


def test_many_small_segments_become_one(tmp_path, monkeypatch):
    monkeypatch.setattr(stocking, "_SEGMENTS", 3)
    keys = [(f"{number:040}", "python") for number in range(5)]
    for number, key in enumerate(keys):
        keep(tmp_path, {key: b"%d" % number}, wanted=keys[: number + 1])
    with Stock(tmp_path, "x") as stock:
        assert len(stock._segments) == 2
    assert held(tmp_path) == {key: b"%d" % number for number, key in enumerate(keys)}


def test_a_stock_of_another_version_is_thrown_away(tmp_path):
    keep(tmp_path, {ONE: b"one"})
    keep(tmp_path, {TWO: b"two"}, version="y")
    with Stock(tmp_path, "y") as stock:
        assert set(stock.numbers) == {TWO}
    with Stock(tmp_path, "x") as stock:
        assert not stock.count
    assert not list(tmp_path.iterdir())


def test_a_damaged_stock_is_thrown_away(tmp_path):
    keep(tmp_path, {ONE: b"one"})
    path = tmp_path / "plumbline-outlines"
    path.write_bytes(path.read_bytes()[:-1])
    with Stock(tmp_path, "x") as stock:
        assert not stock.count
    assert not path.exists()


def test_a_stock_beyond_the_limit_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(stocking, "SIZE_LIMIT", 5)
    keep(tmp_path, {ONE: b"one"})
    keep(tmp_path, {TWO: b"two"}, wanted={ONE, TWO})
    assert held(tmp_path) == {}


def test_an_open_stock_stays_readable_while_another_takes_its_place(tmp_path):
    keep(tmp_path, {ONE: b"one"})
    with Stock(tmp_path, "x") as stock:
        keep(tmp_path, {TWO: b"two"}, wanted={TWO})
        stock.keep({THREE: b"three"}, wanted={ONE, THREE}, day=DAY)
    assert held(tmp_path) == {ONE: b"one", THREE: b"three"}
