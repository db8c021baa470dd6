// A receiver in Node alone: it hashes the raw bytes, before anything parses them.
const crypto = require('node:crypto');
const http = require('node:http');

const BODY_BYTES_MAX = 10 * 1024 * 1024;
const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error('set WEBHOOK_SECRET to the secret_key of your subscription');

const seen = new Set();

// Whoever hangs up in the middle of a body is nobody to answer; and what fails here is not answered either, so that it
// is sent again.
const server = http.createServer((req, res) => {
  receive(req, res).catch((error) => {
    console.error(error.message);
    res.destroy();
  });
});

async function receive(req, res) {
  const answer = (status, body) => {
    res.writeHead(status, { 'content-type': 'application/json' });
    res.end(JSON.stringify(body));
  };
  if (req.method !== 'POST' || req.url !== '/api/webhook') return answer(404, { error: 'Not found' });
  const body = await read(req);
  if (!body) return answer(413, { error: 'Too large' });
  if (!isSigned(body, req.headers['x-webhook-signature'])) return answer(401, { error: 'Invalid signature' });

  const id = req.headers['x-webhook-id'];
  if (seen.has(id)) return answer(200, { success: true, duplicate: true });
  seen.add(id);

  const { event, callId, status } = JSON.parse(body);
  console.log(`${event}: ${callId} is ${status}`);
  answer(200, { success: true });
}

async function read(req) {
  const pieces = [];
  let bytes = 0;
  for await (const piece of req) {
    bytes += piece.length;
    if (bytes > BODY_BYTES_MAX) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function isSigned(body, signature = '') {
  const expected = crypto.createHmac('sha256', secret).update(body).digest();
  const given = Buffer.from(signature.replace('sha256=', ''), 'hex');
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening at http://127.0.0.1:${server.address().port}/api/webhook`);
});
