# A small WSGI application: files, an echo, and an upload that is refused before it is read.
import os

ROOT = os.environ["ROOT"]


def app(environ, start_response):
    name = environ["PATH_INFO"].rsplit("/", 1)[-1]

    def respond(status, body, content_type="text/plain"):
        start_response(status, [("Content-Type", content_type), ("Content-Length", str(len(body)))])
        return [b""] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    if name == "upload":
        return respond("401 Unauthorized", b"no")
    if name == "echo":
        return respond("200 OK", environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    if name == "chunked":
        start_response("200 OK", [("Content-Type", "text/plain")])
        return iter([b"one ", b"two ", b"three"])
    path = os.path.join(ROOT, name)
    if not os.path.isfile(path):
        return respond("404 Not Found", b"not here")
    with open(path, "rb") as file:
        return respond("200 OK", file.read(), "application/octet-stream")
