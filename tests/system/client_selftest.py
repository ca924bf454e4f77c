# SPDX-License-Identifier: ISC
"""--selftest: eleven exchanges that an echo server stands, and the names of those that others do
not."""

import concurrent.futures
import json
import re
import unittest

import badpeers
import echotest

NAMES = ["one byte", "every byte value", "sizes from 1 B to 1 MiB", "64 MiB", "byte at a time",
         "half-close", "early half-close", "slow reader", "long silence",
         "100 connections at once", "urgent data"]

# Those that wait for an echo before they half-close.
MESSAGES = ["one byte", "every byte value", "sizes from 1 B to 1 MiB", "long silence",
            "urgent data"]

# behaviour: exit status, and the failures with their words.
BROKEN = {
    "loses-urgent-data": (4, {"urgent data": "CORRUPT"}),
    "closes-when-idle": (5, {"long silence": "TRUNCATED"}),
    "cuts-the-tail": (5, {name: "STALLED" if name in MESSAGES else "TRUNCATED" for name in NAMES}),
    "changes-a-byte": (4, {name: "CORRUPT" for name in NAMES if name != "one byte"}),
    "closes-at-once": (5, {name: "EOF" for name in NAMES}),
}


class Selftest(echotest.TestCase):
    def run_client(self, endpoint, *arguments):
        return echotest.run(echotest.CLIENT, "--selftest", "--silence", "0.4", *arguments, endpoint)

    def test_good_server(self):
        served = self.server("unix:" + self.path(), "127.0.0.1:0")
        with concurrent.futures.ThreadPoolExecutor() as pool:
            results = pool.map(self.run_client, served.endpoints)
        for endpoint, (status, output, errors) in zip(served.endpoints, results, strict=True):
            with self.subTest(endpoint):
                self.assertEqual((status, errors), (0, ""), output)
                lines = output.splitlines()
                self.assertEqual(lines[-1], "11 exchanges, 11 ok, 0 failed")
                for line, name in zip(lines, NAMES, strict=False):
                    self.assertRegex(line, r"^ok    %s +OK \d+\.\d ms$" % name)

    def test_broken_peers(self):
        def run(name):
            with badpeers.serve(name) as peer:
                return self.run_client(peer.endpoint, "--timeout", "1" if "STALLED" in
                                       BROKEN[name][1].values() else "30")
        with concurrent.futures.ThreadPoolExecutor(len(BROKEN)) as pool:
            runs = {name: pool.submit(run, name) for name in BROKEN}
        for name, (expected, failures) in BROKEN.items():
            with self.subTest(name):
                status, output, errors = runs[name].result()
                self.assertEqual((status, errors), (expected, ""), output)
                found = dict(re.findall(r"^FAIL  (.+?)  +([A-Z]+): ", output, re.M))
                self.assertEqual(found, failures, output)
                self.assertIn("\n11 exchanges, %d ok, %d failed\n" %
                              (11 - len(failures), len(failures)), output)

    def test_quiet(self):
        with badpeers.serve("loses-urgent-data") as peer:
            status, output, _ = self.run_client(peer.endpoint, "-q")
        self.assertEqual((status, len(output.splitlines())), (4, 2), output)

    def test_json(self):
        with badpeers.serve("loses-urgent-data") as peer:
            status, output, _ = self.run_client(peer.endpoint, "-j")
        objects = [json.loads(line) for line in output.splitlines()]
        self.assertEqual([o["name"] for o in objects[:-1]], NAMES)
        self.assertEqual((status, objects[-1]["passed"], objects[-1]["failed"]), (4, 10, 1))
        self.assertEqual(objects[-2]["error"]["word"], "CORRUPT")

    def test_no_server(self):
        status, output, errors = self.run_client(self.path("nothing"))
        self.assertEqual((status, output), (3, ""))
        self.assertIn(": NOENT: ", errors)


if __name__ == "__main__":
    unittest.main()
