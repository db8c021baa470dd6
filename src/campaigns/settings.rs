//! What a campaign may be, and which calls it may have.

use super::wire::CreateCampaign;
use crate::{
    calls::{CreateCall, NewCall, Terms},
    error::{Detail, Error, Result},
};

const NAME_CHARS_MAX: usize = 100;
pub(super) const CONCURRENCY_MAX: i32 = 1_000;
pub(super) const CALLS_PER_REQUEST_MAX: usize = 10_000;
/// Whoever has that many things wrong has the same thing wrong many times.
const COMPLAINTS_MAX: usize = 100;

/// Checks all of a new campaign, and tells all that is wrong at once.
pub(super) fn read(wanted: &mut CreateCampaign, terms: Terms<'_>) -> Result<Vec<NewCall>> {
    let mut wrong = Vec::new();
    let name = wanted.name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.contains('\0') {
        let why = format!("give 1 to {NAME_CHARS_MAX} characters, not all spaces");
        wrong.push(detail("name", why));
    }
    if !(1..=CONCURRENCY_MAX).contains(&wanted.max_concurrency) {
        let why = format!("give a number from 1 to {CONCURRENCY_MAX}");
        wrong.push(detail("max_concurrency", why));
    }
    let calls = check(std::mem::take(&mut wanted.calls), terms, &mut wrong)?;
    none_wrong(calls, wrong)
}

/// Checks all of a list of calls.
pub(super) fn read_calls(wanted: Vec<CreateCall>, terms: Terms<'_>) -> Result<Vec<NewCall>> {
    let mut wrong = Vec::new();
    if wanted.is_empty() {
        wrong.push(detail("calls", "give at least one call".to_owned()));
    }
    let calls = check(wanted, terms, &mut wrong)?;
    none_wrong(calls, wrong)
}

fn check(
    wanted: Vec<CreateCall>,
    terms: Terms<'_>,
    wrong: &mut Vec<Detail>,
) -> Result<Vec<NewCall>> {
    if wanted.len() > CALLS_PER_REQUEST_MAX {
        let why = format!("give at most {CALLS_PER_REQUEST_MAX} at a time");
        wrong.push(detail("calls", why));
        return Ok(Vec::new());
    }
    let mut calls = Vec::with_capacity(wanted.len());
    for (number, call) in wanted.into_iter().enumerate() {
        match read_call(call, terms) {
            Ok(call) => calls.push(call),
            Err(error) => wrong.extend(error.within(&format!("calls[{number}]")).into_details()?),
        }
        if wrong.len() >= COMPLAINTS_MAX {
            break;
        }
    }
    Ok(calls)
}

fn read_call(wanted: CreateCall, terms: Terms<'_>) -> Result<NewCall> {
    let call = NewCall::read(wanted, terms)?;
    match call.campaign_id {
        None => Ok(call),
        Some(_) => Err(Error::invalid(
            "campaign_id",
            "leave it out: the call is this campaign's",
        )),
    }
}

fn none_wrong(calls: Vec<NewCall>, wrong: Vec<Detail>) -> Result<Vec<NewCall>> {
    match wrong.is_empty() {
        true => Ok(calls),
        false => Err(Error::invalid_many(wrong)),
    }
}

fn detail(path: &str, message: String) -> Detail {
    Detail {
        path: path.to_owned(),
        message,
    }
}
