//! Which types we know, be it only to know that they change nothing.

use super::{Said, call::NEWS_OF_A_CALL};

/// Types that belong to no call, or say nothing of one that goes on.
const QUIET: &[&str] = &[
    "assistant.started",
    "call.artifact.upload",
    "call.delete.failed",
    "call.deleted",
    "campaign.job.continued",
];

/// Families of types whose members change nothing here.
const QUIET_FAMILIES: &[&str] = &["campaign.", "chat.", "contact.", "session."];

pub(super) fn is_known(kind: &str, said: &Said) -> bool {
    *said != Said::Other
        || NEWS_OF_A_CALL.contains(&kind)
        || QUIET.contains(&kind)
        || QUIET_FAMILIES.iter().any(|family| kind.starts_with(family))
}
