# SPDX-License-Identifier: ISC
"""What the system tests share: the built programs, a server that is waited for, exact exchanges.

Nothing here sleeps and no port is fixed: the server binds port 0 and tells what it got on the
descriptor of --ready-fd; whoever waits for a state waits for its event, or asks until a deadline.
"""

import ctypes
import faulthandler
import fcntl
import functools
import os
import random
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

import directory

BUILD = os.environ.get("ECHO_BUILD", os.path.join(os.getcwd(), "build"))
SOURCE = os.environ.get("ECHO_SOURCE", os.getcwd())
SERVER = os.environ.get("ECHO_SERVER", os.path.join(BUILD, "echo-server"))
CLIENT = os.environ.get("ECHO_CLIENT", os.path.join(BUILD, "echo-client"))
BENCH = os.environ.get("ECHO_BENCH", os.path.join(BUILD, "echo-bench"))
SANITIZED = os.environ.get("ECHO_SANITIZERS", "no") != "no"

# How long anything may take before the test fails: generous, because machines are busy, and never
# waited for in full.
PATIENCE = float(os.environ.get("ECHO_TEST_PATIENCE", "60"))

def watched_parent():
    """What makes a server end with us, however we end; not where the kernel, or valgrind, cannot
    watch a process."""
    try:
        done = subprocess.run([SERVER, "--exit-with-parent", "--version"], check=False,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return []
    return ["--exit-with-parent"] if done.returncode == 0 else []


END_WITH_US = watched_parent()

# A test that hangs is ended by tests/driver.py, by a signal that lets it say where it was.
faulthandler.enable()

# Sockets are made in here: a long TMPDIR leaves no room for their names.
tempfile.tempdir = directory.short()


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError:
        return False
    return True


def has_mptcp():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, MPTCP).close()
    except OSError:
        return False
    return True


def has_vsock():
    try:
        with socket.socket(socket.AF_VSOCK) as sock:
            sock.bind((socket.VMADDR_CID_ANY, socket.VMADDR_PORT_ANY))
    except OSError:
        return False
    return True


def has_services():
    try:
        return bool(socket.getservbyname("echo", "tcp"))
    except OSError:
        return False


def has_nc():
    """Of the tools called nc only OpenBSD's has -N."""
    return bool(shutil.which("nc")) and "OpenBSD" in "".join(run("nc", "-h")[1:])


def has_namespaces():
    """With a network and mounts of one's own, which a test then changes as it likes."""
    return bool(shutil.which("unshare") and shutil.which("ip")) and \
        run("unshare", "-rmn", "ip", "link", "set", "lo", "up")[0] == 0


def is_plain_build():
    """Not one for coverage: gcov writes files when a program ends."""
    with open(SERVER, "rb") as file:
        return b".gcda" not in file.read()


MPTCP = 262  # IPPROTO_MPTCP

PLAIN_BUILD = "plain build (this one is for coverage)"
NAMESPACES = "namespaces of one's own (unshare, ip)"

# What a machine may lack. A test says what it needs.
THINGS = {
    "IPv6": functools.cache(has_ipv6),
    "MPTCP": functools.cache(has_mptcp),
    "AF_VSOCK": functools.cache(has_vsock),
    "/etc/services": functools.cache(has_services),
    NAMESPACES: functools.cache(has_namespaces),
    "nc": functools.cache(has_nc),
    "ncat": lambda: shutil.which("ncat"),
    "systemd-socket-activate": lambda: shutil.which("systemd-socket-activate"),
    "socat": lambda: shutil.which("socat"),
    PLAIN_BUILD: functools.cache(is_plain_build),
    "root": lambda: os.geteuid() == 0,
}


class TestCase(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="echo.")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def has(self, thing, case=""):
        """Whether the machine has it (THINGS). Where not, the caller leaves the test or this case
        of it out, and that is said; tests/driver.py counts these lines."""
        if THINGS[thing]():
            return True
        name = self.id().split(".", 1)[1]
        print("\nleft out: %s: no %s" % (": ".join(filter(None, (name, case))), thing),
              file=sys.stderr)
        return False

    def need(self, thing):
        """Leaves the rest of the test, or of the subTest, out where it is missing."""
        if not self.has(thing):
            self.skipTest("no %s" % thing)

    def endpoints(self, *wanted):
        """Those that the machine can have; the others are left out, and that is said."""
        return [endpoint for endpoint in wanted
                if ("[" not in endpoint or self.has("IPv6", endpoint)) and
                (not endpoint.startswith("mptcp:") or self.has("MPTCP", endpoint))]

    def full_pipe(self, blocking=True):
        """Its two ends, the second for the caller to close, and what it is filled with."""
        reader, writer = os.pipe()
        self.addCleanup(os.close, reader)
        filling = b"#" * fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ)
        os.set_blocking(writer, False)
        self.assertEqual(os.write(writer, filling), len(filling))
        os.set_blocking(writer, blocking)
        return reader, writer, filling

    def full_backlog(self, path):
        """A server that accepts no client, and clients that fill its queue."""
        server = socket.socket(socket.AF_UNIX)
        self.addCleanup(server.close)
        server.bind(path)
        server.listen(0)
        while True:
            client = socket.socket(socket.AF_UNIX)
            self.addCleanup(client.close)
            client.setblocking(False)
            try:
                client.connect(path)
            except BlockingIOError:
                return server

    def path(self, name="echo.sock"):
        return os.path.join(self.directory, name)

    def write(self, name, text):
        """Makes a file in the test's directory and returns its path."""
        path = self.path(name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def server(self, *arguments, **options):
        """A running server, stopped (and checked) when the test ends."""
        server = Server(*arguments, **options)
        server.start()
        self.addCleanup(server.end)
        return server

    def client(self, endpoint, **options):
        """A connected socket, closed when the test ends."""
        sock = connect(endpoint, **options)
        self.addCleanup(sock.close)
        return sock

    def refusal(self, *arguments, **options):
        """A server that must not start: its NotReady, with exit status and what it said."""
        with self.assertRaises(NotReady) as caught:
            self.server(*arguments, **options)
        failure = caught.exception
        self.assertEqual(failure.status, 2, failure.text)
        self.assertTrue(failure.text.startswith("echo-server: "), failure.text)
        return failure


class NotReady(AssertionError):
    """The server ended before it was ready."""

    def __init__(self, status, text):
        super().__init__("the server did not get ready, exit status %s: %s" % (status, text))
        self.status = status
        self.text = text


class Server:
    """echo-server as a child process; its log goes into a file."""

    def __init__(self, *arguments, workers=None, preexec=None, environment=None, program=SERVER,
                 stdout=subprocess.DEVNULL, stderr=None, expect_status=0, passed=()):
        workers = workers or os.environ.get("ECHO_TEST_WORKERS")
        self.command = [program, *arguments]
        if workers and not {"-w", "--workers"} & set(arguments):
            self.command[1:1] = ["-w", str(workers)]
        self.preexec = preexec
        self.environment = environment
        self.expect_status = expect_status
        self.stdout = stdout
        self.passed = passed
        self.stderr = stderr
        self.log_file = tempfile.TemporaryFile(mode="w+b")
        self.process = None
        self.endpoints = []

    def start(self):
        reader, writer = os.pipe()
        command = [self.command[0], *END_WITH_US, "--ready-fd", str(writer), *self.command[1:]]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.stdout,
            stderr=self.stderr if self.stderr is not None else self.log_file,
            pass_fds=[writer, *self.passed], preexec_fn=self.preexec, env=self.environment)
        os.close(writer)
        text = read_to_end(reader).decode()
        os.close(reader)
        lines = text.splitlines()
        if not lines or lines[-1] != "ready":
            self.process.wait(PATIENCE)
            with self.log_file:
                raise NotReady(self.process.returncode, self.log())
        self.endpoints = [line.split(" ", 1)[1] for line in lines[:-1]]
        return self

    @property
    def endpoint(self):
        return self.endpoints[0]

    @property
    def pid(self):
        return self.process.pid

    def send_signal(self, number):
        self.process.send_signal(number)

    def log(self):
        self.log_file.flush()
        return os.pread(self.log_file.fileno(), 1 << 24, 0).decode()

    def wait_log(self, pattern, count=1):
        """Waits until the log has so many matches; returns them."""
        def found():
            matches = re.findall(pattern, self.log())
            return matches if len(matches) >= count else None
        return wait_for(found, lambda: "no %r in the log:\n%s" % (pattern, self.log()))

    def state(self):
        return state_of(self.pid)

    def threads(self):
        """The fields of proc(5)'s status of each thread."""
        found = []
        for task in os.listdir("/proc/%d/task" % self.pid):
            with open("/proc/%d/task/%s/status" % (self.pid, task), encoding="ascii") as file:
                found.append(dict(line.split(":", 1) for line in file))
        return found

    def asleep(self):
        """Whether all its threads are."""
        return all(fields["State"].split()[0] == "S" for fields in self.threads())

    def switches(self, *kinds):
        """How often its threads have stopped running so far: to sleep ("voluntary") or for others
        ("nonvoluntary"); without kinds both."""
        return sum(int(fields[kind + "_ctxt_switches"]) for fields in self.threads()
                   for kind in kinds or ("voluntary", "nonvoluntary"))

    def descriptors(self):
        """What the server has open, as 'number -> target' lines."""
        directory = "/proc/%d/fd" % self.pid
        result = {}
        for name in os.listdir(directory):
            try:
                result[int(name)] = os.readlink(os.path.join(directory, name))
            except FileNotFoundError:
                pass  # closed between the two calls
        return result

    def sockets(self):
        """How many sockets it has open."""
        return sum(target.startswith("socket:") for target in self.descriptors().values())

    def anonymous_memory(self):
        """Bytes of memory of its own (Pss_Anon)."""
        with open("/proc/%d/smaps_rollup" % self.pid, encoding="ascii") as file:
            return int(re.search(r"Pss_Anon:\s+(\d+) kB", file.read()).group(1)) * 1024

    def cpu_seconds(self):
        """User and system time so far, from the scheduler's own count where there is one."""
        total = 0.0
        for task in os.listdir("/proc/%d/task" % self.pid):
            with open("/proc/%d/task/%s/schedstat" % (self.pid, task), encoding="ascii") as file:
                total += int(file.read().split()[0]) / 1e9
        return total

    def stop(self, number=signal.SIGTERM):
        """Ends it and returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def end(self):
        """At the end of a test: whatever it still does, it must end well."""
        if self.process is None:
            return
        ended = self.process.poll()
        if ended is None:
            # Only one that a test has stopped: a SIGCONT that arrives while the leak checker
            # attaches to an ending process takes back the stop that the checker waits for.
            if self.state() == "T":
                self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("the server did not end: " + self.log()) from None
        text = self.log()
        self.log_file.close()
        if "Sanitizer" in text or "runtime error" in text:
            raise AssertionError(text)
        if self.expect_status is not None and self.process.returncode != self.expect_status:
            raise AssertionError("the server ended with %s: %s" % (self.process.returncode, text))


def state_of(pid):
    """The letter of proc(5): R running, S sleeping, T stopped."""
    with open("/proc/%d/stat" % pid, encoding="ascii") as file:
        return file.read().rsplit(")", 1)[1].split()[0]


def listening_sockets(pid):
    """The inodes, as text, of what listens in the network namespace of a process. The name of a Unix
    socket may have any bytes, newlines too."""
    inodes = set()
    for table, row in (("tcp", rb"^ *\d+: \S+ \S+ 0A \S+ \S+ \S+ +\d+ +\d+ (\d+) "),
                       ("tcp6", rb"^ *\d+: \S+ \S+ 0A \S+ \S+ \S+ +\d+ +\d+ (\d+) "),
                       ("unix", rb"^[0-9a-f]+: \S+ \S+ 00010000 \S+ \S+ +(\d+)\b")):
        with open("/proc/%d/net/%s" % (pid, table), "rb") as file:
            inodes |= {inode.decode() for inode in re.findall(row, file.read(), re.M)}
    return inodes


def is_asleep(pid):
    """Whether all threads of a process are."""
    return all(state_of(int(task)) == "S" for task in os.listdir("/proc/%d/task" % pid))


def wait_for(condition, complaint="it did not happen", patience=PATIENCE):
    """Asks until the condition holds; for states that send no event."""
    deadline = time.monotonic() + patience
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(complaint() if callable(complaint) else complaint)
        select.select([], [], [], 0.005)


def read_to_end(fd):
    pieces = []
    while True:
        ready, _, _ = select.select([fd], [], [], PATIENCE)
        if not ready:
            raise AssertionError("nothing more to read and no end")
        piece = os.read(fd, 65536)
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def read_line_with(stream, *words):
    """Reads lines up to the first that contains one of the words (bytes), and returns it."""
    seen = []
    for line in stream:
        if any(word in line for word in words):
            return line
        seen.append(line)
    raise AssertionError("no %r in %r" % (words, seen))


def without_capability(number):
    """For preexec: not even root has this one (capabilities(7)) from exec on."""
    return lambda: ctypes.CDLL(None).prctl(24, number, 0, 0, 0) and None  # PR_CAPBSET_DROP


def limit_descriptors(count):
    """For preexec: soft and hard limit."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


def socket_for(endpoint):
    """A socket of the endpoint's family, and the address for bind or connect."""
    if endpoint.startswith("unix:"):
        name = endpoint[5:]
        if name.startswith("///"):
            name = urllib.parse.unquote_to_bytes(name[2:])
            return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), name
        if name.startswith("@"):
            name = "\0" + name[1:]
        peer, family = name, socket.AF_UNIX
    else:
        protocol = MPTCP if endpoint.startswith("mptcp:") else 0
        host, port = endpoint.removeprefix("mptcp:").rsplit(":", 1)
        family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
        return socket.socket(family, socket.SOCK_STREAM, protocol), (host.strip("[]"), int(port))
    return socket.socket(family, socket.SOCK_STREAM), peer


def connect(endpoint, receive_buffer=None):
    """A blocking socket to an endpoint as the server tells it."""
    sock, peer = socket_for(endpoint)
    if receive_buffer:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    try:
        # Not by settimeout, which makes the socket non-blocking: a full queue of a Unix socket is
        # an error for such a one.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(PATIENCE), 0))
        sock.connect(peer)
    except OSError:
        sock.close()
        raise
    sock.settimeout(PATIENCE)
    return sock


def receive_exactly(sock, length):
    data = bytearray()
    while len(data) < length:
        piece = sock.recv(min(1 << 20, length - len(data)))
        if not piece:
            raise AssertionError("the stream ended after %d of %d bytes" % (len(data), length))
        data += piece
    return bytes(data)


def receive_to_end(sock):
    data = bytearray()
    while True:
        piece = sock.recv(1 << 20)
        if not piece:
            return bytes(data)
        data += piece


def fill(sock, data):
    """Sends until nothing fits anywhere any more between us and a server whose answers we do not
    read; returns how much went out."""
    sent = 0
    sock.setblocking(False)
    while select.select([], [sock], [], 0.1)[1]:
        if sent == len(data):
            raise AssertionError("all of it has gone out")
        try:
            sent += sock.send(memoryview(data)[sent:])
        except BlockingIOError:
            pass
    sock.setblocking(True)
    sock.settimeout(PATIENCE)
    return sent


def exchange(endpoint, data):
    """Sends all, half-closes, reads to the end, both ways at once; returns what came back."""
    with connect(endpoint) as sock:
        def send():
            sock.sendall(data)
            sock.shutdown(socket.SHUT_WR)
        sender = threading.Thread(target=send)
        sender.start()
        back = receive_to_end(sock)
        sender.join()
        return back


def run(*command, data=None, timeout=PATIENCE, **options):
    """A program to its end: exit status, standard output and standard error as text."""
    options.setdefault("stdin", None if data is not None else subprocess.DEVNULL)
    if data is not None:
        options.pop("stdin")
        options["input"] = data
    options.setdefault("stdout", subprocess.PIPE)
    result = subprocess.run(command, stderr=subprocess.PIPE, timeout=timeout, check=False,
                            **options)
    return result.returncode, (result.stdout or b"").decode(errors="replace"), \
        result.stderr.decode(errors="replace")


def block(size, seed=0):
    """Bytes in which every loss, doubling and exchange shows; the same for the same seed."""
    return random.Random(seed).randbytes(size)
