// A receiver behind express.json(): it never sees the bytes that came, only the object that was made of them. Reads a
// request a line, answers for each whether it would take it.
const crypto = require('node:crypto');

function isGenuine(body, header, secret) {
  const expected = crypto.createHmac('sha256', secret).update(JSON.stringify(body)).digest();
  const given = Buffer.from(header.replace('sha256=', ''), 'hex');
  return given.length === expected.length && crypto.timingSafeEqual(given, expected);
}

const lines = require('node:fs').readFileSync(0, 'utf8').split('\n').filter(Boolean);
const accepted = lines.map((line) => {
  const request = JSON.parse(line);
  const req = { headers: request.headers, body: JSON.parse(request.body) };
  return isGenuine(req.body, req.headers['x-webhook-signature'], request.secret);
});
process.stdout.write(JSON.stringify(accepted));
