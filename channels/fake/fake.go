// Package fake is the machinery of the fake platforms: servers on this machine that speak a platform's real wire format, remember what
// they accepted and fail on demand. Tests use them in place of mocks, and the demo in place of the platforms. Each platform's own words
// are in a package beneath this one.
//
// A fake platform has four parts: a Server that listens, a Recorder of every request as it came, a queue of Faults that spoil the next
// requests, and a Journal of what was accepted. Admin shows and steers the last three over HTTP, for other processes.
package fake

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a listener on this machine with a fake platform's handler behind it.
type Server struct {
	url    string
	server *http.Server
	served chan struct{}
	stop   sync.Once

	mu         sync.Mutex
	isStopping bool
	handlers   sync.WaitGroup
}

// Listen starts to serve the handler at an address; "" is a free port of 127.0.0.1. The caller stops the server.
func Listen(address string, handler http.Handler) (*Server, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	s := &Server{url: "http://" + listener.Addr().String(), served: make(chan struct{})}
	s.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if s.begin() {
				defer s.handlers.Done()
				handler.ServeHTTP(w, r)
			}
		}),
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		defer close(s.served)
		_ = s.server.Serve(listener) // always http.ErrServerClosed or the listener's end
	}()
	return s, nil
}

// begin counts a request in, unless the server is stopping: Stop must not wait for what only starts then.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isStopping {
		return false
	}
	s.handlers.Add(1)
	return true
}

// URL is the server's base address, without a slash at the end.
func (s *Server) URL() string { return s.url }

// Stop closes the listener and every connection, also of requests that hang, and returns when nothing of the server runs any more. The
// second time it does nothing.
func (s *Server) Stop() {
	s.stop.Do(func() {
		s.mu.Lock()
		s.isStopping = true
		s.mu.Unlock()
		_ = s.server.Close()
		<-s.served
		s.handlers.Wait()
	})
}
