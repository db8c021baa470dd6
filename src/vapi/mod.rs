//! Vapi's language: the only code that knows what its JSON looks like.
//!
//! All of it but `client` is pure. Bytes come in, plain data goes out; there is no database, no
//! clock and no network, so each rule can be tested by a line of JSON. What we tell Vapi in turn is
//! written in `assistant`, and carried there by `client`, which is all that asks Vapi anything.
//!
//! ```text
//!   body ──▶ json ──▶ redact ──▶ message ──────────────▶ Message
//!            parse    secrets    shape, call, said,      what the recorder
//!            or mend  go first   results   ▲             writes down
//!                                          │
//!                                       outcome          identity: is it known already?
//! ```
//!
//! **Three shapes** reach us, at whichever address. Vapi's own envelope is `{"message":{…}}`. Beside
//! it stand two that our users had before they met Vapi's: a call and what happened to it,
//! `{"type":"call.ringing","call":{…}}`, and a session and what was said in it,
//! `{"type":"message","data":{…}}`. The shape alone decides how a body is read.
//!
//! **Reading is tolerant, because a refusal loses the event**: Vapi repeats nothing unless it was
//! told to. A time may be a number, a fraction or a text; a result may be in one of four places, and
//! each place has its rank; an argument may be an object, or a text that holds one. A field that is
//! not what we expect counts as absent. What we do not know is kept as it came, and changes nothing.
//! Only three things are refused: what is not JSON, what has none of the three shapes, and news of a
//! call that does not say which call.
//!
//! **Secrets go before anything is read**, so that no later step can keep one by mistake: Vapi sends
//! along the credentials of the phone number, the headers of our own server, and addresses at which
//! a live call can be overheard.
//!
//! **The news is on the message, not on its call.** `message.call` is how the call looked when it
//! was made; a report about a call that has ended still says `"status":"queued"` there. So what
//! stands on `call` is believed last.

pub mod assistant;
pub mod client;
pub mod identity;
mod json;
pub mod message;
pub mod news;
pub mod outcome;
mod presigned;
pub mod reason;
pub mod redact;
