//! Vapi's embedded secrets, removed before anything is read or kept.
//!
//! A message carries the configuration of everything that took part in the call: the phone number
//! with its provider's credentials, the tools with the headers by which they authenticate (one of
//! them may be our own webhook secret), and addresses at which the live call can be joined, heard
//! and steered by whoever knows them. Each such value becomes `"[redacted]"`; its name stays, so
//! that one can see that it was there. All else is left as it is.
//!
//! What is a secret is decided by its name alone, as `rule` has it. Presigned addresses of
//! recordings are no secrets in this sense: they are what was asked for, and they expire.

use serde_json::Value;

pub const REDACTED: &str = "[redacted]";

/// What lies deeper is not looked through but removed. The parser goes no deeper either.
const DEPTH_MAX: usize = 128;
const NAME_BYTES_MAX: usize = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// Means one thing only. It goes wherever it stands.
    Secret,
    /// A common word. It goes at any depth, except inside of what is [`Rule::OfTheUser`]: a form may
    /// well ask for a `password`, or for somebody's `credentials`.
    SecretOfConfiguration,
    /// Every value goes, since any header may be the one that authenticates.
    Headers,
    /// Where this is a list of names and values, set by the tool's owner, every `value` goes. Else
    /// it is what the tool is called with.
    Pairs,
    /// Comes from the user's own conversation or settings, and holds no secret of Vapi's.
    OfTheUser,
    Harmless,
}

/// The rule for a name, in small letters and without `-` and `_`.
fn rule(name: &str) -> Rule {
    match name {
        "accountsid"
        | "authpassword"
        | "awsaccesskeyid"
        | "awssecretaccesskey"
        | "calltoken"
        | "controlurl"
        | "gcpkey"
        | "hmacaccesskey"
        | "hmacsecret"
        | "jwtsecret"
        | "listenurl"
        | "ocpapimsubscriptionkey"
        | "openaikey"
        | "serverurlsecret"
        | "twilioaccountsid"
        | "twilioapikey"
        | "twilioapisecret"
        | "twilioauthtoken"
        | "vonageapikey"
        | "vonageapisecret"
        | "vonageapplicationprivatekey" => Rule::Secret,

        "accesskeyid"
        | "accesstoken"
        | "apikey"
        | "apisecret"
        | "apitoken"
        | "authenticationsession"
        | "authorization"
        | "authtoken"
        | "callsipuri"
        | "callurl"
        | "clientsecret"
        | "credential"
        | "credentials"
        | "password"
        | "privatekey"
        | "refreshtoken"
        | "secret"
        | "secretaccesskey"
        | "secretkey"
        | "sessiontoken"
        | "signingsecret"
        | "webcallurl"
        | "webhooksecret" => Rule::SecretOfConfiguration,

        "customheaders" | "headers" => Rule::Headers,

        "environmentvariables" | "parameters" => Rule::Pairs,

        "arguments"
        | "metadata"
        | "schema"
        | "structureddata"
        | "structureddatamulti"
        | "structuredoutputs"
        | "variables"
        | "variablevalues" => Rule::OfTheUser,

        _ => Rule::Harmless,
    }
}

/// Removes the secrets. Doing it twice is the same as doing it once.
pub fn redact(value: &mut Value) {
    walk(value, false, DEPTH_MAX);
}

fn walk(value: &mut Value, is_of_the_user: bool, depth_left: usize) {
    match value {
        Value::Object(_) | Value::Array(_) if depth_left == 0 => hide(value),
        Value::Object(fields) => {
            for (name, value) in fields {
                field(name, value, is_of_the_user, depth_left - 1);
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(item, is_of_the_user, depth_left - 1);
            }
        }
        _ => {}
    }
}

fn field(name: &str, value: &mut Value, is_of_the_user: bool, depth_left: usize) {
    match rule(plain_name(name, &mut [0; NAME_BYTES_MAX])) {
        Rule::Secret => hide(value),
        _ if is_of_the_user => walk(value, true, depth_left),
        Rule::SecretOfConfiguration => hide(value),
        Rule::Headers => hide_each(value),
        Rule::Pairs => {
            hide_pairs(value);
            walk(value, true, depth_left);
        }
        Rule::OfTheUser => walk(value, true, depth_left),
        Rule::Harmless => walk(value, false, depth_left),
    }
}

/// The name in small letters without `-` and `_`; nothing where it is longer than any that we
/// look for, or not ASCII.
fn plain_name<'a>(name: &str, plain: &'a mut [u8; NAME_BYTES_MAX]) -> &'a str {
    let mut length = 0;
    for byte in name.bytes().filter(|byte| !matches!(byte, b'-' | b'_')) {
        if length == NAME_BYTES_MAX || !byte.is_ascii() {
            return "";
        }
        plain[length] = byte.to_ascii_lowercase();
        length += 1;
    }
    std::str::from_utf8(&plain[..length]).unwrap_or_default()
}

/// A `null` is no secret, and says so.
fn hide(value: &mut Value) {
    if !value.is_null() {
        *value = Value::String(REDACTED.to_owned());
    }
}

fn hide_each(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(hide),
        Value::Array(items) => items.iter_mut().for_each(hide),
        _ => hide(value),
    }
}

fn hide_pairs(value: &mut Value) {
    let pairs = value.as_array_mut().into_iter().flatten();
    for pair in pairs.filter_map(Value::as_object_mut) {
        if let Some(value) = pair.get_mut("value") {
            hide(value);
        }
    }
}

#[cfg(test)]
mod tests;
