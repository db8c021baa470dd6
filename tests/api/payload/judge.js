// Reads payloads from the standard input, each behind its length in four bytes. Answers how many there were, and
// the numbers of those that JavaScript does not give back as they were.
const input = require('node:fs').readFileSync(0);

function survives(payload) {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(payload.toString()))).equals(payload);
  } catch {
    return false;
  }
}

let count = 0;
const changed = [];
for (let at = 0; at < input.length; count++) {
  const begin = at + 4;
  at = begin + input.readUInt32BE(at);
  if (!survives(input.subarray(begin, at))) changed.push(count);
}
process.stdout.write(JSON.stringify({ count, changed }));
