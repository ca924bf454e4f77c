# SPDX-License-Identifier: ISC
"""What README.md shows is what happens: its console blocks are typed in, the server's at a terminal
of its own, and what comes out must be what is printed there, apart from numbers that change."""

import fcntl
import os
import re
import select
import shlex
import subprocess
import termios
import unittest

import echotest

CHANGING = (
    (r"^ *\d+\.\d{3} (?=(?:error|warning|notice|info|debug) )", "TIME "),
    (r"fd=\d+", "fd=N"),
    (r"(peer=|from )127\.0\.0\.1:\d+", r"\1CLIENT"),
    (r"uid:\d+,gid:\d+,pid:\d+", "WHO"),
    (r"\d+(\.\d+)?(/\d+\.\d+)* (ms|s|MB/s)\b", r"N \3"),
    (r"duration=\d+\.\d+s", "duration=N"),
    (r"^.*running-as-root.*\n", ""),
    (r"^listening \[::1\]:\d+\n", ""),
)


def steady(text):
    """The text without what differs from run to run."""
    for pattern, replacement in CHANGING:
        text = re.sub(pattern, replacement, text, flags=re.M)
    return text


def by_stream(text):
    """Standard output and the log come by different ways; each for itself is in order."""
    lines = text.splitlines()
    return ([line for line in lines if not line.startswith("TIME")],
            [line for line in lines if line.startswith("TIME")])


def blocks():
    """(who, text) of each console block."""
    with open(os.path.join(echotest.SOURCE, "README.md"), encoding="utf-8") as file:
        return re.findall(r"^```console (server|client)\n(.*?)^```$", file.read(), re.M | re.S)


class Terminal:
    """A server at a pseudo-terminal, on which ^C can be typed."""

    def __init__(self, command):
        self.master, slave = os.openpty()
        attributes = termios.tcgetattr(slave)
        attributes[1] &= ~termios.ONLCR
        termios.tcsetattr(slave, termios.TCSANOW, attributes)
        self.process = subprocess.Popen(
            ["sh", "-c", "exec " + command], stdin=slave, stdout=slave, stderr=slave,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.text = ""

    def read_until(self, condition):
        """Reads until the condition holds for the text, or the terminal is closed."""
        while not condition(self.text):
            ready, _, _ = select.select([self.master], [], [], echotest.PATIENCE)
            if not ready:
                raise AssertionError("no more output after:\n" + self.text)
            try:
                self.text += os.read(self.master, 65536).decode()
            except OSError:  # the last process has closed it
                return

    def interrupt(self):
        os.write(self.master, b"\x03")
        self.read_until(lambda text: False)
        if self.process.wait(echotest.PATIENCE) != 0:
            raise AssertionError("exit status %d" % self.process.returncode)
        os.close(self.master)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Readme(echotest.TestCase):
    maxDiff = None

    def setUp(self):
        super().setUp()
        self.terminal = None
        self.shown = ""  # by the README for the server's terminal
        self.ports = {}  # in the README: really

    def really(self, text):
        """A command of the README with the paths and ports of this run."""
        text = re.sub(r"\bbuild/", lambda _: shlex.quote(echotest.BUILD) + "/", text)
        text = text.replace("/tmp/echo.sock", self.path())
        for shown, real in self.ports.items():
            text = re.sub(r":%s\b" % shown, ":" + real, text)
        return text

    def as_shown(self, text):
        """Output of this run with the paths and ports of the README."""
        text = text.replace(self.path(), "/tmp/echo.sock").replace(self.directory, "/tmp")
        for shown, real in self.ports.items():
            text = re.sub(r":%s\b" % real, ":" + shown, text)
            # A listener's name is its endpoint as it was written, here with port 0.
            text = re.sub(r"(listener=\S*):0\b", r"\1:" + shown, text)
        return text

    def start_server(self, block):
        command, output = block[2:].split("\n", 1)
        self.shown = output
        self.terminal = Terminal(self.really(re.sub(r":\d+\b", ":0", command)))
        self.addCleanup(self.terminal.kill)
        self.terminal.read_until(lambda text: "hello\n" in text)
        pattern = r"^listening \S+:(\d+)$"
        self.ports = dict(zip(re.findall(pattern, output, re.M),
                              re.findall(pattern, self.terminal.text, re.M)))

    def server_block(self, block):
        if block.startswith("$ "):
            self.start_server(block)
            return
        self.shown += block
        if block.startswith("^C"):
            self.terminal.interrupt()
            self.compare_server()
        else:
            self.terminal.read_until(
                lambda text: len(steady(text).splitlines()) >= len(steady(self.shown).splitlines()))

    def compare_server(self):
        # The terminal shows the typed ^C without a newline.
        shown = steady(self.shown.replace("^C\n", ""))
        seen = steady(self.as_shown(self.terminal.text.replace("^C", "")))
        self.assertEqual(by_stream(seen), by_stream(shown))

    def client_block(self, block):
        for command, output in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", block, re.M):
            if "--services" in command and not self.has("/etc/services", command):
                continue
            result = subprocess.run(["sh", "-c", self.really(command)], check=False, text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, timeout=echotest.PATIENCE)
            self.assertEqual(steady(self.as_shown(result.stdout)), steady(output), command)

    def test_console_blocks(self):
        found = blocks()
        self.assertGreater(len(found), 8)
        for who, block in found:
            if who == "server":
                self.server_block(block)
            else:
                self.client_block(block)

    def test_first_commands(self):
        with open(os.path.join(echotest.SOURCE, "README.md"), encoding="utf-8") as file:
            self.assertIn("```sh\n./quickstart\n./quickstart check\n```", file.read(800))


if __name__ == "__main__":
    unittest.main()
