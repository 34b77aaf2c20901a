// Go's net/http. Arguments: URL of the listener in clear, URL of the one with TLS, the authority's file.
package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

var failed bool

func check(name string, actual any, err error, expected any) {
	if err == nil && actual != expected {
		err = fmt.Errorf("%v is not %v", actual, expected)
	}
	if err != nil {
		failed = true
		fmt.Printf("FAILED %s: %v\n", name, err)
		return
	}
	fmt.Println("ok", name)
}

func body(response *http.Response, err error) (string, error) {
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	bytes, err := io.ReadAll(response.Body)
	return string(bytes), err
}

func main() {
	pem, _ := os.ReadFile(os.Args[3])
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	for _, http2 := range []bool{false, true} {
		for _, base := range os.Args[1:3] {
			if http2 && strings.HasPrefix(base, "http:") {
				continue
			}
			client := &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: http2, ExpectContinueTimeout: 5 * time.Second}}
			name := fmt.Sprintf("%s http2=%v: ", strings.Split(base, ":")[0], http2)
			response, err := client.Get(base + "/service/page")
			text, err := body(response, err)
			check(name+"page", len(text), err, 102_000)
			if err == nil {
				check(name+"version", response.ProtoMajor == 2, nil, http2)
			}
			text, err = body(client.Post(base+"/service/echo", "a/b", strings.NewReader("abc")))
			check(name+"POST", text, err, "POST 3 a9993e364706816aba3e25717850c26c9cd0d89d a/b\n")
			text, err = body(client.Post(base+"/service/echo", "a/b", io.MultiReader(bytes.NewReader(make([]byte, 300_000)))))
			check(name+"POST without length", strings.HasPrefix(text, "POST 300000 "), err, true)
			request, _ := http.NewRequest("POST", base+"/service/echo", bytes.NewReader(make([]byte, 300_000)))
			request.Header.Set("Expect", "100-continue")
			text, err = body(client.Do(request))
			check(name+"expect-continue", strings.HasPrefix(text, "POST 300000 "), err, true)
			request, _ = http.NewRequest("DELETE", base+"/service/echo", nil)
			text, err = body(client.Do(request))
			check(name+"DELETE", text, err, "DELETE 0 da39a3ee5e6b4b0d3255bfef95601890afd80709 -\n")
			response, err = client.Head(base + "/service/page")
			check(name+"HEAD", response.ContentLength, err, int64(102_000))
			text, err = body(client.Get(base + "/service/redirect"))
			check(name+"redirect", len(text), err, 102_000)
			response, err = client.Get(base + "/stream/events")
			count := 0
			if err == nil {
				for lines := bufio.NewScanner(response.Body); lines.Scan(); {
					if strings.HasPrefix(lines.Text(), "id:") {
						count++
					}
				}
				response.Body.Close()
			}
			check(name+"events", count, err, 3)
		}
	}
	if failed {
		os.Exit(1)
	}
}
