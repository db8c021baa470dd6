//! What the assistant says, and when it stops.
//!
//! The order of the questions is the order of what rules a provider out soonest; each answer is
//! confirmed before the next question. Both closings are said word for word, because what a
//! provider is promised, or spared, is not for a model to make up.

use super::request::CallRequest;

const QUALIFIED: &str = "Perfect, thank you so much for all that information! Once I confirm with \
                         my client, if they decide to proceed, I'll call you back to schedule. \
                         Does that sound good?";
const DISQUALIFIED: &str = "Thank you so much for taking the time to chat. Unfortunately, it \
                            sounds like this particular request might not be the best fit right \
                            now, but I really appreciate your help. Have a wonderful day!";

const RULES: &str = "\
## How you speak
- You are an AI assistant. If you are asked, say so.
- Ask ONE question at a time, wait for the answer, and keep your own sentences short.
- Never invent details about the client or the work. If you do not know, say that you will ask the client.
- Do not book anything and do not agree to a price: you only gather information.
- If you reach a voicemail, use the voicemail tool. If you reach a menu, use the dtmf tool.";

/// What the assistant says when somebody answers.
pub(super) fn first_message(request: &CallRequest) -> String {
    let provider = plain(&request.provider_name);
    match request.custom_prompt {
        Some(_) => format!("Hi, is this {provider}?"),
        None => format!(
            "Hi, is this {provider}? I'm an AI assistant calling for {} about {}. \
             Do you have a minute?",
            client(request),
            plain(&request.service_needed)
        ),
    }
}

/// What the assistant is told before the call.
pub(super) fn system(request: &CallRequest) -> String {
    let task = match &request.custom_prompt {
        Some(task) => format!("## Your task\n{}", plain(task)),
        None => questions(request),
    };
    [
        situation(request),
        task,
        RULES.to_owned(),
        disqualification(),
        closings(),
    ]
    .join("\n\n")
}

fn situation(request: &CallRequest) -> String {
    let mut lines = vec![
        format!(
            "You are an AI assistant on the telephone. You call {} for {}. Today is {{{{now}}}}.",
            plain(&request.provider_name),
            client(request)
        ),
        String::new(),
        "## What the call is about".to_owned(),
        format!("- Service needed: {}", plain(&request.service_needed)),
        format!("- Location: {}", plain(&request.location)),
        format!("- Needed: {}", request.urgency.spoken()),
        format!("- Criteria: {}", plain(&request.user_criteria)),
    ];
    let more = [
        ("Problem", &request.problem_description),
        (
            "Address, to be given only if it is asked for",
            &request.client_address,
        ),
    ];
    for (name, text) in more {
        lines.extend(
            text.as_ref()
                .map(|text| format!("- {name}: {}", plain(text))),
        );
    }
    lines.join("\n")
}

fn questions(request: &CallRequest) -> String {
    format!(
        "## Questions, in this order\n\
         1. Availability: are they available {}? Get a specific day and time. If the answer is \
         vague (\"sometime this week\"), ask once more for the earliest day and time.\n\
         2. Rate: what do they charge: by the hour, for the visit, or flat? Get a number and what it \
         is for. If they cannot say, ask for a typical range.\n\
         3. Criteria: ask about each of the client's criteria, one at a time, and get a clear yes or \
         no to each. If more than one is needed, ask whether ONE person meets all of them, and for \
         that person's name.\n\
         Before you go on to the next question, repeat in a few words what you understood.",
        request.urgency.spoken()
    )
}

fn disqualification() -> String {
    "## When to stop\n\
     The provider is disqualified as soon as one of these is clear:\n\
     - they have nobody available;\n\
     - they cannot meet one of the criteria;\n\
     - they do not do this type of work;\n\
     - their rate is far above what is reasonable for it.\n\
     Then ask nothing more, do not argue, and go to the closing."
        .to_owned()
}

fn closings() -> String {
    format!(
        "## Closing\n\
         If the provider is disqualified, say exactly:\n\
         \"{DISQUALIFIED}\"\n\
         and use the endCall tool at once.\n\n\
         If all criteria are met, say exactly:\n\
         \"{QUALIFIED}\"\n\
         wait for their answer, and then use the endCall tool."
    )
}

fn client(request: &CallRequest) -> String {
    request
        .client_name
        .as_deref()
        .map_or_else(|| "my client".to_owned(), plain)
}

/// Without what Vapi would take for a place to fill in: a criterion is no template.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for sign in text.trim().chars() {
        if plain.ends_with('{') && matches!(sign, '{' | '%') {
            plain.push(' ');
        }
        plain.push(sign);
    }
    plain
}
