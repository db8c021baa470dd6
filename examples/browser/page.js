// One row for each call, the newest on top. What a call is called and how it is comes from outside, so it is only ever
// set as text.
const rows = new Map();
const connection = document.getElementById('connection');
const events = new EventSource('/events');

events.onopen = () => { connection.textContent = 'connected'; };
events.onerror = () => {
  const isOver = events.readyState === EventSource.CLOSED;
  connection.textContent = isOver ? 'your session has ended: reload the page' : 'not connected; trying again';
};
for (const kind of ['call.status.changed', 'call.completed', 'call.failed']) {
  events.addEventListener(kind, ({ data }) => show(JSON.parse(data)));
}

function show({ callId, status, sequence, timestamp }) {
  const row = rows.get(callId) ?? newRow(callId);
  // Whatever is older than what is shown changes nothing.
  if (sequence < row.sequence) return;
  row.sequence = sequence;
  row.cells[1].textContent = status;
  row.cells[2].textContent = new Date(timestamp).toLocaleTimeString();
}

function newRow(callId) {
  const row = document.createElement('tr');
  for (let cell = 0; cell < 3; cell += 1) row.append(document.createElement('td'));
  row.cells[0].textContent = callId;
  row.sequence = 0;
  document.getElementById('calls').prepend(row);
  rows.set(callId, row);
  return row;
}
