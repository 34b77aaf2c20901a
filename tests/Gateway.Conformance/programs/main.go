// A small server on Go's net/http: files, an echo, and an upload that is refused before it is read.
package main

import (
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
			io.Copy(w, r.Body)
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
	fmt.Printf("{\"h1\":%d,\"tls2\":%d}\n", clear.Addr().(*net.TCPAddr).Port, secure.Addr().(*net.TCPAddr).Port)
	go http.Serve(clear, handler)
	panic(http.ServeTLS(secure, handler, certificate, key))
}
