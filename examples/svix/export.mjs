// Asks Svix for all applications with their endpoints, headers and secrets, and prints them as JSON:
//   SVIX_TOKEN=… node export.mjs >svix.json        (it holds secrets: delete it when all is moved)
const { SVIX_TOKEN, SVIX_URL = 'https://api.svix.com' } = process.env;

async function ask(path) {
  const response = await fetch(`${SVIX_URL}/api/v1${path}`, { headers: { authorization: `Bearer ${SVIX_TOKEN}` } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return response.json();
}

async function* all(path) {
  for (let iterator; ; ) {
    const page = await ask(`${path}?limit=100${iterator ? `&iterator=${encodeURIComponent(iterator)}` : ''}`);
    yield* page.data;
    if (page.done) return;
    iterator = page.iterator;
  }
}

const applications = [];
for await (const { id, uid, name } of all('/app/')) {
  const endpoints = [];
  for await (const endpoint of all(`/app/${id}/endpoint/`)) {
    const { key } = await ask(`/app/${id}/endpoint/${endpoint.id}/secret/`);
    const { headers } = await ask(`/app/${id}/endpoint/${endpoint.id}/headers/`);
    endpoints.push({ ...endpoint, headers, secret: key });
  }
  applications.push({ id, uid, name, endpoints });
}
console.log(JSON.stringify(applications, null, 2));
