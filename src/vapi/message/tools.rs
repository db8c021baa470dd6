//! What the assistant asks our user's tools to do.
//!
//! The arguments of a call come in four ways: as an object in `function.arguments` (what Vapi
//! sends), as a text that holds one (what its schema says), or beside the name, in `arguments` or
//! in `parameters` (what its documentation shows).

use serde_json::{Map, Value};

use super::{
    reading::{at, text},
    shape::Parts,
};

#[derive(Clone, Debug, PartialEq)]
pub struct ToolCall {
    /// To be given back with the answer as it came, however long. A legacy `function-call` has none.
    pub id: Option<String>,
    /// Empty where Vapi does not say.
    pub name: String,
    /// An object, unless Vapi sent something else that is no text of an object either.
    pub parameters: Value,
}

/// The calls of a `tool-calls` message, in its order.
pub(super) fn tool_calls(parts: &Parts) -> Vec<ToolCall> {
    let lists = ["toolCallList", "toolCalls", "toolWithToolCallList"];
    let filled =
        |value: &'static str| Some(parts.at(value)?.as_array()?).filter(|list| !list.is_empty());
    let calls = lists.into_iter().find_map(filled);
    calls.into_iter().flatten().map(tool_call).collect()
}

/// The one call of a legacy `function-call` message.
pub(super) fn function_call(parts: &Parts) -> ToolCall {
    tool_call(parts.at("functionCall").unwrap_or(&Value::Null))
}

fn tool_call(value: &Value) -> ToolCall {
    // In `toolWithToolCallList` the call stands inside of its tool's definition.
    let call = value.get("toolCall").unwrap_or(value);
    let first_text = |places: &[(&Value, &str)]| {
        let mut texts = places
            .iter()
            .filter_map(|(value, path)| text(at(value, path)?));
        texts.next().map(str::to_owned)
    };
    let names = [
        (call, "function.name"),
        (call, "name"),
        (value, "function.name"),
        (value, "name"),
    ];
    let arguments = [
        "function.arguments",
        "arguments",
        "parameters",
        "function.parameters",
    ];
    let arguments = arguments.iter().find_map(|path| at(call, path));
    ToolCall {
        id: first_text(&[(call, "id"), (call, "toolCallId")]),
        name: first_text(&names).unwrap_or_default(),
        parameters: arguments.map_or_else(nothing, parameters),
    }
}

fn parameters(arguments: &Value) -> Value {
    match arguments {
        Value::Null => nothing(),
        Value::String(text) if text.trim().is_empty() => nothing(),
        Value::String(text) => match serde_json::from_str(text) {
            Ok(object @ Value::Object(_)) => object,
            _ => arguments.clone(),
        },
        other => other.clone(),
    }
}

fn nothing() -> Value {
    Value::Object(Map::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn calls(message: Value) -> Vec<ToolCall> {
        let mut message = message;
        message["type"] = json!("tool-calls");
        let body = json!({"message": message});
        tool_calls(&Parts::of(&body).unwrap())
    }

    fn expected(id: &str) -> ToolCall {
        ToolCall {
            id: Some(id.to_owned()),
            name: "find".to_owned(),
            parameters: json!({"a": 1}),
        }
    }

    #[test]
    fn the_arguments_are_found_in_each_of_their_places() {
        let found = calls(json!({"toolCallList": [
            {"id": "1", "type": "function", "function": {"name": "find", "arguments": {"a": 1}}},
            {"id": "2", "type": "function", "function": {"name": "find", "arguments": "{\"a\":1}"}},
            {"id": "3", "name": "find", "arguments": {"a": 1}},
            {"id": "4", "name": "find", "parameters": {"a": 1}},
        ]}));
        assert_eq!(found, ["1", "2", "3", "4"].map(expected));
    }

    #[test]
    fn a_call_may_be_inside_of_its_tool() {
        let found = calls(json!({"toolCallList": [], "toolWithToolCallList": [
            {"name": "find", "toolCall": {"id": "1", "parameters": {"a": 1}}},
            {"function": {"name": "find", "parameters": {"type": "object"}},
             "toolCall": {"id": "2", "function": {"arguments": {"a": 1}}}},
        ]}));
        assert_eq!(found, ["1", "2"].map(expected));
    }

    #[test]
    fn what_is_missing_is_empty_and_what_is_odd_is_kept() {
        let found =
            calls(json!({"toolCalls": [{}, 7, {"arguments": "tomorrow"}, {"arguments": ""}]}));
        let parameters: Vec<_> = found.iter().map(|call| call.parameters.clone()).collect();
        assert_eq!(
            parameters,
            [json!({}), json!({}), json!("tomorrow"), json!({})]
        );
        assert!(
            found
                .iter()
                .all(|call| call.id.is_none() && call.name.is_empty())
        );
        assert_eq!(calls(json!({"toolCallList": "x"})), []);
    }
}
