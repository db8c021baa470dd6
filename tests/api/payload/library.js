// The published library of Standard Webhooks. Reads a request a line, answers for each whether it verifies.
const { Webhook } = require('standardwebhooks');

const lines = require('node:fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
const accepted = lines.map((line) => {
  const { secret, headers, body } = JSON.parse(line);
  try {
    new Webhook(secret).verify(body, headers);
    return true;
  } catch (error) {
    if (error.constructor.name === 'WebhookVerificationError') return false;
    throw error;
  }
});
process.stdout.write(JSON.stringify(accepted));
