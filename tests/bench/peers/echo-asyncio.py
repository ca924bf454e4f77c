# SPDX-License-Identifier: ISC
"""asyncio's way to echo: a protocol that writes what it is given."""

import asyncio
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


async def main():
    loop = asyncio.get_running_loop()
    family, address = sys.argv[1:]
    if family == "unix":
        server = await loop.create_unix_server(Echo, address)
    else:
        server = await loop.create_server(Echo, "127.0.0.1", int(address.split(":")[1]))
    await server.serve_forever()


asyncio.run(main())
