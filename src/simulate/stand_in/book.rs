//! The calls that were placed, what was asked for, and what is being played.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde_json::Value;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::mischief::Rule;

/// More than anybody looks at; the oldest goes for the next.
const CALLS_MAX: usize = 100_000;

#[derive(Default)]
pub(super) struct Book {
    pages: Mutex<Pages>,
    asked: watch::Sender<u64>,
    playing: watch::Sender<u64>,
    looks: watch::Sender<u64>,
}

#[derive(Default)]
struct Pages {
    /// By id, which begins with the time, so in the order in which they were made.
    calls: BTreeMap<String, Placed>,
    dials: HashMap<String, u64>,
    asked_for: HashMap<String, u64>,
    rules: Vec<Rule>,
    next: u64,
    lines: Lines,
}

/// The lines that are in use, by call.
#[derive(Default)]
struct Lines {
    in_use: HashSet<String>,
    most_at_once: usize,
    /// No end of them, where nobody says how many there are.
    there_are: Option<usize>,
}

/// A call, as it is now.
#[derive(Clone)]
pub(super) struct Placed {
    pub call: Value,
    /// Ends its play.
    pub end: CancellationToken,
}

/// While it is there, a call is being played.
pub(super) struct Playing<'a>(&'a Book);

impl Book {
    /// The number of a new call.
    pub fn next(&self) -> u64 {
        let mut pages = self.pages();
        pages.next += 1;
        pages.next - 1
    }

    /// How often this order was asked for, this time included.
    pub fn ask(&self, request_id: &str) -> u64 {
        let times = {
            let mut pages = self.pages();
            let times = pages.asked_for.entry(request_id.to_owned()).or_default();
            *times += 1;
            *times
        };
        self.asked.send_modify(|asked| *asked += 1);
        times
    }

    pub fn dial(&self, request_id: &str) {
        *self.pages().dials.entry(request_id.to_owned()).or_default() += 1;
    }

    pub fn all_lines_are_in_use(&self) -> bool {
        let lines = &self.pages().lines;
        lines
            .there_are
            .is_some_and(|most| lines.in_use.len() >= most)
    }

    pub fn pick_up(&self, id: &str) {
        let lines = &mut self.pages().lines;
        lines.in_use.insert(id.to_owned());
        lines.most_at_once = lines.most_at_once.max(lines.in_use.len());
    }

    pub fn hang_up(&self, id: &str) {
        self.pages().lines.in_use.remove(id);
    }

    pub fn most_at_once(&self) -> usize {
        self.pages().lines.most_at_once
    }

    pub fn set_lines(&self, lines: Option<usize>) {
        self.pages().lines.there_are = lines;
    }

    pub fn dials(&self, request_id: &str) -> u64 {
        self.pages().dials.get(request_id).copied().unwrap_or(0)
    }

    pub fn dials_in_all(&self) -> u64 {
        self.pages().dials.values().sum()
    }

    pub fn all_dials(&self) -> BTreeMap<String, u64> {
        self.pages().dials.clone().into_iter().collect()
    }

    pub fn rules(&self) -> Vec<Rule> {
        self.pages().rules.clone()
    }

    pub fn set_rules(&self, rules: Vec<Rule>) {
        self.pages().rules = rules;
    }

    pub fn keep(&self, id: &str, call: Value) -> CancellationToken {
        let end = CancellationToken::new();
        let mut pages = self.pages();
        if pages.calls.len() >= CALLS_MAX {
            pages.calls.pop_first();
        }
        let placed = Placed {
            call,
            end: end.clone(),
        };
        pages.calls.insert(id.to_owned(), placed);
        end
    }

    pub fn call(&self, id: &str) -> Option<Placed> {
        self.pages().calls.get(id).cloned()
    }

    /// Newest first.
    pub fn calls(&self, wanted: impl Fn(&Value) -> bool, limit: usize) -> Vec<Value> {
        let pages = self.pages();
        let calls = pages.calls.values().rev().map(|placed| &placed.call);
        calls
            .filter(|call| wanted(call))
            .take(limit)
            .cloned()
            .collect()
    }

    pub fn change(&self, id: &str, change: impl FnOnce(&mut Value)) -> bool {
        let mut pages = self.pages();
        let placed = pages.calls.get_mut(id);
        placed.map(|placed| change(&mut placed.call)).is_some()
    }

    pub fn remove(&self, id: &str) -> Option<Placed> {
        self.pages().calls.remove(id)
    }

    pub fn play(&self) -> Playing<'_> {
        self.playing.send_modify(|playing| *playing += 1);
        Playing(self)
    }

    pub async fn asked(&self, times: u64) {
        // The sender lives in self, so waiting cannot fail.
        let _ = self
            .asked
            .subscribe()
            .wait_for(|asked| *asked >= times)
            .await;
    }

    /// Somebody asks how calls stand.
    pub fn look(&self) {
        self.looks.send_modify(|looks| *looks += 1);
    }

    pub fn looks(&self) -> u64 {
        *self.looks.borrow()
    }

    pub async fn looked(&self, times: u64) {
        let _ = self
            .looks
            .subscribe()
            .wait_for(|looks| *looks >= times)
            .await;
    }

    pub async fn quiet(&self) {
        let _ = self
            .playing
            .subscribe()
            .wait_for(|playing| *playing == 0)
            .await;
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Playing<'_> {
    fn drop(&mut self) {
        self.0.playing.send_modify(|playing| *playing -= 1);
    }
}
