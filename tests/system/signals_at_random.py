# SPDX-License-Identifier: ISC
"""Reload, statistics and the end, in any order and at any moment, under load."""

import os
import random
import select
import signal
import unittest

import echotest
import load

ROUNDS = int(os.environ.get("ECHO_TEST_SIGNAL_ROUNDS", "3"))


class SignalsAtRandom(echotest.TestCase):
    def settings(self, number):
        more = ', { endpoint = "unix:%s"; }' % self.path("more") if number % 2 else ""
        new = self.path("conf.new")
        with open(new, "w", encoding="ascii") as file:
            file.write('listeners = ({ endpoint = "unix:%s"; }, { endpoint = "127.0.0.1:0"; }%s);\n'
                       'limits = { idle_timeout = "%ds"; };\n%s'
                       % (self.path(), more, 100 + number, "bad = 1;" if number % 5 == 4 else ""))
        os.rename(new, self.path("conf"))  # whole at any moment

    def round(self, number):
        chance = random.Random(number)
        self.settings(0)
        server = echotest.Server("-c", self.path("conf")).start()
        self.addCleanup(server.end)
        clients = load.Load(server.endpoints, streams=20, rate=300, size=(1, 50000), seed=number)
        for step in range(100):
            self.settings(step)
            server.send_signal(chance.choice((signal.SIGHUP, signal.SIGHUP, signal.SIGUSR1)))
            select.select([], [], [], chance.choice((0, 0, 0.001, 0.005)))
        server.send_signal(signal.SIGTERM)
        for step in range(10):  # the end has the last word
            server.send_signal(chance.choice((signal.SIGHUP, signal.SIGUSR1)))
        clients.end()
        counts = clients.result()
        self.assertEqual(server.process.wait(echotest.PATIENCE), 0)
        wrong = {word for word in counts if not word.startswith("connect:")
                 and not word.endswith(":tcp:untouched")}
        self.assertEqual(wrong, {"exact", "messages", "connects"}, counts)
        self.assertRegex(server.log(), r"drained finished=\d+ cut=0")

    def test_rounds(self):
        for number in range(ROUNDS):
            self.round(number)


if __name__ == "__main__":
    unittest.main()
