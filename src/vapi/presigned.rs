//! Addresses that are signed anew for every delivery.
//!
//! A recording is private, so Vapi sends addresses that open it for an hour. They differ each time
//! the same report is sent, and must not make it look like another one.

use serde_json::Value;

const SIGNATURES: &[&str] = &[
    "x-amz-signature=",
    "x-amz-credential=",
    "x-amz-expires=",
    "x-goog-signature=",
    "signature=",
    "sig=",
    "expires=",
    "token=",
];

/// Takes out what is presigned: fields that say so in their name, and addresses that carry a
/// signature.
pub fn take_out_presigned(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| !name.starts_with("presigned") && !is_presigned(value));
            fields.values_mut().for_each(take_out_presigned);
        }
        Value::Array(items) => {
            items.retain(|item| !is_presigned(item));
            items.iter_mut().for_each(take_out_presigned);
        }
        _ => {}
    }
}

fn is_presigned(value: &Value) -> bool {
    let Some(address) = value.as_str().filter(|text| text.starts_with("http")) else {
        return false;
    };
    let parts = address.split(['?', '&']).skip(1);
    parts
        .map(str::to_ascii_lowercase)
        .any(|part| SIGNATURES.iter().any(|name| part.starts_with(name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_signed_anew_goes() {
        let mut value = json!({
            "presignedMonoUrl": "https://a", "presignedUrlsExpiresAt": "2025-11-19T16:48:11.000Z",
            "recordings": ["https://a/b?X-Amz-Signature=1", "https://a/b?x=1&Signature=2", "https://a/b"],
            "url": "https://a/b.wav?Expires=1", "text": "what? token=1", "design": "https://a?design=1",
        });
        take_out_presigned(&mut value);
        assert_eq!(
            value,
            json!({"recordings": ["https://a/b"], "text": "what? token=1", "design": "https://a?design=1"})
        );
    }
}
