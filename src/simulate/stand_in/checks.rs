//! What Vapi refuses before it does anything: one property that it does not know is enough.

use serde_json::{Map, Value, json};

const OF_A_CALL: &[&str] = &[
    "assistant",
    "assistantId",
    "assistantOverrides",
    "assistantVersion",
    "customer",
    "customerId",
    "customers",
    "name",
    "phoneNumber",
    "phoneNumberId",
    "schedulePlan",
    "squad",
    "squadId",
    "squadOverrides",
    "transport",
    "workflow",
    "workflowId",
];
const OF_A_CUSTOMER: &[&str] = &[
    "assistantOverrides",
    "email",
    "extension",
    "externalId",
    "name",
    "number",
    "numberE164CheckEnabled",
    "sipUri",
];
const OF_A_SERVER: &[&str] = &[
    "backoffPlan",
    "credentialId",
    "encryptedPaths",
    "headers",
    "staticIpAddressesEnabled",
    "timeoutSeconds",
    "url",
];
const NAME_CHARS_MAX: usize = 40;

/// What is wrong with a new call, in Vapi's words.
pub(super) fn complaints(call: &Value) -> Vec<String> {
    let Some(call) = call.as_object() else {
        return vec!["body must be an object".to_owned()];
    };
    let mut wrong = strangers(call, "", OF_A_CALL);
    let speakers = [
        "assistantId",
        "assistant",
        "squadId",
        "squad",
        "workflowId",
        "workflow",
    ];
    if !speakers.iter().any(|name| call.contains_key(*name)) {
        wrong.push("assistantId must be given, or assistant, squadId or squad".to_owned());
    }
    if !call.contains_key("phoneNumberId") && !call.contains_key("phoneNumber") {
        wrong.push("phoneNumberId must be given".to_owned());
    }
    match call.get("customer").and_then(Value::as_object) {
        Some(customer) => wrong.extend(of_a_customer(customer)),
        None => wrong.push("customer must be an object".to_owned()),
    }
    let server = call
        .get("assistant")
        .and_then(|assistant| assistant.get("server"));
    if let Some(server) = server.and_then(Value::as_object) {
        wrong.extend(strangers(server, "assistant.server.", OF_A_SERVER));
    }
    wrong
}

fn of_a_customer(customer: &Map<String, Value>) -> Vec<String> {
    let mut wrong = strangers(customer, "customer.", OF_A_CUSTOMER);
    let number = customer
        .get("number")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let is_e164 = number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !is_e164 {
        wrong.push("customer.number must be a valid phone number in the E.164 format".to_owned());
    }
    let name = customer
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if name.chars().count() > NAME_CHARS_MAX {
        wrong.push("customer.name must be shorter than or equal to 40 characters".to_owned());
    }
    wrong
}

fn strangers(object: &Map<String, Value>, path: &str, known: &[&str]) -> Vec<String> {
    let names = object.keys().filter(|name| !known.contains(&name.as_str()));
    names
        .map(|name| format!("property {path}{name} should not exist"))
        .collect()
}

/// As Vapi words an error.
pub(super) fn refusal(status: u16, title: &str, message: impl Into<Value>) -> Value {
    json!({"message": message.into(), "error": title, "statusCode": status})
}
