// A receiver that leaves it to the published library: signature, secret's format, and that it was signed just now.
const http = require('node:http');
const { Webhook } = require('standardwebhooks');

const BODY_BYTES_MAX = 10 * 1024 * 1024;
const secret = process.env.WEBHOOK_SECRET;
if (!secret) throw new Error('set WEBHOOK_SECRET to the secret_key of your subscription');

const webhook = new Webhook(secret);
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
  const pieces = [];
  let bytes = 0;
  for await (const piece of req) {
    if ((bytes += piece.length) > BODY_BYTES_MAX) return answer(413, { error: 'Too large' });
    pieces.push(piece);
  }
  let told;
  try {
    told = webhook.verify(Buffer.concat(pieces), req.headers);
  } catch (error) {
    return answer(401, { error: error.message });
  }
  const id = req.headers['webhook-id'];
  if (seen.has(id)) return answer(200, { success: true, duplicate: true });
  seen.add(id);

  console.log(`${told.event}: ${told.callId} is ${told.status}`);
  answer(200, { success: true });
}

server.listen(process.env.PORT ?? 3000, '127.0.0.1', () => {
  console.log(`listening at http://127.0.0.1:${server.address().port}/api/webhook`);
});
