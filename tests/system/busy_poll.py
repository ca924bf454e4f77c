# SPDX-License-Identifier: ISC
"""With busy_poll a worker stays awake while messages keep coming, and sleeps when none comes."""

import os
import unittest

import echotest

MESSAGES = 100


class BusyPoll(echotest.TestCase):
    def threads(self, server):
        """(state, sleeps so far) of each thread."""
        found = []
        for task in os.listdir("/proc/%d/task" % server.pid):
            with open("/proc/%d/task/%s/status" % (server.pid, task), encoding="ascii") as file:
                fields = dict(line.split(":", 1) for line in file)
            found.append((fields["State"].split()[0], int(fields["voluntary_ctxt_switches"])))
        return found

    def asleep(self, server):
        return all(state == "S" for state, _ in self.threads(server))

    def test_awake_while_messages_come(self):
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; });\n'
                                  'workers = 1;\nbusy_poll = "200ms";\n' % self.path())
        server = self.server("-c", file)
        client = self.client(server.endpoint)
        for _ in range(2):
            echotest.wait_for(lambda: self.asleep(server))
            before = sum(sleeps for _, sleeps in self.threads(server))
            for _ in range(MESSAGES):
                client.sendall(b"hello")
                self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
            sleeps = sum(sleeps for _, sleeps in self.threads(server)) - before
            print("%d sleeps in %d messages" % (sleeps, MESSAGES))
            self.assertLess(sleeps, MESSAGES / 2)


if __name__ == "__main__":
    unittest.main()
