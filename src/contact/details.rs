//! Whom a call is with and what it was told: sealed as one value.

use std::time::Duration;

use anyhow::Context;
use entity::{CallId, Sealed, calls::Model};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    infra::seal::{Place, Seal},
    vapi::message::CallFacts,
};

/// Vapi's own, where an assistant says nothing else.
const MAX_DURATION: Duration = Duration::from_secs(600);

/// What identifies a call to people. A field that is not known yet is filled
/// in by whichever message knows it first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Details {
    pub customer_number: Option<String>,
    pub customer_name: Option<String>,
    pub metadata: Map<String, Value>,
    pub assistant_id: Option<String>,
    pub assistant_name: Option<String>,
    pub phone_number_id: Option<String>,
    pub max_duration_seconds: Option<u32>,
    /// Why Vapi would not place it, in Vapi's words.
    pub placement_error: Option<String>,
}

impl Details {
    pub fn of(facts: &CallFacts) -> Self {
        Self {
            customer_number: facts.customer_number.clone(),
            customer_name: facts.customer_name.clone(),
            metadata: facts.metadata.clone(),
            assistant_id: facts.assistant_id.clone(),
            assistant_name: facts.assistant_name.clone(),
            phone_number_id: facts.phone_number_id.clone(),
            max_duration_seconds: facts.max_duration_seconds,
            placement_error: None,
        }
    }

    /// Fills in what is not known from `other`; whether that was anything.
    pub fn complete(&mut self, other: Self) -> bool {
        let filled = [
            fill(&mut self.customer_number, other.customer_number),
            fill(&mut self.customer_name, other.customer_name),
            fill(&mut self.assistant_id, other.assistant_id),
            fill(&mut self.assistant_name, other.assistant_name),
            fill(&mut self.phone_number_id, other.phone_number_id),
            fill(&mut self.max_duration_seconds, other.max_duration_seconds),
        ];
        let known = self.metadata.len();
        for (name, value) in other.metadata {
            self.metadata.entry(name).or_insert(value);
        }
        filled.contains(&true) || self.metadata.len() > known
    }

    /// How long the call may last.
    pub fn max_duration(&self) -> Duration {
        let seconds = self.max_duration_seconds.map(u64::from);
        seconds.map_or(MAX_DURATION, Duration::from_secs)
    }

    pub fn seal(&self, seal: &Seal, call: CallId) -> serde_json::Result<Sealed> {
        Ok(Sealed(seal.seal(place(&call), &serde_json::to_vec(self)?)))
    }

    /// Those of a row; nothing is known where it has none.
    pub fn of_call(seal: &Seal, call: &Model) -> anyhow::Result<Self> {
        let sealed = call.details.as_ref();
        sealed.map_or_else(
            || Ok(Self::default()),
            |sealed| Self::open(seal, call.id, sealed),
        )
    }

    pub fn open(seal: &Seal, call: CallId, sealed: &Sealed) -> anyhow::Result<Self> {
        let plain = seal.open(place(&call), &sealed.0)?;
        serde_json::from_slice(&plain).context("a call's details do not parse")
    }
}

/// Whether something is known by it that was not.
fn fill<T>(known: &mut Option<T>, other: Option<T>) -> bool {
    let fills = known.is_none() && other.is_some();
    if fills {
        *known = other;
    }
    fills
}

fn place(call: &CallId) -> Place<'_> {
    Place {
        table: "calls",
        column: "details",
        row: call.as_bytes(),
    }
}
