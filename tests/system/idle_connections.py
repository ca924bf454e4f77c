# SPDX-License-Identifier: ISC
"""Silent connections cost a few bytes each and not one wake-up."""

import os
import resource
import select
import unittest

import echotest

COUNT = int(os.environ.get("ECHO_TEST_IDLE", "1000"))  # of each family
WINDOW = float(os.environ.get("ECHO_TEST_IDLE_WINDOW", "0.5"))  # seconds


class IdleConnections(echotest.TestCase):
    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.count = min(COUNT, hard - 600)

    def sleeps(self, server):
        """Whether all its threads do."""
        states = ""
        for task in os.listdir("/proc/%d/task" % server.pid):
            with open("/proc/%d/task/%s/stat" % (server.pid, task), encoding="ascii") as file:
                states += file.read().split(") ")[1][0]
        return set(states) == {"S"}

    def wake_ups(self, server):
        """How often its threads have begun to sleep so far, for whatever reason."""
        total = 0
        for task in os.listdir("/proc/%d/task" % server.pid):
            with open("/proc/%d/task/%s/status" % (server.pid, task), encoding="ascii") as file:
                total += sum(int(line.split()[1]) for line in file if "ctxt_switches" in line)
        return total

    def talk(self, clients):
        for client in clients:
            client.sendall(b"hello")
        for client in clients:
            self.assertEqual(echotest.receive_exactly(client, 5), b"hello")

    def test_cost(self):
        for endpoint in ("unix:" + self.path(), "127.0.0.1:0"):
            file = self.write("conf", 'listeners = ({ endpoint = "%s"; });\n'
                                      'limits = { connections = 20000; };\n' % endpoint)
            server = self.server("-c", file)
            self.talk([self.client(server.endpoint) for _ in range(50)])
            before = server.anonymous_memory()
            clients = [self.client(server.endpoint) for _ in range(self.count)]
            self.talk(clients)
            each = (server.anonymous_memory() - before) / self.count
            echotest.wait_for(lambda: self.sleeps(server))
            woken = self.wake_ups(server)
            spent = server.cpu_seconds()
            select.select([], [], [], WINDOW)  # a window to measure in: nobody does anything
            spent = server.cpu_seconds() - spent
            woken = self.wake_ups(server) - woken
            print("%s: %d idle connections, %.0f bytes each, %d wake-ups in %.1f s" %
                  (endpoint, self.count, each, woken, WINDOW))
            if not echotest.SANITIZED:
                self.assertLessEqual(each, 300)
                self.assertEqual((woken, spent), (0, 0))
            self.talk(clients[::10])
            for client in clients:
                client.close()


if __name__ == "__main__":
    unittest.main()
