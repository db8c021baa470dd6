//! Which of the three shapes a body has, and where in it things stand.

use serde_json::Value;

use super::reading;
use crate::error::Detail;

/// How a body is read. See [`crate::vapi`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Vapi's own: `{"message":{"type":…,"call":{…}}}`.
    Envelope,
    /// A call and what happened to it: `{"type":"call.ringing","call":{…}}`.
    Call,
    /// A session and what was said in it: `{"type":"message","data":{…}}`.
    Session,
}

/// Why a body cannot be taken, in words for its sender.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {}", .0.path, .0.message)]
pub struct NotUnderstood(pub Detail);

impl NotUnderstood {
    /// Why, as one of a few words: what a counter can be labelled with.
    pub fn reason(&self) -> &'static str {
        match self.0.path.as_str() {
            "" if self.0.message.starts_with("is not JSON") => "not_json",
            "" => "no_shape",
            "type" | "message.type" => "no_type",
            _ => "no_call",
        }
    }

    pub(super) fn new(path: &str, message: impl Into<String>) -> Self {
        Self(Detail {
            path: path.to_owned(),
            message: message.into(),
        })
    }
}

/// A body, taken apart. Paths are walked from the message, and those that begin with `call.` from
/// the call.
pub(super) struct Parts<'a> {
    pub shape: Shape,
    pub kind: &'a str,
    message: &'a Value,
    call: &'a Value,
}

impl<'a> Parts<'a> {
    pub fn of(body: &'a Value) -> Result<Self, NotUnderstood> {
        let object = |name| body.get(name).filter(|value: &&Value| value.is_object());
        let kind = body.get("type").and_then(reading::text);
        if let Some(message) = object("message")
            && let Some(kind) = message.get("type").and_then(reading::text)
        {
            return Ok(Self::new(Shape::Envelope, kind, message));
        }
        match (kind, object("call"), object("data")) {
            (Some(kind), Some(_), _) => Ok(Self::new(Shape::Call, kind, body)),
            (Some(kind), None, Some(data)) => Ok(Self::new(Shape::Session, kind, data)),
            _ if object("message").is_some() => Err(NotUnderstood::new(
                "message.type",
                "must be a text: what the message is about",
            )),
            (None, ..) if object("call").or(object("data")).is_some() => Err(NotUnderstood::new(
                "type",
                "must be a text: what the event is about",
            )),
            _ => Err(NotUnderstood::new(
                "",
                r#"must be {"message":{"type":…}}, {"type":…,"call":{…}} or {"type":…,"data":{…}}"#,
            )),
        }
    }

    fn new(shape: Shape, kind: &'a str, message: &'a Value) -> Self {
        let call = match (shape, message.get("call")) {
            (_, Some(call)) if call.is_object() => call,
            (Shape::Session, _) => message,
            _ => &Value::Null,
        };
        Self {
            shape,
            kind,
            message,
            call,
        }
    }

    pub fn at(&self, path: &str) -> Option<&'a Value> {
        match path.strip_prefix("call.") {
            Some(path) => reading::at(self.call, path),
            None => reading::at(self.message, path),
        }
    }

    /// What the first place that has anything readable holds.
    pub fn first<T>(&self, paths: &[&str], read: impl Fn(&'a Value) -> Option<T>) -> Option<T> {
        paths.iter().filter_map(|path| self.at(path)).find_map(read)
    }

    pub fn text(&self, paths: &[&str]) -> Option<&'a str> {
        self.first(paths, reading::text)
    }

    pub fn time(&self, paths: &[&str]) -> Option<i64> {
        self.first(paths, reading::millis)
    }

    /// Vapi's own timestamp of the message.
    pub fn occurred_at(&self) -> Option<i64> {
        self.time(&["timestamp"])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shape(body: Value) -> Result<Shape, String> {
        let parts = Parts::of(&body).map(|parts| parts.shape);
        parts.map_err(|NotUnderstood(detail)| detail.path)
    }

    #[test]
    fn the_shape_is_told_by_what_stands_at_the_top() {
        let envelope = json!({"message": {"type": "hang"}, "type": "x", "call": {}});
        assert_eq!(shape(envelope), Ok(Shape::Envelope));
        assert_eq!(
            shape(json!({"type": "x", "call": {}, "data": {}})),
            Ok(Shape::Call)
        );
        assert_eq!(shape(json!({"type": "x", "data": {}})), Ok(Shape::Session));
        assert_eq!(
            shape(json!({"type": "x", "data": {}, "message": {}})),
            Ok(Shape::Session)
        );
    }

    #[test]
    fn what_has_no_shape_is_told_what_it_lacks() {
        for (body, path) in [
            (json!({"message": {}}), "message.type"),
            (json!({"message": {"type": 7}}), "message.type"),
            (json!({"call": {}}), "type"),
            (json!({"type": " ", "data": {}}), "type"),
            (json!({"message": "hello"}), ""),
            (json!({"type": "x"}), ""),
            (json!({"type": "x", "call": []}), ""),
            (json!([]), ""),
            (json!(null), ""),
        ] {
            assert_eq!(shape(body.clone()), Err(path.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_session_is_its_own_call() {
        let body = json!({"type": "call-end", "data": {"id": "s1", "status": "ended"}});
        let parts = Parts::of(&body).unwrap();
        assert_eq!(parts.text(&["call.id"]), Some("s1"));
        let nested = json!({"type": "call-end", "data": {"call": {"id": "c1"}}});
        assert_eq!(Parts::of(&nested).unwrap().text(&["call.id"]), Some("c1"));
    }
}
