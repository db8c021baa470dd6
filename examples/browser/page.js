// One row for each call, the newest on top. What a call is called and how it is comes from outside, so it is only ever
// set as text. A call that was placed by us changes its callId when Vapi names it; data.call_id stays.
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

function show({ callId, status, sequence, timestamp, data }) {
  const row = rows.get(data.call_id) ?? newRow(data.call_id);
  // Whatever is older than what is shown changes nothing.
  if (sequence < row.sequence) return;
  row.sequence = sequence;
  row.cells[0].textContent = callId;
  row.cells[1].textContent = status;
  row.cells[2].textContent = new Date(timestamp).toLocaleTimeString();
}

function newRow(id) {
  const row = document.createElement('tr');
  for (let cell = 0; cell < 3; cell += 1) row.append(document.createElement('td'));
  row.sequence = 0;
  document.getElementById('calls').prepend(row);
  rows.set(id, row);
  return row;
}
