# SPDX-License-Identifier: ISC
"""The clients that people have get every byte of 16 MiB back and then the end."""

import subprocess
import unittest

import echotest

SIZE = 16 << 20


def commands(endpoint):
    """A row for each tool that is installed and speaks this endpoint: {name: command}."""
    rows = {}
    if endpoint.startswith("unix:@"):
        rows["socat"] = ["socat", "-t", "60", "-", "ABSTRACT-CONNECT:" + endpoint[6:]]
    elif endpoint.startswith("unix:"):
        path = endpoint[5:]
        rows["nc"] = ["nc", "-N", "-U", path]
        rows["socat"] = ["socat", "-t", "60", "-", "UNIX-CONNECT:" + path]
        rows["ncat"] = ["ncat", "-U", path]
    else:
        host, port = endpoint.rsplit(":", 1)
        rows["nc"] = ["nc", "-N", host.strip("[]"), port]
        rows["socat"] = ["socat", "-t", "60", "-", "TCP:" + endpoint]
        rows["ncat"] = ["ncat", host.strip("[]"), port]
    return rows


class ForeignClients(echotest.TestCase):
    def test_exact(self):
        server = self.server(*self.endpoints(
            "unix:" + self.path(), "unix:@" + self.path("abstract"), "127.0.0.1:0", "[::1]:0"))
        data = echotest.block(SIZE)
        with open(self.path("data"), "wb") as file:
            file.write(data)
        for endpoint in server.endpoints:
            self.assertTrue(echotest.exchange(endpoint, data) == data, (endpoint, "python"))
            for name, command in commands(endpoint).items():
                if not self.has(name, endpoint):
                    continue
                with open(self.path("data"), "rb") as file:
                    result = subprocess.run(command, stdin=file, capture_output=True,
                                            timeout=echotest.PATIENCE, check=False)
                self.assertEqual(result.returncode, 0, (endpoint, name, result.stderr))
                self.assertTrue(result.stdout == data, (endpoint, name, len(result.stdout)))


if __name__ == "__main__":
    unittest.main()
