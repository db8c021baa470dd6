"""The published library of Standard Webhooks. Reads a request a line, answers for each whether it verifies."""

import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def verifies(request):
    try:
        Webhook(request["secret"]).verify(request["body"], request["headers"])
    except WebhookVerificationError:
        return False
    return True


lines = sys.stdin.buffer.read().decode().split("\n")
json.dump([verifies(json.loads(line)) for line in lines if line], sys.stdout)
