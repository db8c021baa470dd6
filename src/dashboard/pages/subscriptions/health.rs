//! How a receiver is, in words: what is wrong, what happens next by itself,
//! and what somebody has to do.

use crate::{
    infra::clock::Millis,
    subscriptions::{Glance, Known},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    pub glance: Glance,
    pub headline: String,
    /// What somebody should look at: our hint at the last failure, where it has led to this.
    pub cause: Option<String>,
    pub next: &'static str,
    /// When that is.
    pub at: Option<Millis>,
}

/// Pure: a row and its lane go in, sentences come out.
pub fn health(known: &Known) -> Health {
    let lane = &known.lane;
    let (glance, failures) = (Glance::of(lane), lane.consecutive_failures);
    let headline = match glance {
        Glance::Healthy if lane.delivered_total == 0 => "Nothing was delivered yet.".to_owned(),
        Glance::Healthy => "The receiver takes what is sent.".to_owned(),
        Glance::Failing if failures == 1 => "The last attempt failed.".to_owned(),
        Glance::Failing => format!("The last {failures} attempts failed."),
        Glance::Open => format!("The receiver failed {failures} times in a row."),
        Glance::Paused => "It is paused: nothing is sent.".to_owned(),
        Glance::Deactivated => given_up(lane.deactivated_reason.as_deref()),
    };
    Health {
        glance,
        headline,
        cause: match glance {
            Glance::Healthy | Glance::Paused => None,
            Glance::Failing | Glance::Open | Glance::Deactivated => lane.last_error.clone(),
        },
        next: next(glance),
        at: lane.next_probe_at.or(lane.deactivated_at),
    }
}

fn next(glance: Glance) -> &'static str {
    match glance {
        Glance::Healthy => "",
        Glance::Failing => {
            "Each is tried again by the retry schedule, and new ones are sent meanwhile."
        }
        Glance::Open => {
            "Deliveries are held, and none is lost. One at a time is sent as a probe; when the \
             receiver takes it, the rest follows in order."
        }
        Glance::Paused => "What comes is held until it is made active again.",
        Glance::Deactivated => {
            "Nothing is sent, and what comes is held until retention takes it. Mend the receiver, \
             send it a test, and make the subscription active again."
        }
    }
}

fn given_up(reason: Option<&str>) -> String {
    match reason {
        Some(reason) => format!("It was given up: {reason}."),
        None => "It was given up.".to_owned(),
    }
}

impl Health {
    /// In one word.
    pub fn state(&self) -> &'static str {
        self.glance.name()
    }

    pub fn is_well(&self) -> bool {
        self.glance == Glance::Healthy
    }

    /// Whether events are sent.
    pub fn is_active(&self) -> bool {
        !matches!(self.glance, Glance::Paused | Glance::Deactivated)
    }

    /// What the time beside it means.
    pub fn at_means(&self) -> &'static str {
        match self.glance {
            Glance::Deactivated => "Given up",
            _ => "Next probe",
        }
    }
}
