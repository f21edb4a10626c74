"""ASY-07."""

from __future__ import annotations

from collections.abc import Iterator

from plumbline import knowledge
from plumbline import outline as o
from plumbline.project import Project
from plumbline.project.functions import CallSite, effect_kind
from plumbline.rule import Basis, Effort, Example, Level, Rule, Verdict

_BLOCKING = {
    "time.sleep": "await `asyncio.sleep()`",
    "urllib.request.urlopen": "use an async HTTP client",
    "socket.create_connection": "await `asyncio.open_connection()`",
    "socket.getaddrinfo": "await the loop's `getaddrinfo()`",
    "socket.gethostbyname": "await the loop's `getaddrinfo()`",
    "os.waitpid": "await the process",
    "os.wait": "await the process",
    **dict.fromkeys(knowledge.PROCESS_CALLS, "await `asyncio.create_subprocess_exec()`"),
}
_ASYNC = (
    "asyncio.sleep", "asyncio.to_thread", "asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell",
    "asyncio.open_connection", "anyio.sleep", "anyio.run_process",
)  # fmt: skip
_SYNC_CLIENTS = ("requests.", "httpx.", "urllib3.")


class BlockingCall(Rule):
    """Finds calls that put the whole event loop to sleep."""

    code = "ASY07"
    slug = "blocking-call-in-async-function"
    title = "Async functions do not sleep, start processes or speak HTTP by blocking calls"
    level = Level.SHOULD
    basis = Basis.DERIVED
    section = "Async Views and Authentication"
    guide_lines = (1281, 1321)
    what = (
        "In an `async def`: `time.sleep()`, `subprocess.run()` and its kin, `os.system()`, `urlopen()`, a blocking "
        "look-up of a host, or a request by `requests`, `urllib3` or the sync part of `httpx`."
    )
    why = (
        "One event loop serves all requests of a process. While such a call waits, none of them moves: one slow "
        "answer of another host stops everybody."
    )
    how = (
        "Await the async counterpart: `asyncio.sleep()`, `httpx.AsyncClient`, `asyncio.create_subprocess_exec()`. What "
        "has none goes to a thread: `await asyncio.to_thread(work)` or `sync_to_async`."
    )
    applies_when = "an async function sleeps, starts processes or speaks HTTP"
    absent = "no async function sleeps, starts processes or speaks HTTP"
    effort = Effort.HOUR
    examples = (
        Example(
            "blocking calls in an async view",
            {
                "shop/views.py": (
                    "import subprocess\nimport time\n\nimport django\nimport httpx\nimport requests\n\n\n"
                    "async def page(request):\n"
                    "    time.sleep(1)  # <-\n"
                    '    requests.get("https://example.com/", timeout=5)  # <-\n'
                    '    httpx.post("https://example.com/")  # <-\n'
                    '    subprocess.run(["true"], check=True)  # <-\n'
                    "    session = requests.Session()\n"
                    '    return session.get("https://example.com/")  # <-\n'
                ),
            },
        ),
        Example(
            "the async counterparts",
            {
                "shop/views.py": (
                    "import asyncio\n\nimport django\nimport httpx\n\n\n"
                    "async def page(request):\n"
                    "    await asyncio.sleep(1)\n"
                    "    async with httpx.AsyncClient() as client:\n"
                    '        return await client.get("https://example.com/")\n'
                ),
            },
            state="pass",
        ),
        Example(
            "blocking work in a thread, and requests that are gathered",
            {
                "shop/views.py": (
                    "import asyncio\nimport time\n\nimport django\nimport httpx\nimport requests\n\n\n"
                    "async def page(request):\n"
                    "    def work():\n"
                    "        time.sleep(1)\n\n"
                    "    await asyncio.to_thread(requests.get, 'https://example.com/')\n"
                    "    await asyncio.to_thread(lambda: time.sleep(1))\n"
                    "    client = httpx.AsyncClient()\n"
                    "    await asyncio.gather(client.get('a'), client.get('b'))\n"
                    "    request.session.get('x')\n"
                    "    return await asyncio.to_thread(work)\n"
                ),
            },
            state="pass",
            is_trap=True,
        ),
        Example(
            "sync code may wait",
            {
                "shop/views.py": "import time\n\nimport django\n\n\ndef page(request):\n    time.sleep(1)\n"
            },
            state="not_applicable",
        ),
    )

    def check(self, project: Project) -> Iterator[Verdict]:
        """One verdict for each call in an async function that waits, in its own way."""
        for function in project.functions.asynchronous:
            for call in function.calls:
                if call.has(o.IN_LAMBDA):
                    continue
                if call.target in _ASYNC:
                    yield call.in_order()
                    continue
                advice = _BLOCKING.get(call.target, "")
                if not advice and effect_kind(call) == "http":
                    if call.has(o.AWAITED):
                        yield call.in_order()
                        continue
                    advice = "use an async HTTP client" if _is_sync_client(call) else ""
                if advice and not call.has(o.AWAITED):
                    yield call.violation(
                        f"`{call.outline.name}()` blocks the event loop; {advice}, or run it in a thread"
                    )


def _is_sync_client(call: CallSite) -> bool:
    """Whether a call that speaks HTTP is one of a client that blocks."""
    if call.target.startswith(_SYNC_CLIENTS):
        return "Async" not in call.target
    head = call.outline.name.partition(".")[0]
    function = call.function
    makers = [
        function.resolve(other.name) for other in call.siblings if function and other.bound == head
    ]
    return bool(makers) and all(
        maker.startswith(_SYNC_CLIENTS) and "Async" not in maker for maker in makers
    )
