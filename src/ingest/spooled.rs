//! What is kept of an event that waits in the spool: all that recording it
//! later needs, and nothing that can be worked out again.
//!
//! ```text
//!   length of the head 4 | head: JSON | the raw body
//! ```
//!
//! The body is kept byte for byte, because identities are hashes of it. A
//! later version may add fields, which this one ignores; it raises the number
//! only where ignoring them would be wrong.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::infra::clock::Millis;

const VERSION: u32 = 1;

/// An event that was authenticated and acknowledged, but not yet recorded.
#[derive(Clone)]
pub struct Spooled {
    /// The path that it came in at.
    pub address: String,
    /// The raw body.
    pub body: Bytes,
    /// The `webhook-id` that its signature vouched for.
    pub webhook_id: Option<String>,
    pub received_at: Millis,
    /// What a synchronous message was answered: it is never answered anew.
    pub answer: Option<Box<RawValue>>,
}

/// Why bytes are no spooled event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpooledError {
    #[error("a spooled event is malformed")]
    Malformed,
    #[error("a spooled event is of a later version of ringback")]
    Later,
}

#[derive(Serialize, Deserialize)]
struct Head {
    version: u32,
    address: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    webhook_id: Option<String>,
    received_at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Spooled {
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = Head {
            version: VERSION,
            address: self.address.clone(),
            webhook_id: self.webhook_id.clone(),
            received_at: self.received_at,
            answer: self.answer.clone(),
        };
        let head = serde_json::to_vec(&head).expect("strings and numbers are JSON");
        let length = u32::try_from(head.len()).expect("an address and an answer are short");
        [&length.to_le_bytes(), head.as_slice(), &self.body].concat()
    }

    pub fn from_bytes(bytes: &[u8]) -> Result<Self, SpooledError> {
        let (head, body) = split(bytes).ok_or(SpooledError::Malformed)?;
        // Read apart, as a later version may have other fields.
        let Version { version } = parse(head)?;
        if version > VERSION {
            return Err(SpooledError::Later);
        }
        let head: Head = parse(head)?;
        Ok(Self {
            address: head.address,
            body: Bytes::copy_from_slice(body),
            webhook_id: head.webhook_id,
            received_at: head.received_at,
            answer: head.answer,
        })
    }
}

fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(u32::from_le_bytes(*length) as usize)
}

fn parse<'a, T: Deserialize<'a>>(head: &'a [u8]) -> Result<T, SpooledError> {
    serde_json::from_slice(head).map_err(|_| SpooledError::Malformed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn spooled(body: &[u8], answer: Option<&str>) -> Spooled {
        Spooled {
            address: "/api/v1/vapi/webhook".to_owned(),
            body: Bytes::copy_from_slice(body),
            webhook_id: Some("msg_1".to_owned()),
            received_at: 1_763_567_291_000,
            answer: answer.map(|json| RawValue::from_string(json.to_owned()).unwrap()),
        }
    }

    fn with_head(head: &str) -> Vec<u8> {
        let length = u32::try_from(head.len()).unwrap();
        [&length.to_le_bytes(), head.as_bytes(), b"{}"].concat()
    }

    #[test]
    fn an_answer_is_kept_to_the_byte() {
        let answer = "{\n  \"b\": 1.0,\n  \"a\": 12345678901234567890\n}";
        let bytes = spooled(b"{}", Some(answer)).to_bytes();
        let read = Spooled::from_bytes(&bytes).unwrap();
        assert_eq!(read.answer.as_deref().map(RawValue::get), Some(answer));
    }

    #[test]
    fn what_an_earlier_or_a_slightly_later_version_wrote_is_read() {
        let bare = r#"{"version":1,"address":"/a","received_at":5}"#;
        let read = Spooled::from_bytes(&with_head(bare)).unwrap();
        assert_eq!((read.address.as_str(), read.received_at), ("/a", 5));
        assert!(read.webhook_id.is_none() && read.answer.is_none());
        let more = r#"{"version":1,"address":"/a","received_at":5,"peer":"::1"}"#;
        assert!(Spooled::from_bytes(&with_head(more)).is_ok());
    }

    #[test]
    fn what_cannot_be_understood_says_whether_a_later_version_could() {
        let read = |head| Spooled::from_bytes(&with_head(head)).err();
        assert_eq!(read(r#"{"version":2}"#), Some(SpooledError::Later));
        assert_eq!(read(r#"{"version":1}"#), Some(SpooledError::Malformed));
        assert_eq!(read("no JSON"), Some(SpooledError::Malformed));
    }

    proptest! {
        #[test]
        fn a_body_is_kept_to_the_byte(body: Vec<u8>) {
            let read = Spooled::from_bytes(&spooled(&body, None).to_bytes()).unwrap();
            prop_assert_eq!(read.body.as_ref(), body.as_slice());
            prop_assert_eq!(read.webhook_id.as_deref(), Some("msg_1"));
            prop_assert_eq!(read.received_at, 1_763_567_291_000);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = Spooled::from_bytes(&bytes);
        }
    }
}
