// SPDX-License-Identifier: ISC
// Go's way to echo: a goroutine and io.Copy for each connection.
package main

import (
	"io"
	"net"
	"os"
)

func main() {
	listener, err := net.Listen(os.Args[1], os.Args[2])
	if err != nil {
		panic(err)
	}
	for {
		connection, err := listener.Accept()
		if err != nil {
			continue
		}
		go func() {
			io.Copy(connection, connection)
			connection.Close()
		}()
	}
}
