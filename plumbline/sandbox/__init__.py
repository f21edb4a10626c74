"""The one disposable, resource-limited child in which every parser runs, in worker and command.

``with Sandbox() as sandbox:`` then ``sandbox.extract(files)`` and ``sandbox.evaluate(job)``. No
error but ``SandboxError`` leaves it, whatever the files hold.
"""

from plumbline.sandbox.evaluation import Evaluation
from plumbline.sandbox.health import SelfTest, confinement_report, self_test
from plumbline.sandbox.lane import Casualty
from plumbline.sandbox.limits import Limits, SandboxError
from plumbline.sandbox.sandbox import Engine, Sandbox

__all__ = [
    "Casualty",
    "Engine",
    "Evaluation",
    "Limits",
    "Sandbox",
    "SandboxError",
    "SelfTest",
    "confinement_report",
    "self_test",
]
