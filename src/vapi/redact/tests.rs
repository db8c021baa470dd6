//! What goes, and what must stay.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn redacted(mut value: Value) -> Value {
    redact(&mut value);
    value
}

#[test]
fn each_of_vapis_secrets_goes_and_its_name_stays() {
    let message = json!({
        "phoneNumber": {"number": "+15105550100", "twilioAccountSid": "AC1", "twilioAuthToken": "t"},
        "call": {
            "id": "c1",
            "transport": {"provider": "twilio", "callSid": "CA1", "accountSid": "AC1"},
            "monitor": {"listenUrl": "wss://x/listen", "controlUrl": "https://x/control"},
        },
        "assistant": {
            "serverUrlSecret": "s",
            "credentialId": "550e8400",
            "credentials": [{"provider": "openai", "apiKey": "sk"}],
            "model": {"provider": "custom-llm", "headers": {"X-Api-Key": "k"}, "tools": [{
                "server": {
                    "url": "https://ours.example",
                    "secret": "s",
                    "headers": {"Authorization": "Bearer b", "x-webhook-secret": "w"},
                },
                "parameters": [{"key": "token", "value": "v"}],
                "environmentVariables": [{"name": "KEY", "value": "v"}],
            }]},
        },
    });
    assert_eq!(
        redacted(message),
        json!({
            "phoneNumber": {
                "number": "+15105550100",
                "twilioAccountSid": REDACTED,
                "twilioAuthToken": REDACTED,
            },
            "call": {
                "id": "c1",
                "transport": {"provider": "twilio", "callSid": "CA1", "accountSid": REDACTED},
                "monitor": {"listenUrl": REDACTED, "controlUrl": REDACTED},
            },
            "assistant": {
                "serverUrlSecret": REDACTED,
                "credentialId": "550e8400",
                "credentials": REDACTED,
                "model": {"provider": "custom-llm", "headers": {"X-Api-Key": REDACTED}, "tools": [{
                    "server": {
                        "url": "https://ours.example",
                        "secret": REDACTED,
                        "headers": {"Authorization": REDACTED, "x-webhook-secret": REDACTED},
                    },
                    "parameters": [{"key": "token", "value": REDACTED}],
                    "environmentVariables": [{"name": "KEY", "value": REDACTED}],
                }]},
            },
        })
    );
}

#[test]
fn spelling_does_not_hide_a_secret() {
    for name in [
        "apiKey",
        "API-KEY",
        "api_key",
        "Authorization",
        "AUTH_TOKEN",
    ] {
        assert_eq!(redacted(json!([{name: "s"}])), json!([{name: REDACTED}]));
    }
    assert_eq!(
        redacted(json!({"headers": "a: b"})),
        json!({"headers": REDACTED})
    );
    let listed = json!({"headers": [{"key": "Authorization", "value": "b"}]});
    assert_eq!(redacted(listed), json!({"headers": [REDACTED]}));
}

#[test]
fn what_the_user_said_and_set_is_left_as_it_is() {
    let own = json!({
        "arguments": {"password": "tulip", "headers": {"a": "b"}},
        "functionCall": {"name": "sign_in", "parameters": {"password": "tulip"}},
        "metadata": {"secret": "garden", "ownerId": "o"},
        "artifact": {"variableValues": {"credentials": "licensed"}, "variables": {"secret": 1}},
        "analysis": {"structuredData": {"credentials": true, "criteria": [{"authorization": "A1"}]}},
        "structuredOutputs": {"u": {"result": {"password": null}}},
        "messages": [{"role": "user", "message": "my secret is apiKey"}],
        "promptTokens": 4120, "secretary": "Ann", "tokens": [1.5, -2, 1e300], "secret": null,
    });
    assert_eq!(redacted(own.clone()), own);
    let unmistakable = json!({"metadata": {"deep": [{"twilioAuthToken": "t"}]}});
    assert_eq!(
        redacted(unmistakable),
        json!({"metadata": {"deep": [{"twilioAuthToken": REDACTED}]}})
    );
}

#[test]
fn what_is_too_deep_to_be_looked_through_is_removed() {
    let nested = |depth| (0..depth).fold(json!({"apiKey": "s"}), |inner, _| json!([inner]));
    assert!(
        redacted(nested(DEPTH_MAX - 1))
            .to_string()
            .contains("apiKey")
    );
    let deeper = redacted(nested(DEPTH_MAX + 300)).to_string();
    assert!(deeper.contains(REDACTED) && !deeper.contains("apiKey"));
}

const NAMES: &[&str] = &[
    "twilioAuthToken",
    "controlUrl",
    "secret",
    "credentials",
    "headers",
    "parameters",
    "environmentVariables",
    "value",
    "metadata",
    "structuredData",
];

fn any_json() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        "[a-zA-Z_-]{0,40}",
        prop::sample::select(NAMES).prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<i64>().prop_map(Value::from),
        ".*".prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(name.clone(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn twice_is_once(value in any_json()) {
        let once = redacted(value);
        prop_assert_eq!(redacted(once.clone()), once);
    }
}
