// A receiver in Express. The body is parsed first and hashed as it is printed again, which gives the same bytes:
// ringback writes its payloads so that JSON.parse and JSON.stringify return them to the byte.
const crypto = require('node:crypto');
const express = require('express');

const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error('set WEBHOOK_SECRET to the secret_key of your subscription');

const app = express();
app.use(express.json({ limit: '10mb' }));

const seen = new Set();

app.post('/api/webhook', (req, res) => {
  const payload = JSON.stringify(req.body);
  if (!isSigned(payload, req.headers['x-webhook-signature'])) {
    return res.status(401).json({ error: 'Invalid signature' });
  }
  const id = req.headers['x-webhook-id'];
  if (seen.has(id)) return res.json({ success: true, duplicate: true });
  seen.add(id);

  const { event, callId, status, data } = req.body;
  switch (event) {
    case 'call.status.changed':
      console.log(`${callId} is ${status}`);
      break;
    case 'call.completed':
      console.log(`${callId} is completed: ${data.analysis?.summary ?? 'no summary'}`);
      break;
    case 'call.failed':
      console.log(`${callId} failed: ${data.endedReason}`);
      break;
  }
  res.json({ success: true });
});

function isSigned(payload, signature = '') {
  const expected = crypto.createHmac('sha256', secret).update(payload).digest();
  const given = Buffer.from(signature.replace('sha256=', ''), 'hex');
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

const server = app.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening at http://127.0.0.1:${server.address().port}/api/webhook`);
});
