// SPDX-License-Identifier: ISC
// Node's way to echo: a stream piped into itself.
const net = require("net");
const [family, address] = process.argv.slice(2);
const server = net.createServer((connection) => connection.pipe(connection));

if (family === "unix") server.listen(address);
else server.listen(Number(address.split(":")[1]), "127.0.0.1");
