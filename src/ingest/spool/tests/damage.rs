//! Whatever happens to the files, only what was hit is lost.

use proptest::prelude::*;

use super::*;

const RECORDS: usize = 12;

/// Records in several segments, each appended and acknowledged alone.
fn filled() -> (Home, Vec<String>) {
    let home = Home::new();
    let mut journal = home.journal();
    let sent: Vec<String> = (0..RECORDS).map(|at| format!("event {at}")).collect();
    for text in &sent {
        journal.append(&[text.clone().into_bytes()], 0)[0]
            .clone()
            .unwrap();
    }
    assert!(home.segments().len() > 2);
    drop(journal);
    (home, sent)
}

/// Where the frames of a file begin and end.
fn frames(path: &Path) -> Vec<std::ops::Range<usize>> {
    let bytes = fs::read(path).unwrap();
    let mut frames = Vec::new();
    let mut at = 0;
    while let Some(frame) = frame::Frame::read(&bytes[at..]) {
        frames.push(at..at + frame.length());
        at += frame.length();
    }
    frames
}

/// The records that lie in the segments before this one.
fn records_before(home: &Home, segment: usize) -> usize {
    let segments = &home.segments()[..segment];
    segments.iter().map(|path| frames(path).len()).sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_cut_of_the_last_segment_loses_only_what_it_cut(at: prop::sample::Index) {
        let (home, sent) = filled();
        let last = home.segments().pop().unwrap();
        let frames = frames(&last);
        let cut = at.index(frames.last().unwrap().end + 1);
        let lost = frames.iter().filter(|frame| frame.end > cut).count();
        fs::File::options().write(true).open(&last).unwrap().set_len(cut as u64).unwrap();
        let mut journal = home.journal();
        prop_assert_eq!(journal.depth().records as usize, RECORDS - lost);
        prop_assert_eq!(drained(&mut journal), &sent[..RECORDS - lost]);
        prop_assert!(home.aside().is_empty(), "a torn end is cut off silently");
    }

    #[test]
    fn a_changed_byte_loses_the_record_that_it_is_in(
        which: prop::sample::Index,
        at: prop::sample::Index,
        flip in 1..=255u8,
    ) {
        let (home, sent) = filled();
        let which = which.index(home.segments().len());
        let before = records_before(&home, which);
        let path = &home.segments()[which];
        let mut bytes = fs::read(path).unwrap();
        let at = at.index(bytes.len());
        let hit = frames(path).iter().position(|frame| frame.contains(&at)).unwrap();
        bytes[at] ^= flip;
        fs::write(path, bytes).unwrap();
        let mut journal = home.journal();
        let mut left = sent;
        left.remove(before + hit);
        prop_assert_eq!(journal.depth().records as usize, left.len());
        prop_assert_eq!(drained(&mut journal), left);
        prop_assert_eq!(journal.depth().records, 0);
    }

    #[test]
    fn garbage_between_records_is_set_aside_and_passed_over(
        which: prop::sample::Index,
        garbage in prop::collection::vec(any::<u8>(), 1..200),
    ) {
        let (home, sent) = filled();
        let path = &home.segments()[0];
        let frames = frames(path);
        let at = frames[which.index(frames.len())].start;
        let mut bytes = fs::read(path).unwrap();
        bytes.splice(at..at, garbage.iter().copied());
        fs::write(path, bytes).unwrap();
        prop_assert_eq!(drained(&mut home.journal()), sent);
        let [kept] = <[_; 1]>::try_from(home.aside()).unwrap();
        prop_assert_eq!(fs::read(kept).unwrap(), garbage);
    }

    #[test]
    fn no_bytes_make_it_panic(files in prop::collection::vec(any::<Vec<u8>>(), 1..4), cursor: Vec<u8>) {
        let home = Home::new();
        drop(home.journal());
        for (number, bytes) in files.iter().enumerate() {
            fs::write(home.folder().join(format!("{number:020}.spool")), bytes).unwrap();
        }
        fs::write(home.folder().join("cursor"), cursor).unwrap();
        let mut journal = home.journal();
        prop_assert!(drained(&mut journal).is_empty());
        journal.append(&[b"still".to_vec()], 0)[0].clone().unwrap();
        prop_assert_eq!(drained(&mut journal), ["still"]);
    }
}

#[test]
fn a_lost_cursor_costs_duplicates_and_no_record() {
    let (home, sent) = filled();
    let mut journal = home.journal();
    let first = journal.peek().unwrap()[0].sequence;
    journal.done(first);
    drop(journal);
    assert_eq!(home.journal().peek().unwrap()[0].sequence, first + 1);
    fs::write(home.folder().join("cursor"), [0xff; 24]).unwrap();
    assert_eq!(drained(&mut home.journal()), sent);
}

#[test]
fn numbers_go_on_where_an_earlier_process_stopped() {
    let (home, _) = filled();
    let mut journal = home.journal();
    drained(&mut journal);
    drop(journal);
    let mut journal = home.journal();
    let sequence = journal.append(&[b"new".to_vec()], 0)[0].clone().unwrap();
    drop(journal);
    assert!(sequence > 1);
    assert_eq!(drained(&mut home.journal()), ["new"]);
}
