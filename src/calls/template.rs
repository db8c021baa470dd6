//! A call that is placed again and again: kept as it was asked for, and understood anew each time.

use serde_json::{Map, Value};

use super::{NewCall, Order, Terms, wire::CreateCall};
use crate::{
    error::{Error, Result},
    infra::body,
};

/// What is to be placed by a template at a moment. Its times are whoever's who keeps the template.
pub fn read_template(template: &Map<String, Value>, terms: Terms<'_>) -> Result<Order> {
    for time in ["scheduled_at", "latest_at"] {
        if template.contains_key(time) {
            let why = "leave it out: when the call is placed follows from elsewhere";
            return Err(Error::invalid(time, why));
        }
    }
    if template.contains_key("campaign_id") {
        let why = "leave it out: a campaign takes calls that are placed once";
        return Err(Error::invalid("campaign_id", why));
    }
    let wanted: CreateCall = body::understand(Value::Object(template.clone()), "")?;
    Ok(NewCall::read(wanted, terms)?.order)
}
