# A small ASGI application: files, an echo, and an upload that is refused before it is read.
import os

ROOT = os.environ["ROOT"]


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    name = scope["path"].rsplit("/", 1)[-1]

    async def respond(status, body, content_type=b"text/plain"):
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})

    if name == "upload":
        return await respond(401, b"no")
    if name == "echo":
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return await respond(200, body)
    if name == "chunked":
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
        for part in (b"one ", b"two ", b"three"):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        return await send({"type": "http.response.body", "body": b""})
    path = os.path.join(ROOT, name)
    if not os.path.isfile(path):
        return await respond(404, b"not here")
    with open(path, "rb") as file:
        await respond(200, file.read(), b"application/octet-stream")
