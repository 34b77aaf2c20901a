// A small server on Go's net/http: files, an echo, and an upload that is refused before it is read.
package main

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path"
)

func main() {
	root, certificate, key := os.Args[1], os.Args[2], os.Args[3]
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch name := path.Base(r.URL.Path); name {
		case "upload":
			http.Error(w, "no", http.StatusUnauthorized)
		case "echo":
			// Go's server of HTTP/1.1 reads no more of a request once it has begun to respond.
			if body, err := io.ReadAll(r.Body); err == nil {
				w.Write(body)
			}
		case "chunked":
			for _, part := range []string{"one ", "two ", "three"} {
				io.WriteString(w, part)
				w.(http.Flusher).Flush()
			}
		default:
			http.ServeFile(w, r, path.Join(root, name))
		}
	})
	clear, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	secure, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	// The same over TLS without HTTP/2.
	only1, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	port := func(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }
	fmt.Printf("{\"h1\":%d,\"tls1\":%d,\"tls2\":%d}\n", port(clear), port(only1), port(secure))
	go http.Serve(clear, handler)
	server := &http.Server{Handler: handler, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	go server.ServeTLS(only1, certificate, key)
	panic(http.ServeTLS(secure, handler, certificate, key))
}
