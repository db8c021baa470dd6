//! A call as Vapi has it when it is asked.

use serde_json::Value;

/// From the most particular to the most general, as in webhooks.
const METADATA: [&str; 3] = [
    "/metadata/requestId",
    "/assistantOverrides/metadata/requestId",
    "/assistant/metadata/requestId",
];

/// It has no `Debug`: who knows the control address can take part in the call.
#[derive(Clone, PartialEq)]
pub struct CallAtVapi {
    pub id: String,
    pub status: Option<String>,
    pub ended_reason: Option<String>,
    /// Ours, where we placed it.
    pub request_id: Option<String>,
    pub control_url: Option<String>,
    /// The limit of calls at once held it up.
    pub is_blocked: bool,
}

impl CallAtVapi {
    /// Nothing where it has no id.
    pub fn of(call: &Value) -> Option<Self> {
        let text = |path: &str| {
            let text = call.pointer(path)?.as_str()?;
            (!text.is_empty() && !text.contains('\0')).then(|| text.to_owned())
        };
        Some(Self {
            id: text("/id")?,
            status: text("/status"),
            ended_reason: text("/endedReason"),
            request_id: METADATA.iter().find_map(|path| text(path)),
            control_url: text("/monitor/controlUrl"),
            is_blocked: call.pointer("/subscriptionLimits/concurrencyBlocked")
                == Some(&Value::Bool(true)),
        })
    }

    pub fn has_ended(&self) -> bool {
        self.status.as_deref() == Some("ended")
    }
}
