// Command srfake serves franz-go's fake Schema Registry over real HTTP, for srgit's tests.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"

	"github.com/twmb/franz-go/pkg/sr/srfake"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "address to listen on")
	flag.Parse()
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	// The test suite reads the port from this line.
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, srfake.NewRegistry().Handler()))
}
