//! A call that Vapi is to place, as it wants to be told of it.

use serde_json::{Map, Value, json};

/// Who speaks: an assistant that Vapi keeps, or one that comes with the call.
#[derive(Clone, Debug)]
pub enum Who {
    Saved(String),
    Whole(Value),
}

pub struct NewCall<'a> {
    pub customer_number: &'a str,
    pub customer_name: Option<&'a str>,
    pub phone_number_id: &'a str,
    pub who: Who,
    pub metadata: &'a Map<String, Value>,
}

impl NewCall<'_> {
    /// Vapi refuses a call for one property that it does not know; `assistantOverrides.metadata`
    /// is the place that its documents have for ours.
    pub fn into_json(self) -> Value {
        let mut customer = json!({"number": self.customer_number});
        if let Some(name) = self.customer_name {
            customer["name"] = name.into();
        }
        let mut call = json!({
            "phoneNumberId": self.phone_number_id,
            "customer": customer,
            "assistantOverrides": {"metadata": self.metadata},
        });
        match self.who {
            Who::Saved(id) => call["assistantId"] = id.into(),
            Who::Whole(assistant) => call["assistant"] = assistant,
        }
        call
    }
}
