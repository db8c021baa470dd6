// The page of the example, before a stand-in for the browser: the rows that it shows after these events.
const fs = require('node:fs');
const vm = require('node:vm');

const { page, events } = JSON.parse(fs.readFileSync(0, 'utf8'));
const hearers = {};

function element() {
  const inside = [];
  return {
    cells: inside,
    append: (...more) => inside.push(...more),
    prepend: (...more) => inside.unshift(...more),
  };
}

const places = { calls: element(), connection: element() };
vm.runInNewContext(page, {
  document: { createElement: element, getElementById: (id) => places[id] },
  EventSource: function EventSource() {
    this.addEventListener = (kind, hear) => (hearers[kind] = hear);
  },
});
for (const event of events) hearers['call.status.changed']({ data: JSON.stringify(event) });

const rows = places.calls.cells.map(({ cells }) => [cells[0].textContent, cells[1].textContent]);
console.log(JSON.stringify(rows));
