# Reads what a destination was sent with h11, a parser of HTTP/1.1 that is not node's.
# Standard input: a line of base64 for each connection. Standard output: a line of JSON for each, [[method, target, body length], ...] or {"error": ...}.
import base64
import json
import sys

import h11

for line in sys.stdin:
    connection = h11.Connection(our_role=h11.SERVER, max_incomplete_event_size=1 << 20)
    requests, length = [], 0
    connection.receive_data(base64.b64decode(line))
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                requests.append([event.method.decode("latin-1"), event.target.decode("latin-1"), 0])
            elif isinstance(event, h11.Data):
                requests[-1][2] += len(event.data)
            elif isinstance(event, h11.EndOfMessage):
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is h11.MUST_CLOSE:
                    break
                connection.start_next_cycle()
            else:
                break
        print(json.dumps(requests))
    except h11.RemoteProtocolError as error:
        print(json.dumps({"error": str(error)}))
