"""A git server on the loopback with every bad habit, and repositories made to order."""

import base64
import itertools
import os
import random
import ssl
import subprocess
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from pathlib import Path
from socket import SO_LINGER, SOL_SOCKET

from apps.repositories.git.address import Address, AddressPolicy, address_parse

HOST = "127.0.0.1"
POLICY = AddressPolicy(
    networks={HOST: (ip_network("127.0.0.0/8"),)}, http_hosts=frozenset({HOST, "forge.test"})
)
USERNAME, SECRET = "reader", "canary-5c1f0e"
ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "HOME": "/nonexistent",
}

type Files = Mapping[bytes | str, bytes | tuple[str, bytes]]


def git(*arguments: str, folder: Path, stdin: bytes = b"") -> bytes:
    """Run git for the test itself."""
    done = subprocess.run(
        ["git", f"--git-dir={folder}", *arguments],
        input=stdin,
        env=ENVIRONMENT,
        capture_output=True,
        check=True,
    )
    return done.stdout


def repository_make(folder: Path, files: Files | None = None, branch: str = "main") -> str:
    """Make a bare repository with one commit of the files, path to content or (mode, content); its sha."""
    if not folder.exists():
        subprocess.run(
            ["git", "init", "-q", "--bare", f"--initial-branch={branch}", folder],
            env=ENVIRONMENT,
            check=True,
        )
        for name in ("http.receivepack", "uploadpack.allowFilter"):
            git("config", name, "false", folder=folder)
    if files is None:
        return ""
    stream = [
        f"commit refs/heads/{branch}\n".encode(),
        b"author A <a@example.com> 1700000000 +0100\n",
        b"committer C <c@example.com> 1700000100 +0000\n",
        b"data 14\nFirst \xe2\x80\xae line\n",
        b"deleteall\n",
    ]
    for path, value in files.items():
        mode, content = value if isinstance(value, tuple) else ("100644", value)
        raw = path.encode() if isinstance(path, str) else path
        quoted = b'"' + b"".join(b"\\%03o" % byte for byte in raw) + b'"'
        if mode == "160000":
            stream.append(b"M 160000 %s %s\n" % (content, quoted))
        else:
            stream.append(b"M %s inline %s\n" % (mode.encode(), quoted))
            stream.append(b"data %d\n%s\n" % (len(content), content))
    git("fast-import", "--quiet", "--force", folder=folder, stdin=b"".join(stream))
    return git("rev-parse", f"refs/heads/{branch}", folder=folder).decode().strip()


@dataclass
class Forge:
    """The server: where it is, what it serves, what it saw."""

    root: Path
    port: int
    scheme: str = "http"
    requests: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    elsewhere: str = ""
    """Where the bad habits that lead away lead to."""
    packs: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Head and pack of repositories that exist on the wire alone, by name."""
    released: threading.Event = field(default_factory=threading.Event)

    def url(self, path: str, host: str = HOST) -> str:
        return f"{self.scheme}://{host}:{self.port}/{path}"

    def address(self, path: str, host: str = HOST) -> Address:
        return address_parse(self.url(path, host), policy=POLICY)


def _command_lines() -> str:
    lines = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                lines.append((folder / "cmdline").read_bytes().decode("utf-8", "replace"))
            except OSError:
                continue
    return "\n".join(lines)


def processes_about(text: str) -> list[str]:
    """The command lines of running processes that contain a text."""
    return [line.replace("\0", " ") for line in _command_lines().split("\n") if text in line]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    forge: Forge

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        self.forge.requests.append(self.path)
        place, _, path = self.path.lstrip("/").partition("/")
        habit: Callable[[str], None] = getattr(self, f"_{place}", self._missing)
        self.close_connection = True
        try:
            habit(path)
        except (BrokenPipeError, ConnectionResetError):
            return

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _git(self, path: str) -> None:
        self._answer(*self._backend(path))

    def _private(self, path: str) -> None:
        expected = base64.b64encode(f"{USERNAME}:{SECRET}".encode()).decode()
        if self.headers["Authorization"] != f"Basic {expected}":
            self._answer(401, {"WWW-Authenticate": 'Basic realm="canary realm"'}, b"canary body")
            return
        self.forge.leaked += processes_about(SECRET)
        self._git(path)

    def _forbidden(self, _: str) -> None:
        self._answer(403, {})

    def _missing(self, _: str) -> None:
        self._answer(404, {}, b"canary body")

    def _broken(self, _: str) -> None:
        self._answer(502, {}, b"canary body")

    def _moved(self, path: str) -> None:
        self._answer(302, {"Location": self.forge.url(f"git/{path}")})

    def _away(self, path: str) -> None:
        """Redirect to another place with the status that the path names, the first time or the second."""
        status, _, rest = path.partition("/")
        late, _, rest = rest.partition("/")
        if late == "late" and self.command == "GET":
            self._git(rest)
        else:
            self._answer(int(status), {"Location": f"{self.forge.elsewhere}/{rest}"})

    def _dumb(self, path: str) -> None:
        """Serve files as a plain web server does, and name another place for the objects."""
        path = path.partition("?")[0]
        if path.endswith("http-alternates"):
            self._answer(200, {}, f"{self.forge.elsewhere}/objects\n".encode())
        elif (self.forge.root / path).is_file():
            self._answer(200, {}, (self.forge.root / path).read_bytes())
        else:
            self._answer(404, {})

    def _suffixed(self, path: str) -> None:
        """Serve like GitLab, where only the address with .git is not redirected."""
        if ".git/" in path:
            self._git(path)
        else:
            self._answer(301, {"Location": self.forge.url(f"suffixed/{path}")})

    def _page(self, _: str) -> None:
        self._answer(200, {"Content-Type": "text/html"}, b"<h1>canary body</h1>")

    def _hang(self, _: str) -> None:
        self.forge.released.wait(20)

    def _drip(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.end_headers()
        while not self.forge.released.wait(0.1):
            self.wfile.write(b"0")

    def _endless(self, _: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.end_headers()
        self.wfile.write(b"001e# service=git-upload-pack\n0000")
        first = b"1" * 40 + b" HEAD\0side-band-64k\n"
        self.wfile.write(b"%04x" % (len(first) + 4) + first)
        for start in itertools.count(1, 1000):
            if self.forge.released.is_set():
                return
            lines = []
            for number in range(start, start + 1000):
                line = b"%040x refs/heads/HEAD/%d/HEAD\n" % (number, number)
                lines.append(b"%04x" % (len(line) + 4) + line)
            self.wfile.write(b"".join(lines))

    def _cut(self, path: str) -> None:
        """Serve the references, and half of the pack."""
        status, headers, body = self._backend(path)
        if not path.endswith("git-upload-pack") or b"packfile" not in body[:2000]:
            self._answer(status, headers, body)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2])

    def _loud(self, path: str) -> None:
        """Claim, in the peer's own voice, that our disk is full."""
        line = b"ERR No space left on device canary"
        body = b"001e# service=git-upload-pack\n0000%04x%s" % (len(line) + 4, line)
        self._answer(200, {"Content-Type": "application/x-git-upload-pack-advertisement"}, body)

    def _packed(self, path: str) -> None:
        """Serve a pack as it was given, by git's oldest protocol."""
        name, _, rest = path.partition("/")
        head, content = self.forge.packs[name]
        if rest.startswith("info/refs"):
            self._advertise(head)
        elif self._wants_the_pack(head):
            self._chunk(b"\x01", content)
            self.wfile.write(b"0000")

    def _stuck(self, path: str) -> None:
        """Serve half of a pack, and then nothing."""
        self._half(path, lambda: self.forge.released.wait(60))

    def _crawling(self, path: str) -> None:
        """Serve half of a pack, and then a byte of the rest now and then."""
        self._half(path, lambda: self._crawl(path))

    def _reset(self, path: str) -> None:
        """Serve half of a pack, and break off without a word."""
        self._half(
            path, lambda: self.connection.setsockopt(SOL_SOCKET, SO_LINGER, b"\1\0\0\0" + bytes(4))
        )

    def _chatty(self, path: str) -> None:
        """Tell of progress for ever."""
        self._half(path, lambda: self._forever(b"\x02", b"Counting objects: canary\n" * 1_000))

    def _bottomless(self, path: str) -> None:
        """Serve a pack with a blob that never ends and does not compress."""
        name, _, rest = path.partition("/")
        head, _ = self.forge.packs[name]
        if rest.startswith("info/refs"):
            self._advertise(head)
        elif self._wants_the_pack(head):
            noise, packer = random.Random(7).randbytes(60_000), zlib.compressobj(0)
            self._chunk(b"\x01", b"PACK\0\0\0\2\0\0\0\1\xb0" + b"\xff" * 6 + b"\x7f")
            while not self.forge.released.is_set():
                self._chunk(b"\x01", packer.compress(noise))

    def _inflated(self, _: str) -> None:
        """Serve references that are, unpacked, without end."""
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-advertisement")
        self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        packer = zlib.compressobj(wbits=31)
        line = b"1" * 40 + b" refs/heads/HEAD/%07d/HEAD\n"
        self.wfile.write(packer.compress(b"001e# service=git-upload-pack\n0000"))
        for start in itertools.count():
            if self.forge.released.is_set():
                return
            lines = (line % (start * 1_000 + n) for n in range(1_000))
            self.wfile.write(
                packer.compress(b"".join(b"%04x%s" % (len(it) + 4, it) for it in lines))
            )

    def _talking(self, _: str) -> None:
        """Promise an answer for ever."""
        while not self.forge.released.is_set():
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _heads(self, _: str) -> None:
        """Send headers for ever."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        while not self.forge.released.is_set():
            self.wfile.write(b"X-Canary: " + b"a" * 1_000 + b"\r\n")

    def _busy(self, _: str) -> None:
        self._answer(429, {"Retry-After": "9999"}, b"canary body")

    def _garbage(self, _: str) -> None:
        self.wfile.write(b"\x00\xffcanary not HTTP at all\r\n\r\n" * 99)

    def _half(self, path: str, then: Callable[[], object]) -> None:
        name, _, rest = path.partition("/")
        head, content = self.forge.packs[name]
        if rest.startswith("info/refs"):
            self._advertise(head)
        elif self._wants_the_pack(head):
            self._chunk(b"\x01", content[: len(content) // 2])
            self.wfile.flush()
            then()

    def _advertise(self, head: str) -> None:
        first = f"{head} HEAD\0side-band-64k shallow symref=HEAD:refs/heads/main\n"
        lines = ["# service=git-upload-pack\n", "", first, f"{head} refs/heads/main\n", ""]
        body = "".join(f"{len(line) + 4:04x}{line}" if line else "0000" for line in lines)
        kind = "application/x-git-upload-pack-advertisement"
        self._answer(200, {"Content-Type": kind}, body.encode())

    def _wants_the_pack(self, head: str) -> bool:
        """Answer up to where the pack begins; whether it is asked for already."""
        is_done = b"0009done" in self._body()
        self.send_response(200)
        self.send_header("Content-Type", "application/x-git-upload-pack-result")
        self.end_headers()
        self.wfile.write(f"0035shallow {head}\n0000".encode())
        if is_done:
            self.wfile.write(b"0008NAK\n")
        return is_done

    def _chunk(self, band: bytes, content: bytes) -> None:
        for start in range(0, len(content), 65_000):
            part = content[start : start + 65_000]
            self.wfile.write(b"%04x" % (len(part) + 5) + band + part)

    def _forever(self, band: bytes, content: bytes) -> None:
        while not self.forge.released.is_set():
            self._chunk(band, content)

    def _crawl(self, path: str) -> None:
        _, content = self.forge.packs[path.partition("/")[0]]
        for place in range(len(content) // 2, len(content)):
            if self.forge.released.wait(0.5):
                return
            self._chunk(b"\x01", content[place : place + 1])

    def _backend(self, path: str) -> tuple[int, dict[str, str], bytes]:
        """What git's own CGI program answers."""
        path, _, query = path.partition("?")
        body = self._body()
        environment = ENVIRONMENT | {
            "GIT_PROJECT_ROOT": str(self.forge.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": f"/{path}",
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_ADDR": "127.0.0.1",
        }
        done = subprocess.run(
            ["git", "http-backend"], input=body, env=environment, capture_output=True
        )
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if line)
        status = int(headers.pop("Status", "200").split()[0])
        return status, headers, answer

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        return b"".join(chunks)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None: ...


@contextmanager
def forge_running(root: Path, tls: ssl.SSLContext | None = None) -> Iterator[Forge]:
    """Serve the repositories of a folder until the context ends, over TLS where there is a certificate."""
    handler = type("Handler", (_Handler,), {})
    server = _Server((HOST, 0), handler)
    forge = Forge(root, server.server_address[1], "https" if tls else "http")
    if tls:
        # Each connection shakes hands in its own thread, so that no client holds up another.
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    handler.forge = forge
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        forge.released.set()
        server.shutdown()
        server.server_close()
        thread.join()


def gone(text: str, seconds: float = 3) -> bool:
    """Whether every process whose command line has this text ends in time."""
    deadline = time.monotonic() + seconds
    while processes_about(text):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
