// The pages' own script of the stream, which comes on standard input, before a stand-in for the
// browser's EventSource: what it asks for, and when it asks again.
import { text } from "node:stream/consumers";

const opened = [];
const waits = [];

class EventSource {
  static CLOSED = 2;
  hearers = {};
  readyState = 0;

  constructor(address) {
    this.address = address;
    opened.push(this);
  }

  addEventListener(kind, hear) {
    this.hearers[kind] = hear;
  }

  is(kind, readyState) {
    this.readyState = readyState;
    this.hearers[kind]({});
  }

  tells(id) {
    this.hearers["call.completed"]({ lastEventId: id, data: JSON.stringify({ id }) });
  }
}

const setTimeout = (work, millis) => waits.push({ work, millis });
Object.assign(globalThis, { EventSource, setTimeout, addEventListener() {} });
const script = await text(process.stdin);
const { listen } = await import(`data:text/javascript,${encodeURIComponent(script)}`);

const heard = [];
const said = [];
listen({ after: "evt_1", kinds: ["call.completed"], hear: ({ id }) => heard.push(id), say: (on) => said.push(on) });
const [first] = opened;
first.is("open", 1);
first.tells("evt_2");
// The line breaks, and the browser takes it up again by itself.
first.is("error", 0);
const waitedForTheBrowser = waits.length;
first.is("open", 1);
first.tells("evt_3");
// It is answered with an error, and the browser gives up.
first.is("error", EventSource.CLOSED);
waits[0]?.work();
opened[1]?.is("open", 1);
opened[1]?.tells("evt_4");

const asked = opened.map(({ address }) => address);
const waited = waits.map(({ millis }) => millis);
console.log(JSON.stringify({ asked, heard, said, waited, waitedForTheBrowser }));
