//! Any interleaving of what can be done to a spool equals a list in memory.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    /// So many records in one round.
    Append(usize),
    /// Hand out the oldest, and call so many of them done.
    Done(usize),
    SetAside,
    Reopen,
    /// As `Reopen`, with the beginning of a frame behind the last segment.
    Torn,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (1..6usize).prop_map(Step::Append),
        4 => (0..8usize).prop_map(Step::Done),
        1 => Just(Step::SetAside),
        1 => Just(Step::Reopen),
        1 => Just(Step::Torn),
    ];
    prop::collection::vec(step, 1..24)
}

/// The journal, and what should be in it.
struct Pair {
    home: Home,
    journal: Option<Journal>,
    model: VecDeque<String>,
    made: usize,
    set_aside: usize,
}

impl Pair {
    fn new() -> Self {
        let home = Home::new();
        Self {
            journal: Some(home.journal()),
            home,
            model: VecDeque::new(),
            made: 0,
            set_aside: 0,
        }
    }

    fn journal(&mut self) -> &mut Journal {
        self.journal.as_mut().unwrap()
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Append(records) => self.append(*records),
            Step::Done(records) => self.done(*records),
            Step::SetAside => self.set_aside(),
            Step::Reopen => self.reopen(),
            Step::Torn => self.tear(),
        }
    }

    fn append(&mut self, records: usize) {
        let range = self.made..self.made + records;
        let new: Vec<String> = range.map(|at| format!("event {at}")).collect();
        self.made += records;
        let bytes: Vec<_> = new.iter().map(|text| text.clone().into_bytes()).collect();
        assert!(self.journal().append(&bytes, 0).iter().all(Result::is_ok));
        self.model.extend(new);
    }

    fn peek(&mut self) -> Vec<Record> {
        let records = self.journal().peek().unwrap();
        assert_eq!(records.is_empty(), self.model.is_empty());
        let oldest: Vec<_> = self.model.iter().take(records.len()).cloned().collect();
        assert_eq!(texts(&records), oldest);
        records
    }

    fn done(&mut self, records: usize) {
        let peeked = self.peek();
        let records = records.min(peeked.len());
        if let Some(last) = records.checked_sub(1) {
            self.journal().done(peeked[last].sequence);
            self.model.drain(..records);
        }
    }

    fn set_aside(&mut self) {
        if let Some(oldest) = self.peek().first() {
            self.journal().set_aside(oldest.sequence, "a test").unwrap();
            self.model.pop_front();
            self.set_aside += 1;
        }
    }

    fn reopen(&mut self) {
        self.journal = None;
        self.journal = Some(self.home.journal());
    }

    fn tear(&mut self) {
        self.journal = None;
        if let Some(last) = self.home.segments().pop() {
            let torn = [fs::read(&last).unwrap(), b"rbs1\x80\0\0\0 torn".to_vec()].concat();
            fs::write(last, torn).unwrap();
        }
        self.journal = Some(self.home.journal());
    }

    fn compare(&mut self) {
        assert_eq!(self.journal().depth().records, self.model.len() as u64);
        assert_eq!(self.home.aside().len(), self.set_aside);
        let on_disk = [self.home.segments(), self.home.aside()].concat();
        let length = |path: &PathBuf| fs::metadata(path).unwrap().len();
        let bytes: u64 = on_disk.iter().map(length).sum();
        assert_eq!(self.journal().depth().bytes, bytes);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_interleaving_equals_a_list(steps in steps()) {
        let mut pair = Pair::new();
        for step in &steps {
            pair.take(step);
            pair.compare();
        }
        let left: Vec<String> = pair.model.drain(..).collect();
        assert_eq!(drained(pair.journal()), left);
        pair.compare();
        assert!(pair.home.segments().is_empty(), "what is drained is gone");
    }
}
