# SPDX-License-Identifier: ISC
"""The three programs run with a stack of 128 KiB, as some service managers and containers set it."""

import resource
import unittest

import echotest

# Sanitizers need more for themselves.
STACK = 2 << 20 if echotest.SANITIZED else 128 << 10


def limit_stack():
    resource.setrlimit(resource.RLIMIT_STACK, (STACK, STACK))


class SmallStack(echotest.TestCase):
    def setUp(self):
        super().setUp()
        self.served = self.server("unix:" + self.path(), "localhost:0", preexec=limit_stack)
        self.name = "localhost:" + self.served.endpoints[1].rsplit(":", 1)[1]

    def run_well(self, program, *arguments, **options):
        status, output, errors = echotest.run(program, *arguments, preexec_fn=limit_stack,
                                              **options)
        self.assertEqual((status, errors), (0, ""), (arguments, output))
        return output

    def test_client(self):
        for endpoint in (self.served.endpoint, self.name):
            for arguments in (("hello",), ("-j", "hello"), ("--verify", "--size", "1M"),
                              ("--ping", "-c", "2", "-i", "0"), ("--check",), ("--resolve",),
                              ("--selftest", "--silence", "0")):
                with self.subTest(endpoint=endpoint, arguments=arguments):
                    self.run_well(echotest.CLIENT, endpoint, *arguments)
            self.assertEqual(self.run_well(echotest.CLIENT, endpoint, data=b"hello"), "hello")
        if self.has("/etc/services"):
            self.run_well(echotest.CLIENT, "--services", "7")

    def test_bench(self):
        short = ("-d", "0.1", "--warmup", "0")
        report = self.path("report")
        for arguments in ((), ("-t", "2", "-R", "1000"), ("--bulk",), ("--churn", "10"),
                          ("-o", report), ("--find-max", "p99<10s", "-R", "100000000")):
            with self.subTest(arguments):
                self.run_well(echotest.BENCH, *short, *arguments, self.name)
        self.run_well(echotest.BENCH, "--merge", report)


if __name__ == "__main__":
    unittest.main()
