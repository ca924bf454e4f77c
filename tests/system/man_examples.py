# SPDX-License-Identifier: ISC
"""The EXAMPLES of the manuals work as they stand there: with other paths and ports, and shorter."""

import os
import re
import signal
import subprocess
import unittest

import echotest


def examples(page):
    """The literal displays of a page's EXAMPLES, each as its lines."""
    with open(os.path.join(echotest.SOURCE, "man", page), encoding="utf-8") as file:
        section = re.search(r"^\.Sh EXAMPLES\n(.*?)^\.Sh ", file.read(), re.M | re.S).group(1)
    section = re.sub(r"^\.Dl (.*)$", r".Bd\n\1\n.Ed", section, flags=re.M)
    section = section.replace(r"\(aq", "'").replace(r"\(dq", '"').replace(r"\e", "\\")
    return [display.splitlines()
            for display in re.findall(r"^\.Bd.*?\n(.*?)^\.Ed", section, re.M | re.S)]


def commands(page, program):
    """What is typed at a prompt there, for this program."""
    found = [line[2:] for display in examples(page) for line in display if line.startswith("$ ")]
    return [command for command in found if command.split()[0] == program]


class Examples(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.environment = {**os.environ, "PATH": echotest.BUILD + ":" + os.environ["PATH"]}

    def sh(self, script):
        return subprocess.run(["sh", "-ec", script], cwd=self.directory, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              timeout=echotest.PATIENCE)

    def start(self):
        """A server at the endpoints of the examples, and what their commands become with it."""
        name = "@echo-%d" % os.getpid()
        server = self.server("unix:" + self.path(), "127.0.0.1:0", "unix:" + name)
        port = server.endpoints[1].rsplit(":", 1)[1]
        self.write("file", "a file\n" * 1000)
        self.write("start-the-rest", "#!/bin/sh\n")
        os.chmod(self.path("start-the-rest"), 0o755)
        self.environment["PATH"] = self.directory + ":" + self.environment["PATH"]

        def adapt(command):
            for old, new in (("/tmp/echo.sock", self.path()), ("/run/app.sock", self.path()),
                             ("localhost:7777", "127.0.0.1:" + port), ("@echo ", name + " "),
                             ("1GiB", "64MiB")):
                command = command.replace(old, new)
            return command
        return adapt

    def test_client(self):
        adapt = self.start()
        found = commands("echo-client.1", "echo-client") + \
            commands("echo-endpoint.7", "echo-client")
        self.assertGreater(len(found), 10)
        for command in found:
            if re.search("--services|:http", command) and not self.has("/etc/services", command):
                continue
            result = self.sh(adapt(command))
            # A bare file name is the example of a name that does not resolve; how soon an answer
            # comes is for --check to say.
            allowed = {0}
            if " echo.sock " in command:
                allowed = {3}
            elif "--check" in command:
                allowed = {0, 1, 2}
            self.assertIn(result.returncode, allowed, (command, result.stdout))

    def test_bench(self):
        adapt = self.start()
        found = commands("echo-bench.1", "echo-bench")
        self.assertGreater(len(found), 7)
        for command in found:
            command = re.sub(r" -d [\d.]+", "", adapt(command))
            command = re.sub(r"\becho-bench (?!--merge)", "echo-bench -d 0.1 --warmup 0 ", command)
            result = self.sh(command + "\nwait")
            # Whether a goal of speed is met is not for this test to say.
            allowed = {0, 6} if "--require" in command or "--find-max" in command else {0}
            self.assertIn(result.returncode, allowed, (command, result.stdout))

    def test_server(self):
        with open(os.path.join(echotest.SOURCE, "etc", "echo-server.conf"),
                  encoding="utf-8") as file:
            text = file.read()
        settings = self.write("settings", text.replace("/tmp/echo.sock", self.path())
                              .replace("localhost:7777", "127.0.0.1:0"))
        found = commands("echo-server.8", "echo-server") + \
            commands("echo-endpoint.7", "echo-server")
        self.assertGreater(len(found), 6)
        for command in found:
            for old, new in (("/tmp/echo.sock", self.path()), ("7777", "0"),
                             ("/etc/echo-server.conf", settings), ("@echo", "@echo-%d" % os.getpid())):
                command = command.replace(old, new)
            if " -t " in command or " -T " in command or "*" in command:
                # Without --allow-root root may not listen for other machines.
                result = self.sh(command + (" -t --allow-root" if "*" in command else ""))
                self.assertEqual(result.returncode, 0, (command, result.stdout))
            else:
                self.run_server(command)

    def run_server(self, command):
        with subprocess.Popen(["sh", "-ec", "exec " + command], cwd=self.directory,
                              env=self.environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True) as server:
            lines = []
            for line in server.stdout:
                lines.append(line)
                if line == "ready\n":
                    server.send_signal(signal.SIGTERM)
            self.assertEqual(server.wait(), 0, (command, lines))
            self.assertIn("ready\n", lines)

    def test_script(self):
        scripts = [display for display in examples("echo-server.8")
                   if not display[0].startswith("$ ")]
        self.assertEqual(len(scripts), 1)
        result = self.sh("\n".join(scripts[0]).replace("/tmp/echo.sock", self.path()))
        self.assertEqual(result.returncode, 0, result.stdout)
        lines = result.stdout.splitlines()
        self.assertLess(lines.index("ready"), lines.index("hello"))

    def test_settings(self):
        files = [display for display in examples("echo-server.conf.5")
                 if not display[0].startswith("$ ")]
        self.assertGreater(len(files), 2)
        for lines in files:
            path = self.write("settings", "\n".join(lines))
            # Not -t: an example's directories need not be here.
            status, _, errors = echotest.run(echotest.SERVER, "-T", "-c", path)
            self.assertEqual(status, 0, (lines, errors))


if __name__ == "__main__":
    unittest.main()
