# SPDX-License-Identifier: ISC
"""A load generator that is lied to notices, in every way of loading: each lie by its word, with the
right exit status."""

import json
import unittest

import badpeers
import echotest

# Few messages, since the pause after each failure grows; but in bulk more than one piece.
MODES = {
    "closed": ("-n", "16", "-P", "2"),
    "open": ("-R", "2000", "-n", "16", "-P", "2"),
    "bulk": ("--bulk", "-n", "3000"),
    "churn": ("--churn", "3", "-n", "18", "-P", "2"),
    "find-max": ("--find-max", "p50<30s", "-d", "0.02", "-R", "1000", "-P", "2"),
    "interleave": ("--interleave", "2", "-n", "16", "-P", "2"),
}
SEVERAL_CONNECTIONS = {"churn", "find-max", "interleave"}  # one after another, with -c 1

# Beyond its limit a server is late, and so is one that waits for a second message. What was sent
# on a connection of the run before, still open at the server, is CORRUPT. So is, in bulk, what may
# as well have been sent long before on the same connection, and a piece too short to tell.
ALSO = {"find-max": {"TIMEOUT", "CORRUPT"}, "interleave": {"CORRUPT"}, "bulk": {"CORRUPT"}}
SILENT = {"cuts-the-tail"}
DIFFERS = {"CORRUPT", "EXTRA", "FOREIGN"}

# Behaviour, connections, the words it may be counted by, exit status, modes in which it cannot lie.
LIARS = (
    ("echoes-another-run", 1, {"CORRUPT"}, 4, set()),
    ("echoes-the-previous-connection", 1, {"CORRUPT", "FOREIGN"}, 4,
     set(MODES) - SEVERAL_CONNECTIONS),
    ("echoes-another-connection", 2, {"FOREIGN"}, 4, set()),
    ("corrupts-under-load", 2, {"CORRUPT"}, 4, set()),
    ("corrupts-the-last-message", 1, {"CORRUPT"}, 4, set()),
    ("adds-a-byte-at-the-end", 1, {"EXTRA"}, 4, set()),
    ("adds-an-urgent-byte", 1, {"CORRUPT", "EXTRA"}, 4, set()),
    ("adds-a-byte-at-the-start", 1, {"CORRUPT", "EXTRA"}, 4, set()),
    ("resets-after-each-answer", 1, {"RESET"}, 5, set()),
    ("cuts-the-tail", 1, {"TIMEOUT", "STALLED"}, 1, set()),
    ("doubles-a-message", 1, {"CORRUPT", "EXTRA"}, 4, set()),
    ("swaps-two-messages", 1, {"CORRUPT"}, 4, set()),
)


class LiedTo(echotest.TestCase):
    def bench(self, *arguments):
        """Exit status, and the object of the report in which the errors are."""
        status, output, errors = echotest.run(
            echotest.BENCH, "-j", "--warmup", "0", "-s", str(badpeers.MESSAGE), *arguments)
        self.assertEqual(errors, "")
        objects = [json.loads(line) for line in output.splitlines()]
        found = [item for item in objects if item["type"] in ("result", "maximum")]
        return status, found[-1]

    def lie(self, mode, behaviour, connections):
        patience = "0.1" if behaviour in SILENT or mode == "find-max" else str(echotest.PATIENCE)
        with badpeers.serve("exact") as honest, badpeers.serve(behaviour) as liar:
            before = (honest.endpoint,) if mode == "interleave" else ()
            if behaviour == "echoes-another-run":
                self.assertEqual(self.bench("-n", "16", "-c", "1", liar.endpoint)[0], 0)
                liar.lying = True
            return self.bench("--timeout", patience, "-c", str(connections), *MODES[mode], *before,
                              liar.endpoint)

    def test_all(self):
        for behaviour, connections, words, expected, except_in in LIARS:
            for mode in sorted(set(MODES) - except_in):
                with self.subTest(behaviour=behaviour, mode=mode):
                    status, report = self.lie(mode, behaviour, connections)
                    allowed = words | ALSO.get(mode, set())
                    wanted = allowed & DIFFERS if words <= DIFFERS else words
                    self.assertTrue(wanted & set(report["errors"]), report["errors"])
                    self.assertLessEqual(set(report["errors"]), allowed)
                    self.assertEqual(status, expected)
                    if words <= DIFFERS:
                        self.assertIn(report["first_difference"]["word"], allowed)

    def test_seed(self):
        """Another one for each run, unless it is given; then the bytes are the same again."""
        def seed(*arguments):
            with badpeers.serve("echoes-another-run", self.path()) as peer:
                status, report = self.bench("-n", "10", "-c", "1", *arguments, peer.endpoint)
                self.assertEqual(status, 0)
                return report["plan"]["seed"], bytes(peer.streams[0])

        first, second = seed(), seed()
        self.assertNotEqual(first[0], second[0])
        self.assertNotEqual(first[1], second[1])
        self.assertLess(max(first[0], second[0]), 10 ** 9)
        self.assertEqual(seed("--seed", str(first[0])), first)
        with badpeers.serve("exact", self.path()) as peer:
            status, output, _ = echotest.run(echotest.BENCH, "-n", "1", "--seed", "4711",
                                             peer.endpoint)
        self.assertEqual(status, 0)
        self.assertRegex(output, r"(?m), seed 4711$")


if __name__ == "__main__":
    unittest.main()
