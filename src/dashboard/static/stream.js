// What happens, as it is told, for as long as the page is open.

// A browser takes up by itself a connection that breaks, but gives up one that is answered with an
// error, as it is while the server starts or its database is away.
const AGAIN_MILLIS = 5000;

// `after` is the last event that the page shows; `say` hears whether there is a connection.
export function listen({ after, kinds, hear, say = () => {} }) {
  let source;
  let last = after;

  function open() {
    source = new EventSource(last ? `/live?after=${encodeURIComponent(last)}` : "/live");
    source.addEventListener("open", () => say(true));
    source.addEventListener("error", () => {
      say(false);
      if (source.readyState === EventSource.CLOSED) setTimeout(open, AGAIN_MILLIS);
    });
    for (const kind of kinds) source.addEventListener(kind, tell);
  }

  function tell(told) {
    last = told.lastEventId;
    hear(JSON.parse(told.data));
  }

  open();
  addEventListener("pagehide", () => source.close());
}
