//! What was in the way of a call, in one of a few words: Vapi has some six
//! hundred reasons and adds to them, and whoever counts needs a closed set.

/// Parts of reasons, the most telling first, and the word for what has them.
const WORDS: &[(&str, &str)] = &[
    ("voicemail", "voicemail"),
    ("busy", "busy"),
    ("did-not-answer", "no_answer"),
    ("no-answer", "no_answer"),
    ("outbound-sip-408-", "no_answer"),
    ("outbound-sip-480-", "no_answer"),
    ("misdialed", "wrong_number"),
    ("rejected", "rejected"),
    ("silence-timed-out", "silence"),
    ("exceeded-max-duration", "max_duration"),
    ("microphone-permission", "microphone"),
    ("concurrency-limit", "concurrency_limit"),
    ("call.start.error-", "start_refused"),
    ("vapifault", "vapi_fault"),
    ("worker-shutdown", "vapi_fault"),
    ("providerfault", "provider_fault"),
    ("phone-call-provider", "provider_fault"),
    ("twilio", "provider_fault"),
    ("vonage", "provider_fault"),
    ("no-news-from-vapi", "no_news"),
    ("unknown-to-vapi", "no_news"),
    ("pipeline-", "pipeline"),
    ("assistant-", "assistant"),
];

/// The word for a reason; none was given for `unknown`.
pub fn in_a_word(reason: Option<&str>) -> &'static str {
    let Some(reason) = reason else {
        return "unknown";
    };
    let told = WORDS.iter().find(|(part, _)| reason.contains(part));
    told.map_or("other", |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_the_word_for_what_it_tells_first() {
        for (reason, word) in [
            ("customer-did-not-answer", "no_answer"),
            ("call.forwarding.operator-busy", "busy"),
            (
                "call.in-progress.error-providerfault-outbound-sip-480-temporarily-unavailable",
                "no_answer",
            ),
            (
                "call.in-progress.error-vapifault-openai-llm-failed",
                "vapi_fault",
            ),
            (
                "call.start.error-subscription-concurrency-limit-reached",
                "concurrency_limit",
            ),
            ("pipeline-error-openai-401-unauthorized", "pipeline"),
            ("assistant-not-found", "assistant"),
            ("no-news-from-vapi", "no_news"),
            ("something new", "other"),
        ] {
            assert_eq!(in_a_word(Some(reason)), word, "{reason}");
        }
        assert_eq!(in_a_word(None), "unknown");
    }
}
