# SPDX-License-Identifier: ISC
"""The servers that tests/bench/compare measures: what this machine has, and one that runs."""

import os
import shutil
import signal
import socket
import subprocess
import time

PEERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "peers")
OURS = "echo-server"

XINETD = """defaults
{{
  instances = UNLIMITED
  cps = 100000 1
  per_source = UNLIMITED
}}
service echo
{{
  type = INTERNAL UNLISTED
  id = echo-stream
  socket_type = stream
  protocol = tcp
  port = {port}
  bind = 127.0.0.1
  user = {user}
  wait = no
  disable = no
}}
"""


def output_of(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, check=False)
    return done.stdout.decode(errors="replace").strip()


def free_port():
    """A port that nobody has at this moment; the peers cannot tell which one they got."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Peer:
    """A program that can serve an address; command(family, address) starts it."""

    def __init__(self, name, version, command, families=("unix", "tcp"), most=10000, note=""):
        self.name = name
        self.version = version
        self.command = command
        self.families = families
        self.most = most  # connections that it is made for: one process each is another thing
        self.note = note


class Running:
    """A started server, on one CPU of its own where there are two; in a session of its own, so that
    it can be told from others with all that it forks."""

    def __init__(self, peer, family, directory, cpu):
        self.path = os.path.join(directory, "%s.sock" % peer.name.replace(" ", "-"))
        address = self.path if family == "unix" else "127.0.0.1:%d" % free_port()
        command = peer.command(family, address)
        if cpu is not None:
            command = ["taskset", "-c", str(cpu), *command]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        start_new_session=True)
        self.family = family
        self.endpoint = address
        deadline = time.monotonic() + 10
        while True:
            try:
                self.connect().close()
                return
            except OSError as error:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    self.stop()
                    raise RuntimeError("%s does not answer: %s" % (address, error)) from None
                time.sleep(0.02)

    def connect(self):
        sock = socket.socket(socket.AF_UNIX if self.family == "unix" else socket.AF_INET)
        try:
            sock.connect(self.endpoint if self.family == "unix"
                         else ("127.0.0.1", int(self.endpoint.split(":")[1])))
        except OSError:
            sock.close()
            raise
        return sock

    def processes(self):
        """The server and what it has forked: all of its session."""
        found = []
        for name in os.listdir("/proc"):
            if name.isdigit():
                try:
                    with open("/proc/%s/stat" % name, encoding="ascii", errors="replace") as file:
                        fields = file.read().rsplit(")", 1)[1].split()
                except OSError:
                    continue
                if int(fields[3]) == self.process.pid:
                    found.append((int(name), fields))
        return found

    def cpu_seconds(self):
        """To the nanosecond for those alive, to the tick for the children that have ended."""
        total = 0.0
        for pid, fields in self.processes():
            total += (int(fields[13]) + int(fields[14])) / os.sysconf("SC_CLK_TCK")
            try:
                for task in os.listdir("/proc/%d/task" % pid):
                    with open("/proc/%d/task/%s/schedstat" % (pid, task),
                              encoding="ascii") as file:
                        total += int(file.read().split()[0]) / 1e9
            except OSError:
                pass  # ended meanwhile
        return total

    def busiest_tasks(self, count):
        """The threads that have used most CPU."""
        used = []
        for task in os.listdir("/proc/%d/task" % self.process.pid):
            with open("/proc/%d/task/%s/schedstat" % (self.process.pid, task),
                      encoding="ascii") as file:
                used.append((int(file.read().split()[0]), task))
        return [task for _, task in sorted(used, reverse=True)[:count]]

    def wakeups(self):
        total = 0
        for pid, _ in self.processes():
            for task in os.listdir("/proc/%d/task" % pid):
                with open("/proc/%d/task/%s/status" % (pid, task), encoding="ascii") as file:
                    total += sum(int(line.split()[1]) for line in file
                                 if "voluntary_ctxt_switches" in line)
        return total

    def anonymous_bytes(self):
        with open("/proc/%d/smaps_rollup" % self.process.pid, encoding="ascii") as file:
            return sum(int(line.split()[1]) * 1024 for line in file if line.startswith("Pss_Anon"))

    def stop(self):
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()
        if os.path.exists(self.path):
            os.unlink(self.path)


def source(name):
    return os.path.join(PEERS, name)


def build_go(program, _):
    subprocess.run(["go", "build", "-o", program, source("echo.go")], check=True,
                   env={**os.environ, "GO111MODULE": "off", "GOFLAGS": ""})


def build_tokio(program, directory):
    """With Debian's librust-tokio-dev, so without a registry of the network."""
    tree = os.path.join(directory, "tokio")
    shutil.copytree(source("echo-tokio"), tree)
    subprocess.run(["cargo", "build", "--quiet", "--release", "--offline", "--config",
                    "source.crates-io.replace-with='debian'", "--config",
                    "source.debian.directory='/usr/share/cargo/registry'"], cwd=tree, check=True)
    shutil.copy(os.path.join(tree, "target/release/echo-tokio"), program)


def build_libuv(program, _):
    flags = output_of("pkg-config", "--cflags", "--libs", "libuv").split()
    subprocess.run(["cc", "-O2", "-o", program, source("echo-libuv.c"), *flags], check=True)


class Search:
    """Fills peers with what is installed, and missing with why the rest is not there."""

    def __init__(self, build, directory):
        self.directory = directory
        self.peers = []
        self.missing = {}
        server = os.path.join(build, "echo-server")
        self.add(OURS, output_of(server, "--version"), lambda family, address: [
            server, "-q", "-w", "1", *(["--mode", "0600"] if family == "unix" else []), address])
        for name in ("bare-loop", "copy-loop", "splice-loop"):
            program = os.path.join(build, "tests/bench", name)
            if os.path.exists(program):
                self.add(name, "this tree", lambda family, address, program=program: [
                    program, address if family == "unix" else address.split(":")[1]],
                         most=500 if name == "splice-loop" else 10000)
            else:
                self.missing[name] = "make bench-programs"
        self.find_tools()
        self.find_runtimes()

    def add(self, *arguments, **options):
        self.peers.append(Peer(*arguments, **options))

    def tool(self, name, *version):
        """What it says about its version, or None."""
        if shutil.which(name) or os.path.exists("/usr/sbin/" + name):
            return output_of(name, *version).splitlines()
        self.missing[name] = "not installed"
        return None

    def find_tools(self):
        """They fork a process for each connection."""
        lines = self.tool("socat", "-V")
        if lines:
            self.add("socat", next(l for l in lines if "version" in l), lambda family, a: [
                "socat", "UNIX-LISTEN:%s,fork,backlog=1024" % a if family == "unix" else
                "TCP-LISTEN:%s,bind=127.0.0.1,fork,reuseaddr,nodelay,backlog=1024" %
                a.split(":")[1], "PIPE"], most=50, note="a process for each connection")
        lines = self.tool("ncat", "--version")
        if lines:
            self.add("ncat", lines[0], lambda family, a: [
                "ncat", "-l", "-k", "-m", "1000", "-e", "/bin/cat",
                *(["-U", a] if family == "unix" else a.split(":"))],
                     most=50, note="a process for each connection")
        lines = self.tool("xinetd", "-version")
        if lines:
            self.add("xinetd", lines[0], self.xinetd, families=("tcp",), most=50,
                     note="its internal echo service, a process for each connection")

    def xinetd(self, _, address):
        path = os.path.join(self.directory, "xinetd.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(XINETD.format(port=address.split(":")[1], user=output_of("id", "-un")))
        return ["xinetd", "-dontfork", "-f", path, "-filelog",
                os.path.join(self.directory, "xinetd.log"), "-pidfile",
                os.path.join(self.directory, "xinetd.pid")]

    def find_runtimes(self):
        """What event loops and languages offer, each with the few lines of tests/bench/peers."""
        for name, build, version, note in (
                ("go", build_go, ("go", "version"), "io.Copy, GOMAXPROCS by the CPUs it may use"),
                ("tokio", build_tokio, ("dpkg-query", "-W", "librust-tokio-dev"),
                 "read and write_all in a task, one thread"),
                ("libuv", build_libuv, ("pkg-config", "--modversion", "libuv"),
                 "uv_read_start, uv_write")):
            program = os.path.join(self.directory, "echo-" + name)
            try:
                build(program, self.directory)
            except (OSError, subprocess.CalledProcessError) as error:
                self.missing[name] = "does not build here: %s" % error
                continue
            self.add(name, output_of(*version), lambda family, a, program=program: [
                program, family, a], note=note)
        for name, file, note in (("python3", "echo-asyncio.py", "asyncio"),
                                 ("node", "echo-node.js", "net, libuv")):
            lines = self.tool(name, "--version")
            if lines:
                self.add(name, lines[0], lambda family, a, name=name, file=file: [
                    os.path.realpath(shutil.which(name)), source(file), family, a], note=note)
