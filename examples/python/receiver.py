"""A receiver in Python alone: it hashes the raw bytes, before anything parses them."""

import hashlib
import hmac
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

BODY_BYTES_MAX = 10 * 1024 * 1024
SECRET = os.environ["WEBHOOK_SECRET"].encode()
seen = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 0))
        if self.path != "/api/webhook" or length > BODY_BYTES_MAX:
            return self.answer(404 if self.path != "/api/webhook" else 413, {"error": "Refused"})
        body = self.rfile.read(length)
        if not is_signed(body, self.headers.get("x-webhook-signature", "")):
            return self.answer(401, {"error": "Invalid signature"})

        event_id = self.headers["x-webhook-id"]
        if event_id in seen:
            return self.answer(200, {"success": True, "duplicate": True})
        seen.add(event_id)

        told = json.loads(body)
        print(f"{told['event']}: {told['callId']} is {told['status']}", flush=True)
        self.answer(200, {"success": True})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        """What it hears is printed above; the requests themselves are not worth a line."""


def is_signed(body, signature):
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    # As bytes, because a header may hold letters that the comparison of texts refuses.
    return hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", 3000))), Receiver)
    print(f"listening at http://127.0.0.1:{server.server_port}/api/webhook", flush=True)
    server.serve_forever()
