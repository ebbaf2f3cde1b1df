// Command serve runs the toy server, to try clients by hand: it prints its address and says something every 100 ms.
package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/switchyard-chat/switchyard/graph/transport/internal/toyserver"
	"github.com/switchyard-chat/switchyard/internal/clock"
)

func main() {
	s := toyserver.New(nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Printf("http://%s/graphql\n", l.Addr())
	tick := clock.Real{}.Ticker(100 * time.Millisecond)
	go func() {
		for range tick.C {
			s.Say(1)
		}
	}()
	fmt.Fprintln(os.Stderr, http.Serve(l, s))
}
