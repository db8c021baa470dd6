//! The scripts against the code that reads Vapi's JSON: each says for itself what a call comes to,
//! and they must agree.

use std::collections::HashSet;

use proptest::prelude::*;
use ringback::{
    simulate::{SECRET_MARK, Script, Speaker, Step},
    vapi::{
        identity,
        message::{Message, Role, Said, understand},
    },
};

fn body(step: &Step) -> Vec<u8> {
    step.body.to_string().into_bytes()
}

fn understood(script: &Script) -> Vec<Message> {
    let steps = script.steps.iter();
    steps.map(|step| understand(&body(step)).unwrap()).collect()
}

/// In the order in which they were said.
fn lines(messages: &[Message]) -> Vec<(Role, String)> {
    let mut lines: Vec<_> = messages
        .iter()
        .filter_map(|message| match &message.said {
            Said::Transcript {
                line,
                is_final: true,
            } => Some(line.clone()),
            _ => None,
        })
        .collect();
    lines.sort_by_key(|line| line.at);
    lines.dedup();
    let told = |line: ringback::vapi::message::Line| (line.role, line.text);
    lines.into_iter().map(told).collect()
}

fn expected_lines(script: &Script) -> Vec<(Role, String)> {
    let role = |speaker| match speaker {
        Speaker::Assistant => Role::Assistant,
        Speaker::Customer => Role::User,
    };
    let lines = script.expected.lines.iter();
    lines
        .map(|(speaker, text)| (role(*speaker), text.clone()))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn every_message_is_news_of_its_call(seed: u64, number in 0..1_000_u64) {
        let script = Script::of(seed, number).owned_by("acme");
        for message in understood(&script) {
            let call = message.call.unwrap();
            prop_assert_eq!(&call.vapi_id, &script.call_id);
            prop_assert_eq!(call.owner.as_deref(), Some("acme"));
            prop_assert_eq!(call.customer_number.as_ref(), Some(&script.customer_number));
            prop_assert_eq!(call.customer_name.as_deref(), Some(script.customer_name));
            prop_assert!(message.occurred_at.is_some());
        }
    }

    /// The first end that is told decides, so whatever the order, each must say the same.
    #[test]
    fn whichever_end_comes_first_the_call_comes_to_what_was_expected(seed: u64, number in 0..1_000_u64) {
        let script = Script::of(seed, number);
        let messages = understood(&script);
        let ends: Vec<_> = messages.iter().filter_map(Message::end).collect();
        prop_assert!(!ends.is_empty());
        for end in ends {
            prop_assert_eq!(end.status(), script.expected.status);
            prop_assert_eq!(end.outcome, script.expected.outcome);
            prop_assert_eq!(end.retryable, script.expected.is_retryable);
            prop_assert_eq!(end.reason.as_deref(), Some(script.expected.ended_reason));
        }
    }

    #[test]
    fn a_copy_is_known_again_and_nothing_else_is(seed: u64, number in 0..1_000_u64) {
        let script = Script::of(seed, number);
        let identities: HashSet<_> = script
            .steps
            .iter()
            .map(|step| identity::of_event(&understand(&body(step)).unwrap(), &body(step)))
            .collect();
        prop_assert_eq!(identities.len(), script.expected.events);
    }

    #[test]
    fn what_was_said_is_told_line_by_line_and_again_in_the_report(seed: u64, number in 0..1_000_u64) {
        let script = Script::of(seed, number);
        let messages = understood(&script);
        let expected = expected_lines(&script);
        prop_assert_eq!(lines(&messages), expected.clone());
        let results: Vec<_> = messages.iter().filter_map(|it| it.results.as_ref()).collect();
        prop_assert_eq!(!results.is_empty(), script.expected.has_report);
        for results in results {
            let again: Vec<_> = results.lines().into_iter().map(|it| (it.role, it.text)).collect();
            prop_assert_eq!(&again, &expected);
        }
    }

    #[test]
    fn the_marked_secrets_are_those_that_are_removed(seed: u64, number in 0..1_000_u64) {
        let script = Script::of(seed, number);
        for (step, message) in script.steps.iter().zip(understood(&script)) {
            prop_assert!(step.body.to_string().contains(SECRET_MARK));
            let kept = String::from_utf8(message.payload).unwrap();
            prop_assert!(!kept.contains(SECRET_MARK), "{}", kept);
        }
    }
}
