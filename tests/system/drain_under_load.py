# SPDX-License-Identifier: ISC
"""A drain at any moment: whoever ends within the grace gets every byte, and nobody is reset."""

import os
import random
import select
import signal
import unittest

import echotest
import load

DRAINS = int(os.environ.get("ECHO_TEST_DRAINS", "10"))
# What clients meet that come too late, or on TCP were never accepted.
LATE = {"connect:ECONNREFUSED", "connect:ENOENT", "ECONNREFUSED:tcp:untouched",
        "ECONNRESET:tcp:untouched", "EPIPE:tcp:untouched", "ENOTCONN:tcp:untouched"}


class DrainUnderLoad(echotest.TestCase):
    def drain(self, number):
        chance = random.Random(number)
        server = echotest.Server(*self.served).start()
        self.addCleanup(server.end)
        clients = load.Load(server.endpoints, streams=50, rate=1000,
                            size=(1, chance.choice((100, 10000, 200000))), seed=number)
        select.select([], [], [], chance.uniform(0, 0.1))  # a random moment is the point
        server.send_signal(signal.SIGTERM)
        select.select([], [], [], chance.uniform(0, 0.1))
        clients.end()
        counts = clients.result()
        self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
        wrong = set(counts) - {"exact", "messages", "connects"} - LATE
        self.assertEqual(wrong, set(), (number, counts, server.log()))
        self.assertGreaterEqual(counts["exact"], 50)
        self.assertRegex(server.log(), r"drained finished=\d+ cut=0\n")
        return counts

    def test_drains(self):
        late = 0
        self.served = self.endpoints("unix:" + self.path(), "unix:@" + self.path("abstract"),
                                     "127.0.0.1:0", "[::1]:0")
        for number in range(DRAINS):
            counts = self.drain(number)
            late += sum(counts.get(word + ":tcp:untouched", 0)
                        for word in ("ECONNRESET", "EPIPE", "ENOTCONN"))
        print("%d drains: %d clients of TCP were not accepted any more" % (DRAINS, late))


if __name__ == "__main__":
    unittest.main()
