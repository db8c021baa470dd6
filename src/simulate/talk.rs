//! What is said in each story, and which tools the assistant uses meanwhile.

use serde_json::{Value, json};

use super::cast::Cast;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaker {
    Assistant,
    Customer,
}
use Speaker::{Assistant, Customer};

/// What happens next in a conversation.
#[derive(Clone, Copy)]
pub(super) enum Cue {
    Says(Speaker, &'static str),
    Uses(&'static Tool),
}
use Cue::{Says, Uses};

/// A tool that the assistant may use.
pub(super) struct Tool {
    pub name: &'static str,
    pub arguments: fn(&Cast) -> Value,
    pub result: &'static str,
}

static SCHEDULE: Tool = Tool {
    name: "schedule_appointment",
    arguments: |cast| json!({"provider": cast.fill("{company}"), "when": cast.fill("{day} at nine")}),
    result: r#"{"scheduled":true}"#,
};

static DISQUALIFY: Tool = Tool {
    name: "report_disqualified",
    arguments: |cast| json!({"criterion": cast.fill("{criterion}"), "quote": "No, we don't do that."}),
    result: "Noted.",
};

static LOOK_UP: Tool = Tool {
    name: "lookup_order",
    arguments: |cast| json!({"order_id": cast.order}),
    result: r#"{"status":"on its way"}"#,
};

pub(super) const QUALIFIED: &[Cue] = &[
    Says(Assistant, "Hi, is this {company}?"),
    Says(Customer, "Yes, {person} speaking."),
    Says(
        Assistant,
        "I'm an AI assistant calling for {client}, who needs {service} in {city}. When could you come?",
    ),
    Says(Customer, "We could be there {day} at nine."),
    Says(Assistant, "And what would that cost?"),
    Says(Customer, "That's {price}."),
    Says(Assistant, "One more question. {criterion}?"),
    Says(Customer, "Sure, we do."),
    Uses(&SCHEDULE),
    Says(
        Assistant,
        "Thank you, {person}. {client} will follow up. Have a great day!",
    ),
];

pub(super) const DISQUALIFIED: &[Cue] = &[
    Says(Assistant, "Hi, is this {company}?"),
    Says(Customer, "It is. What can I do for you?"),
    Says(
        Assistant,
        "I'm an AI assistant calling for {client}, who needs {service} in {city}. {criterion}?",
    ),
    Says(Customer, "No, we don't do that."),
    Uses(&DISQUALIFY),
    Says(
        Assistant,
        "Thanks for your time, this may not be the right fit. Have a great day!",
    ),
];

pub(super) const HELPED: &[Cue] = &[
    Says(Assistant, "Hello, how can I help you?"),
    Says(Customer, "Hi, this is {client}. Where is my order {order}?"),
    Says(Assistant, "Let me look that up."),
    Uses(&LOOK_UP),
    Says(Assistant, "It's on its way and arrives {day}."),
    Says(Customer, "Perfect, that's all. Bye!"),
];

pub(super) const HUNG_UP: &[Cue] = &[
    Says(Assistant, "Hi, is this {company}?"),
    Says(Customer, "We're not taking any calls from robots."),
];

pub(super) const WENT_QUIET: &[Cue] = &[
    Says(Assistant, "Hi, is this {company}?"),
    Says(Customer, "Yes, one moment please, there's a customer here."),
    Says(Assistant, "Of course, take your time."),
    Says(Assistant, "Are you still there?"),
];

pub(super) const NOBODY_SPOKE: &[Cue] = &[
    Says(Assistant, "Hi, is this {company}?"),
    Says(Assistant, "Hello? I can't hear you."),
];

pub(super) const RAN_LONG: &[Cue] = &[
    Says(Assistant, "Hi, is this {company}?"),
    Says(Customer, "Speaking. You wouldn't believe the day I've had."),
    Says(
        Assistant,
        "I'm sorry to hear that. I'm calling for {client}, who needs {service}.",
    ),
    Says(
        Customer,
        "So first the van doesn't start, then it starts and doesn't stop, and in {city} of all places.",
    ),
    Says(Assistant, "That sounds hard. When could you come?"),
    Says(
        Customer,
        "Well, that depends on the van, you see, because my brother, who has the other van,",
    ),
];

pub(super) const FORWARDED: &[Cue] = &[
    Says(Assistant, "Hello, how can I help you?"),
    Says(
        Customer,
        "This is {client}. I want to speak to a person, please.",
    ),
    Says(Assistant, "I'll put you through."),
];

/// The greeting of a machine comes as the words of a customer.
pub(super) const VOICEMAIL: &[Cue] = &[
    Says(
        Customer,
        "You've reached {company}. Please leave a message after the tone.",
    ),
    Says(
        Assistant,
        "Hi, this is a message for {company}: {client} needs {service} in {city}. Please call back.",
    ),
];

pub(super) const CUT_OFF: &[Cue] = &[
    Says(Assistant, "Hi, is this {company}?"),
    Says(Customer, "Yes, {person} speaking."),
];

impl Speaker {
    /// In a transcript message, and in OpenAI's form.
    pub fn role(self) -> &'static str {
        match self {
            Assistant => "assistant",
            Customer => "user",
        }
    }

    /// In the messages of an artifact.
    pub(super) fn role_in_artifact(self) -> &'static str {
        match self {
            Assistant => "bot",
            Customer => "user",
        }
    }

    /// In the transcript of a report.
    pub(super) fn name_in_transcript(self) -> &'static str {
        match self {
            Assistant => "AI",
            Customer => "User",
        }
    }
}
