//! A client of a live stream, which reads it frame by frame.

use super::Ask;

pub struct Stream {
    pub response: reqwest::Response,
    unread: String,
}

/// What a frame tells.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub id: String,
    pub event: String,
    pub data: String,
}

impl Ask {
    /// Opens a stream, and reads its welcome.
    pub async fn listen(self) -> Stream {
        let response = self.into_request().send().await.unwrap();
        assert_eq!(response.status(), 200, "{response:?}");
        let mut stream = Stream {
            response,
            unread: String::new(),
        };
        let welcome = stream.frame().await.unwrap();
        assert!(welcome.contains(": listening"), "{welcome}");
        stream
    }
}

impl Stream {
    /// The next event, heartbeats aside.
    pub async fn told(&mut self) -> Told {
        loop {
            let frame = self.frame().await.expect("the stream has ended");
            let field = |name: &str| {
                let line = frame.lines().find_map(|line| line.strip_prefix(name));
                line.unwrap_or_default().to_owned()
            };
            if !field("event: ").is_empty() {
                return Told {
                    id: field("id: "),
                    event: field("event: "),
                    data: field("data: "),
                };
            }
        }
    }

    /// The next frame; nothing at the end.
    pub async fn frame(&mut self) -> Option<String> {
        loop {
            if let Some((frame, rest)) = self.unread.split_once("\n\n") {
                let frame = frame.to_owned();
                self.unread = rest.to_owned();
                return Some(frame);
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
