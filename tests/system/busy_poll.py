# SPDX-License-Identifier: ISC
"""With busy_poll a worker stays awake while messages keep coming, and sleeps when none comes."""

import unittest

import echotest

MESSAGES = 100


class BusyPoll(echotest.TestCase):
    def test_awake_while_messages_come(self):
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; });\n'
                                  'workers = 1;\nbusy_poll = "200ms";\n' % self.path())
        server = self.server("-c", file)
        client = self.client(server.endpoint)
        for _ in range(2):
            echotest.wait_for(server.asleep)
            before = server.switches("voluntary")
            for _ in range(MESSAGES):
                client.sendall(b"hello")
                self.assertEqual(echotest.receive_exactly(client, 5), b"hello")
            sleeps = server.switches("voluntary") - before
            print("%d sleeps in %d messages" % (sleeps, MESSAGES))
            self.assertLess(sleeps, MESSAGES / 2)


if __name__ == "__main__":
    unittest.main()
