# Python's urllib and requests. Arguments: URL of the listener in clear, URL of the one with TLS, the authority's file.
import hashlib
import ssl
import sys
import urllib.error
import urllib.request

import requests

clear, tls, authority = sys.argv[1:4]
context = ssl.create_default_context(cafile=authority)
failed = False


def check(name, action):
    global failed
    try:
        action()
        print("ok", name)
    except Exception as error:  # Every failure is a line of the report.
        failed = True
        print(f"FAILED {name}: {type(error).__name__} {error}")


def equal(actual, expected):
    assert actual == expected, f"{str(actual)[:200]} is not {str(expected)[:200]}"


def sha(data):
    return hashlib.sha1(data).hexdigest()


for name, base in (("clear", clear), ("tls", tls)):
    url = base + "/service/"
    session = requests.Session()
    session.verify = authority
    # Else a bundle of certificates in the environment counts for more.
    session.trust_env = False

    def open_(request):
        return urllib.request.urlopen(request, timeout=20, context=context)

    def not_here():
        try:
            open_(url + "absent")
        except urllib.error.HTTPError as error:
            equal((error.code, error.read()), (404, b"not here"))
            return
        raise AssertionError("no error")

    def pieces(size):
        for _ in range(10):
            yield b"p" * size

    check(f"{name}: urllib page", lambda: equal(len(open_(url + "page").read()), 102_000))
    check(f"{name}: urllib POST", lambda: equal(open_(urllib.request.Request(url + "echo", data=b"abc", headers={"Content-Type": "a/b"})).read(), f"POST 3 {sha(b'abc')} a/b\n".encode()))
    check(f"{name}: urllib 404", not_here)
    check(f"{name}: requests page", lambda: equal(len(session.get(url + "page", timeout=20).content), 102_000))
    check(f"{name}: requests page, ten times on a connection", lambda: [equal(len(session.get(url + "page", timeout=20).content), 102_000) for _ in range(10)])
    check(f"{name}: requests pieces", lambda: equal(sum(len(part) for part in session.get(url + "pieces", stream=True, timeout=20).iter_content(1000)), 40_000))
    check(f"{name}: requests HEAD", lambda: equal(session.head(url + "page", headers={"Accept-Encoding": "identity"}, timeout=20).headers["Content-Length"], "102000"))
    check(f"{name}: requests POST of a form", lambda: equal(session.post(url + "echo", data={"a": "b c"}, timeout=20).text, f"POST 5 {sha(b'a=b+c')} application/x-www-form-urlencoded\n"))
    check(f"{name}: requests POST in chunks", lambda: equal(session.post(url + "echo", data=pieces(9000), timeout=20).text, f"POST 90000 {sha(b'p' * 90000)} -\n"))
    check(f"{name}: requests PUT of 300,000 bytes", lambda: equal(session.put(url + "echo", data=b"z" * 300_000, timeout=20).text, f"PUT 300000 {sha(b'z' * 300000)} -\n"))
    check(f"{name}: requests DELETE", lambda: equal(session.delete(url + "echo", timeout=20).text, f"DELETE 0 {sha(b'')} -\n"))
    check(f"{name}: requests redirect", lambda: equal([r.status_code for r in session.get(url + "redirect", timeout=20).history], [302]))
    check(f"{name}: requests events", lambda: equal([line for line in session.get(base + "/stream/events", stream=True, timeout=20).iter_lines() if line.startswith(b"id:")], [b"id: 1", b"id: 2", b"id: 3"]))
sys.exit(1 if failed else 0)
