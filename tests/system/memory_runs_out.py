# SPDX-License-Identifier: ISC
"""Without memory it is the clients that need it who are ended; the others notice nothing."""

import re
import resource
import signal
import unittest

import echotest


class MemoryRunsOut(echotest.TestCase):
    def limit(self, server, more):
        with open("/proc/%d/status" % server.pid, encoding="ascii") as file:
            used = int(re.search(r"VmData:\s+(\d+) kB", file.read()).group(1)) << 10
        hard = resource.prlimit(server.pid, resource.RLIMIT_DATA)[1]
        resource.prlimit(server.pid, resource.RLIMIT_DATA,
                         (hard if more is None else used + more, hard))

    def test_greedy_clients(self):
        file = self.write("conf", 'listeners = ({ endpoint = "unix:%s"; }, '
                                  '{ endpoint = "127.0.0.1:0"; });\nbuffer = "2MiB";\n'
                          % self.path())
        server = self.server("-c", file)
        others = [self.client(endpoint) for endpoint in server.endpoints for _ in range(5)]

        def talk():
            for number, client in enumerate(others):
                data = echotest.block(5000, seed=number)
                client.sendall(data)
                self.assertEqual(echotest.receive_exactly(client, 5000), data)

        talk()
        if echotest.SANITIZED:
            return  # a sanitizer cannot live with such a limit
        self.limit(server, 1 << 20)
        ended = 0
        data = echotest.block(8 << 20)
        greedy = [self.client(server.endpoint) for _ in range(40)]
        for client in greedy:
            try:
                echotest.fill(client, data)
            except (BrokenPipeError, ConnectionResetError):
                ended += 1
        talk()
        print("%d of %d greedy clients were ended" % (ended, len(greedy)))
        self.assertGreater(ended, 0)
        server.send_signal(signal.SIGHUP)  # succeeds or not
        server.send_signal(signal.SIGUSR1)
        errors = int(server.wait_log(r"listener=total .* errors=(\d+)")[0])
        self.assertEqual(errors, ended)
        talk()
        self.limit(server, None)
        for client in greedy:
            client.close()
        for endpoint in server.endpoints:
            self.assertTrue(echotest.exchange(endpoint, data) == data)


if __name__ == "__main__":
    unittest.main()
