"""What a child of the sandbox may use, and the one error that leaves the sandbox."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the children; sizes in bytes, times in seconds."""

    extract_memory: int = GIB
    extract_seconds: float = 10.0  # processor time of one file
    extract_wall_seconds: float = 30.0  # the same on a busy machine, or in a parser that sleeps
    extract_cpu: int = (
        60  # of one child; it retires at half of it, so that no file starts with little left
    )
    resident_memory: int = 300 * MIB  # a child that once held more retires
    files_per_child: int = 500
    input_size: int = 8 * MIB
    outline_size: int = 8 * MIB
    evaluate_memory: int = 4 * GIB
    evaluate_seconds: float = 120.0
    evaluate_cpu: int = 120
    report_size: int = 256 * MIB
    lint_memory: int = 3 * GIB  # of address space, most of it stacks that nobody uses
    lint_cpu: int = 5  # of one run of ruff over a batch, which takes a tenth of a second
    lint_run_seconds: float = 30.0  # the same on a busy machine
    lint_seconds: float = 60.0  # of all runs together; what is left then is not linted
    lint_output_size: int = 64 * MIB
    files_per_lint: int = 250
    bytes_per_lint: int = 16 * MIB
    start_seconds: float = 60.0  # until a new child has taken its first file


class SandboxError(Exception):
    """The sandbox could not do what was asked.

    ``code`` is one of ``start_failed``, ``child_lost``, ``timed_out``, ``out_of_memory``,
    ``crashed``, ``evaluation_failed``, ``unfit_base``, ``answer_too_large`` and ``closed``.
    """

    def __init__(self, code: str, text: str) -> None:
        """Keep the code for programs and the text for people."""
        super().__init__(text)
        self.code = code
        self.text = text

    def __reduce__(self) -> tuple[type[SandboxError], tuple[str, str]]:
        """Let the error cross a process border whole."""
        return type(self), (self.code, self.text)
