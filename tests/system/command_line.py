# SPDX-License-Identifier: ISC
"""Every mistake on the command line of echo-server: one line that helps, exit 2, nothing bound."""

import os
import re
import signal
import subprocess
import unittest

import echotest

# Words of the line, and what it must say.
MISTAKES = (
    (["-x"], "unknown option -x"),
    (["--nope"], "unknown option --nope"),
    (["--verbos=1"], "takes no argument"),
    (["--read-fd", "1"], "did you mean --ready-fd?"),
    (["--log", "info"], "option --log may be --log-level, --log-target, --log-format"),
    (["-c"], "needs an argument: FILE"),
    (["-c", "/nonexistent.conf"], "/nonexistent.conf: No such file or directory"),
    (["-c", ""], "No such file or directory"),
    (["-w"], "needs an argument: N"),
    (["-w", ""], "--workers"), (["-w", "x"], "--workers"), (["-w", "-1"], "--workers"),
    (["-w", "1x"], "--workers"), (["-w", " 1"], "--workers"), (["-w", "0x2"], "--workers"),
    (["-w", "65"], "--workers: 65 is outside 0 to 64"),
    (["-w", "99999999999999999999"], "--workers"), (["-w", "1e1"], "--workers"),
    (["-w", "\u0667"], "--workers"), (["-w", "02"], "--workers"),
    (["--log-level", "loud"], "error warning notice info debug"),
    (["--log-target", "file"], "stderr syslog"),
    (["--log-format", "xml"], "text json"),
    (["--user", "nobody", "127.0.0.1:0"], "--user"),
    (["--mode", "0600"], "--mode"),
    (["--mode", "0600", "127.0.0.1:0"], "mode"),
    (["--mode", "0999", "unix:x"], "mode: "), (["--mode", "u+w", "unix:x"], "u+w"),
    (["--mode", "", "unix:x"], "mode: "), (["--mode", "10000", "unix:x"], "10000"),
    (["--grace", ""], "--grace: "), (["--grace", "soon"], '--grace: "soon" is not a duration'),
    (["--grace", "2d"], "--grace: 2d is outside 0 to 1d"), (["--grace", "-1"], "--grace: "),
    (["--ready-fd", ""], "--ready-fd"), (["--ready-fd", "x"], "--ready-fd"),
    (["--ready-fd", "-1"], "--ready-fd"), (["--ready-fd", "1e3"], "--ready-fd"),
    (["--ready-fd", "4294967297"], "--ready-fd"), (["--ready-fd", " 1"], "--ready-fd"),
    (["--ready-fd", "999"], "999: this descriptor is not open"),
    (["--ready-fd", "0"], "0: this descriptor is open for reading only"),
    ([""], "empty"), (["7777"], "localhost:7777"), (["localhost"], "port needed"),
    (["localhost:65536"], "65536"), (["localhost:"], "localhost:"), (["::1:7"], "[::1]"),
    (["[::1]"], "port"), (["unix://tmp/x"], "unix:/tmp/x"), (["unix:"], "unix:"),
    (["localhost:+7"], "+7"), (["localhost:07"], "07"), (["localhost: 7"], "7"),
    (["localhost:7x"], "7x"), (["tcp4:[::1]:0"], "tcp4"), (["fe80::1%lo:7"], "["),
    (["tcp://a@localhost:7/"], "localhost"), (["unix:@"], "@"), (["localhost:nosuch"], "nosuch"),
    (["udp:localhost:7"], "not supported in this version"),
    (["vsock:1:7"], "not supported in this version"),
    (["unix-dgram:/tmp/x"], "not supported in this version"),
    (["systemd:"], "no socket was inherited"), (["fd:99"], "not open"),
    (["unix:/" + "x" * 107], "107"), (["unix:a\nb"], "control"),
    (["nosuchhost.invalid:7"], "nosuchhost.invalid"),
)


class CommandLine(echotest.TestCase):
    def run_server(self, *words):
        with open("/dev/null", "rb") as read_only:
            return echotest.run(echotest.SERVER, *words, cwd=self.directory, stdin=read_only)

    def test_mistakes(self):
        for words, said in MISTAKES:
            status, output, errors = self.run_server(*words)
            self.assertEqual((status, output), (2, ""), (words, errors))
            self.assertRegex(errors, r"\Aecho-server: [ -~]+\n\Z", words)
            self.assertIn(said, errors, words)
            self.assertEqual(os.listdir(self.directory), [], words)

    def test_help(self):
        for word in ("-h", "--help"):
            status, output, errors = self.run_server(word)
            self.assertEqual((status, errors), (0, ""))
            self.assertTrue(output.startswith("Usage: echo-server [OPTION...] [ENDPOINT...]\n"))
            for option in ("-c, --config FILE", "-t, --test", "-T, --dump", "--ready-fd N",
                           "-w, --workers N", "--log-level", "--log-target", "--log-format",
                           "--mode OCTAL", "-v", "-q", "-V, --version", "-h, --help"):
                self.assertIn(option, output)
            # All but the path of the settings file, which is the builder's choice.
            output = re.sub(r"\S+/echo-server\.conf", "echo-server.conf", output)
            self.assertLessEqual(max(map(len, output.splitlines())), 100)

    def test_version(self):
        for word in ("-V", "--version"):
            status, output, errors = self.run_server(word)
            self.assertEqual((status, errors), (0, ""))
            self.assertRegex(output, r"\Aecho-server \d+\.\d+\.\d+\n\Z")

    def test_output_that_nobody_gets(self):
        """A full disk is a failure of what only prints."""
        for word in ("-h", "-V", "-T"):
            with open("/dev/full", "wb") as full:
                status, _, errors = echotest.run(echotest.SERVER, word, "127.0.0.1:0",
                                                 stdout=full)
            self.assertEqual(status, 2, word)
            self.assertRegex(errors, r"\Aecho-server: .*No space left on device\n\Z", word)

    def test_output_that_nobody_reads(self):
        """A reader that has gone ends it without a word, as it does cat; where that signal is
        ignored it is a failure to write."""
        for word in ("-h", "-V", "-t", "-T"):
            for action, status, said in (
                    (signal.SIG_DFL, -signal.SIGPIPE, r"\Z"),
                    (signal.SIG_IGN, 2, r"echo-server: .*Broken pipe\n\Z")):
                reader, writer = os.pipe()
                os.close(reader)
                done = subprocess.run(
                    [echotest.SERVER, word, "127.0.0.1:0"], stdout=writer, check=False,
                    stderr=subprocess.PIPE, text=True,
                    preexec_fn=lambda action=action: signal.signal(signal.SIGPIPE, action) and None)
                os.close(writer)
                self.assertEqual(done.returncode, status, word)
                self.assertRegex(done.stderr, r"\A" + said, word)

    def test_output_read_late(self):
        """A pipe that is full, and non-blocking because another process wanted it so."""
        for word in ("-h", "-V", "-t", "-T"):
            expected = self.run_server(word, "127.0.0.1:0")
            reader, writer, filling = self.full_pipe(blocking=False)
            process = subprocess.Popen([echotest.SERVER, word, "127.0.0.1:0"], stdout=writer,
                                       stderr=subprocess.PIPE, text=True)
            os.close(writer)
            self.addCleanup(process.wait)
            self.addCleanup(process.kill)
            # It has met the full pipe: it waits, or has given up.
            echotest.wait_for(lambda process=process: process.poll() is not None or
                              echotest.state_of(process.pid) == "S")
            output = echotest.read_to_end(reader)[len(filling):].decode()
            with process.stderr:
                errors = process.stderr.read()
            self.assertEqual((process.wait(echotest.PATIENCE), output, errors), expected, word)

    def test_test_binds_nothing(self):
        self.assertEqual(self.run_server("-t", "unix:x", "127.0.0.1:0", "-w", "2"),
                         (0, "settings are valid; no settings file was read\n", ""))
        self.assertEqual(os.listdir(self.directory), [])

    def test_dump(self):
        """What the options say stands in the dump; options may follow operands, -- ends them."""
        status, output, errors = self.run_server(
            "unix:x", "-w", "3", "-T", "--mode", "0600", "--log-level=debug", "--", "localhost:0")
        self.assertEqual((status, errors), (0, ""))
        for line in ('endpoint = "unix:%s";' % self.path("x"), 'mode = "0600";', "workers = 3;",
                     'endpoint = "localhost:0";', 'level = "debug";'):
            self.assertRegex(output, r"(?m)^\s*%s$" % re.escape(line))
        self.assertEqual(os.listdir(self.directory), [])

    def test_dash_dash(self):
        status, _, errors = self.run_server("--", "-t")
        self.assertEqual(status, 2)
        self.assertIn("-t", errors)


if __name__ == "__main__":
    unittest.main()
