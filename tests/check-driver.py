# SPDX-License-Identifier: ISC
"""tests/driver.py: a test that hangs fails and leaves nothing, a case left out is counted."""

import os
import subprocess
import sys
import tempfile
import unittest

DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "driver.py")

# A child, a child of another session, and a file; each holds the pipe, so its end tells of theirs.
HANGS = 'tail -f /dev/null & setsid sh -c "tail -f /dev/null & wait" & : >"$TMPDIR/file"; wait'


class Driver(unittest.TestCase):
    def drive(self, script, limit="60"):
        """What the driver says of a shell script; its log and its .trs file."""
        with tempfile.TemporaryDirectory() as place:
            log, trs = os.path.join(place, "log"), os.path.join(place, "trs")
            reader, writer = os.pipe()
            done = subprocess.run(
                [sys.executable, "-B", DRIVER, "--test-name", "t", "--log-file", log, "--trs-file",
                 trs, "--color-tests", "no", "--", "sh", "-c", script],
                stdout=subprocess.PIPE, text=True, check=True, pass_fds=[writer],
                env={**os.environ, "ECHO_TEST_LIMIT": limit, "TMPDIR": place})
            os.close(writer)
            with os.fdopen(reader) as pipe:
                pipe.read()  # until nobody has the other end
            self.assertEqual(sorted(os.listdir(place)), ["log", "trs"])
            texts = []
            for path in (log, trs):
                with open(path, encoding="utf-8") as file:
                    texts.append(file.read())
        return done.stdout, *texts

    def test_results(self):
        for status, word, again, in_log in ((0, "PASS", "no", "no"), (1, "FAIL", "yes", "yes"),
                                            (77, "SKIP", "no", "yes"), (99, "ERROR", "yes", "yes")):
            with self.subTest(status):
                self.assertEqual(self.drive("echo out; echo err >&2; exit %d" % status), (
                    word + ": t\n", "out\nerr\n",
                    ":test-result: %s t\n:global-test-result: %s\n:recheck: %s\n"
                    ":copy-in-global-log: %s\n" % (word, word, again, in_log)))

    def test_cases_left_out(self):
        told, _, trs = self.drive("echo left out: x: no IPv6; echo not left out: y; "
                                  "echo left out: z: no root >&2")
        self.assertEqual(told, "PASS: t\nSKIP: t: x: no IPv6\nSKIP: t: z: no root\n")
        self.assertEqual(trs, ":test-result: PASS t\n:test-result: SKIP t: x: no IPv6\n"
                         ":test-result: SKIP t: z: no root\n:global-test-result: PASS\n"
                         ":recheck: no\n:copy-in-global-log: yes\n")

    def test_time_limit(self):
        told, log, trs = self.drive(HANGS, limit="0.5")
        self.assertEqual(told, "FAIL: t\n")
        self.assertIn("the time limit of a test program is 0.5 s: it was killed\n", log)
        self.assertIn(":global-test-result: FAIL\n", trs)

    def test_nothing_stays(self):
        """What a test leaves running ends with it."""
        told, _, _ = self.drive("setsid sh -c 'tail -f /dev/null & wait' & exit 0")
        self.assertEqual(told, "PASS: t\n")


if __name__ == "__main__":
    sys.exit(unittest.main())
