# SPDX-License-Identifier: ISC
"""A server that stops for a while: the open loop shows what its clients wait, the closed loop says
that it cannot."""

import json
import os
import signal
import subprocess
import threading
import unittest

import echotest

STOP_S = 0.3


class Stalls(echotest.TestCase):
    def stalled_run(self, *options):
        """A run in which the server stands still for 0.3 s; its result."""
        server = self.server("unix:" + self.path())
        process = subprocess.Popen(
            [echotest.BENCH, "-j", "--interval", "0.1", "-c", "4", "-d", "1.5", "--warmup", "0.1",
             *options, server.endpoint], stdout=subprocess.PIPE)
        for _ in range(4):
            process.stdout.readline()
        server.send_signal(signal.SIGSTOP)
        threading.Event().wait(STOP_S)
        server.send_signal(signal.SIGCONT)
        output, _ = process.communicate(timeout=echotest.PATIENCE)
        self.assertEqual(process.returncode, 0)
        return json.loads(output.splitlines()[-1])

    def test_open_loop_shows_it(self):
        """A fifth of the messages were due while it stood still: the 99th percentile is nearly the
        whole stop. The service times alone would hide it: four messages of 1500."""
        result = self.stalled_run("-R", "1000")
        self.assertEqual(result["messages"], 1500)
        self.assertGreater(result["latency"]["p99_ns"], 0.85 * STOP_S * 1e9)
        self.assertGreater(result["latency"]["p90_ns"], 0.3 * STOP_S * 1e9)
        self.assertGreaterEqual(result["latency"]["max_ns"], 0.95 * STOP_S * 1e9)
        # On a busy machine the four may be sent some time after the stop began.
        self.assertGreater(result["service"]["max_ns"], 0.3 * STOP_S * 1e9)
        self.assertLess(result["service"]["p99_ns"], result["latency"]["p99_ns"])

    def test_closed_loop_cannot(self):
        result = self.stalled_run()
        self.assertLess(result["latency"]["p99_ns"], 0.5 * STOP_S * 1e9)
        self.assertEqual(result["plan"]["mode"], "closed")
        status, output, _ = echotest.run(echotest.BENCH, "-n", "1", "--warmup", "0",
                                         self.server("unix:" + self.path("other")).endpoint)
        self.assertEqual(status, 0)
        self.assertIn("closed loop", output)
        self.assertRegex(output, "does not show below")

    def test_dead_server(self):
        """A server that never comes back: what is owed is counted and the run ends."""
        server = self.server("unix:" + self.path())
        os.kill(server.pid, signal.SIGSTOP)
        status, output, _ = echotest.run(echotest.BENCH, "-j", "-R", "100", "-c", "2", "-d", "0.3",
                                         "--warmup", "0", "--timeout", "0.2", server.endpoint)
        server.send_signal(signal.SIGCONT)
        result = json.loads(output)
        self.assertEqual(status, 1)
        self.assertEqual(result["messages"], 0)
        self.assertEqual(result["messages"] + result["lost"] + result["unsent"], 30)
        self.assertGreater(result["errors"]["TIMEOUT"], 0)

    def test_interrupt_reports(self):
        """INT ends the run, not the report."""
        server = self.server("unix:" + self.path())
        process = subprocess.Popen([echotest.BENCH, "-j", "--interval", "0.1", "-d", "60",
                                    "--warmup", "0", server.endpoint], stdout=subprocess.PIPE)
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=echotest.PATIENCE)
        result = json.loads(output.splitlines()[-1])
        self.assertEqual(process.returncode, 0)
        self.assertTrue(result["interrupted"])
        self.assertGreater(result["messages"], 0)
        self.assertLess(result["elapsed_ns"], 30e9)


if __name__ == "__main__":
    unittest.main()
