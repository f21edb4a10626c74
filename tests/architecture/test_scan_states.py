"""One module moves scans from state to state; the others ask it to."""

import ast
from collections.abc import Iterator
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "apps" / "scans"
MOVER = APP / "services" / "transitions.py"
# What these write has a state of its own: parts of a scan, and the history of a repository.
OTHERS = {APP / "services" / "chunks.py", APP / "services" / "backfills.py"}


def writes(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Attribute(attr="update" | "create"), keywords=keywords):
                if any(keyword.arg in {"state", "fence", "attempt"} for keyword in keywords):
                    yield f"{path.relative_to(APP)}:{node.lineno}"
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="scan"), attr="state")]):
                yield f"{path.relative_to(APP)}:{node.lineno}"


def test_the_state_of_a_scan_is_written_in_one_module():
    found = [
        write
        for path in APP.rglob("*.py")
        if path not in {MOVER, *OTHERS} and "migrations" not in path.relative_to(APP).parts[:-1]
        for write in writes(path)
    ]
    assert found == []


def test_the_search_finds_what_it_looks_for():
    assert list(writes(MOVER))
