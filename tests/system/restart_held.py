# SPDX-License-Identifier: ISC
"""A server is restarted while another process holds its sockets: no connect fails.

With --grace 0 a server ends the connections that it has accepted. Their clients read an end, which
is counted apart; whoever it has not accepted waits for the next server and is served by that one.
"""

import json
import os
import subprocess
import threading
import unittest

import echotest
import holder

RESTARTS = int(os.environ.get("ECHO_TEST_RESTARTS", "12"))
RATE = 2000  # connects in a second, over both endpoints
CONNECTIONS = 50  # at the same time, of each endpoint


class Load:
    """A connection for each message, until it is ended."""

    def __init__(self, endpoint):
        self.process = subprocess.Popen(
            [echotest.BENCH, "-j", "--churn", "1", "-c", str(CONNECTIONS), "-R", str(RATE // 2),
             "-d", "10m", "--warmup", "0", "--interval", "50ms", endpoint],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.reports = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        with self.process.stdout as lines:
            for line in lines:
                self.reports.append(json.loads(line))

    def has_echoes_since(self, count):
        """The first report after the count may be of a time before it."""
        return any(report["latency"]["count"] for report in self.reports[count + 1:])

    def end(self):
        self.process.terminate()
        self.process.wait(echotest.PATIENCE)
        self.reader.join(echotest.PATIENCE)


class RestartHeld(holder.TestCase):
    def load(self, sock):
        load = Load(self.endpoint(sock))
        self.addCleanup(load.end)
        return load

    def test_restarts(self):
        held = (self.unix(), self.tcp())
        loads, cut = [], 0
        for _ in range(RESTARTS + 1):
            server = self.start(held, "--grace", "0", "systemd:")
            loads = loads or [self.load(sock) for sock in held]
            for load in loads:
                count = len(load.reports)
                echotest.wait_for(lambda load=load, count=count: load.has_echoes_since(count),
                                  server.log)
            self.assertEqual(server.stop(), 0)
            cut += int(server.wait_log(r"drained finished=\d+ cut=(\d+)\n")[0])
        server = self.start(held, "systemd:")  # who is still queued shall have an end
        for load in loads:
            load.end()
            result = load.reports[-1]
            self.assertEqual(result["type"], "result")
            self.assertEqual((result["connect_errors"], result["local_limits"]["ports"]), ({}, 0))
            self.assertGreater(result["connects"], RESTARTS * CONNECTIONS)
            self.assertLessEqual(set(result["errors"]), {"EOF"}, result["errors"])
            ended = result["errors"].get("EOF", 0)
            cut -= ended
            # Whoever was not accepted has its echo: only what was sent into an end is lost.
            self.assertLessEqual(result["lost"], ended)
            print("%s: %d restarts, %d connects, %d failed; %d cut, %d of them with a message" % (
                result["endpoint"], RESTARTS, result["connects"],
                sum(result["connect_errors"].values()), ended, result["lost"]))
        # None has read an end that was not among those that the servers told.
        self.assertGreaterEqual(cut, 0)


if __name__ == "__main__":
    unittest.main()
