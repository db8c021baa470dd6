"""A receiver in FastAPI: the raw bytes are hashed, then parsed."""

import hashlib
import hmac
import json
import os
import socket

import uvicorn
from fastapi import FastAPI, Header, HTTPException, Request

SECRET = os.environ["WEBHOOK_SECRET"].encode()
app = FastAPI()
seen = set()


@app.post("/api/webhook")
async def receive(
    request: Request,
    x_webhook_id: str = Header(),
    x_webhook_signature: str = Header(default=""),
):
    body = await request.body()
    expected = "sha256=" + hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), x_webhook_signature.encode()):
        raise HTTPException(401, "Invalid signature")
    if x_webhook_id in seen:
        return {"success": True, "duplicate": True}
    seen.add(x_webhook_id)

    told = json.loads(body)
    print(f"{told['event']}: {told['callId']} is {told['status']}", flush=True)
    return {"success": True}


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(os.environ.get("PORT", 3000))))
    print(f"listening at http://127.0.0.1:{listener.getsockname()[1]}/api/webhook", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
