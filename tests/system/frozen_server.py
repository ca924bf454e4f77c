# SPDX-License-Identifier: ISC
"""A server that stood still for longer than its limits loses nothing that came meanwhile."""

import os
import random
import select
import signal
import time
import unittest

import echotest
import load

STORM_SECONDS = float(os.environ.get("ECHO_TEST_STORM_SECONDS", "6"))


class FrozenServer(echotest.TestCase):
    def test_storm(self):
        """Stops of 10 ms to 3 s under streams that are never silent for long themselves."""
        server = self.server("-c", self.write("conf", """
            listeners = ({ endpoint = "unix:%s"; }, { endpoint = "127.0.0.1:0"; });
            limits = { idle_timeout = "1s"; };
            log = { level = "info"; };
            """ % self.path()))
        streams = load.Load(server.endpoints, streams=200, rate=0, size=(1, 5000), pause=0.3)
        chance = random.Random(1)
        until = time.monotonic() + STORM_SECONDS
        stops = []
        while time.monotonic() < until:
            stops.append(0.01 * 300 ** chance.random())
            server.send_signal(signal.SIGSTOP)
            select.select([], [], [], stops[-1])
            server.send_signal(signal.SIGCONT)
            select.select([], [], [], 0.3 * chance.random())
        streams.end()
        counts = streams.result()
        print("%d stops, the longest %.1f s: %s" % (len(stops), max(stops), dict(counts)))
        self.assertGreater(max(stops), 1)
        self.assertEqual(set(counts), {"exact", "messages"}, counts)
        self.assertEqual(counts["exact"], 200)
        self.assertNotIn("reason=idle", server.log())


if __name__ == "__main__":
    unittest.main()
