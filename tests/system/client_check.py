# SPDX-License-Identifier: ISC
"""--check: the line and the codes of a monitoring plugin."""

import json
import unittest

import badpeers
import echotest

CRITICAL = {
    "drops-a-byte": "CORRUPT",
    "doubles-a-byte": "CORRUPT",
    "changes-a-byte": "CORRUPT",
    "reorders-blocks": "CORRUPT",
    "cuts-the-tail": "STALLED",
    "answers-twice": "EXTRA",
    "resets": "RESET",
    "never-answers": "STALLED",
    "adds-a-banner": "CORRUPT",
    "closes-at-once": "EOF",
    "sends-escapes": "CORRUPT",
    "never-stops": "EXTRA",
    "answers-at-the-end": "STALLED",
}


class Check(echotest.TestCase):
    def check(self, endpoint, *arguments):
        status, output, errors = echotest.run(echotest.CLIENT, "--check", *arguments, endpoint)
        self.assertEqual((errors, output.count("\n")), ("", 1), output)
        return status, output

    def test_states(self):
        with badpeers.serve("exact", self.path()) as peer:
            status, output = self.check(peer.endpoint)
            self.assertEqual(status, 0)
            self.assertRegex(output, r"^ECHO OK - \d+\.\d\d ms round trip\|time=\d\.\d{6}s;;;0;\n$")
            status, output = self.check(peer.endpoint, "--warn", "50", "--crit", "200.5")
            self.assertEqual(status, 0)
            self.assertRegex(output, r"\|time=\d\.\d{6}s;50;200\.5;0;\n$")
            status, output = self.check(peer.endpoint, "--warn", "1us", "--crit", "100")
            self.assertEqual(status, 1)
            self.assertRegex(output, r"^ECHO WARNING - .*;0\.000001;100;0;\n$")
            status, output = self.check(peer.endpoint, "--crit", "1us", "--busy-poll")
            self.assertEqual(status, 2)
            self.assertRegex(output, r"^ECHO CRITICAL - .*;;0\.000001;0;\n$")
        with badpeers.serve("answers-late", self.path("late")) as peer:
            self.assertEqual(self.check(peer.endpoint, "--warn", "0.3", "--crit", "100")[0], 1)

    def test_broken_peers(self):
        for name, word in CRITICAL.items():
            with self.subTest(name), badpeers.serve(name, self.path(name)) as peer:
                timeout = "0.2" if word == "STALLED" else "30"
                status, output = self.check(peer.endpoint, "--timeout", timeout)
                self.assertEqual(status, 2)
                self.assertTrue(output.startswith("ECHO CRITICAL - %s: " % word), output)
                self.assertNotIn("\x1b", output)

    def test_no_server(self):
        status, output = self.check(self.path("nothing"))
        self.assertEqual(status, 2)
        self.assertTrue(output.startswith("ECHO CRITICAL - NOENT: "), output)

    def test_unknown(self):
        """A mistake in the plugin's own command line says nothing about the server."""
        for arguments in (("--warn", "x"), ("--nonsense",), ("-c", "3"), ("--no-verify",),
                          ("--warn", "2", "--crit", "1"), ("hello",)):
            with self.subTest(arguments):
                status, output = self.check("unix:/nonexistent", *arguments)
                self.assertEqual(status, 3)
                self.assertTrue(output.startswith("ECHO UNKNOWN - USAGE: "), output)

    def test_json(self):
        with badpeers.serve("exact", self.path()) as peer:
            status, output = self.check(peer.endpoint, "-j")
            result = json.loads(output)
            self.assertEqual((status, result["state"]), (0, "OK"))
            self.assertIsInstance(result["time_ns"], int)
        status, output = self.check(self.path("nothing"), "-j")
        result = json.loads(output)
        self.assertEqual((status, result["state"], result["error"]["word"], result["time_ns"]),
                         (2, "CRITICAL", "NOENT", None))
        for arguments in (("-j", "--warn", "zz"), ("--warn", "zz", "-j")):
            status, output = self.check("unix:/nonexistent", *arguments)
            result = json.loads(output)
            self.assertEqual((status, result["type"], result["state"], result["error"]["word"]),
                             (3, "check", "UNKNOWN", "USAGE"))


if __name__ == "__main__":
    unittest.main()
