//! Kept when acknowledged, in order, sealed, bounded, alone in its folder.

use std::{os::unix::fs::PermissionsExt, time::Duration};

use futures_util::{future::join_all, poll};

use super::*;

async fn append(spool: &Spool, text: &str) -> u64 {
    spool.append(text.into()).await.unwrap()
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let home = Home::new();
    let spool = home.spool();
    let sent: Vec<String> = (0..40).map(|at| format!("event {at}")).collect();
    join_all(sent.iter().map(|text| append(&spool, text))).await;
    let next_process = home.after_a_kill();
    assert_eq!(texts(&next_process.spool().next().await.unwrap()), sent);
}

#[tokio::test]
async fn records_come_in_order_and_again_until_they_are_done() {
    let home = Home::new();
    let spool = home.spool();
    let first = append(&spool, "a").await;
    append(&spool, "b").await;
    assert_eq!(texts(&spool.next().await.unwrap()), ["a", "b"]);
    assert_eq!(texts(&spool.next().await.unwrap()), ["a", "b"]);
    spool.done(first).await.unwrap();
    assert_eq!(texts(&spool.next().await.unwrap()), ["b"]);
    drop(spool);
    assert_eq!(texts(&home.spool().next().await.unwrap()), ["b"]);
}

#[tokio::test]
async fn next_waits_for_the_first_record() {
    let home = Home::new();
    let spool = home.spool();
    let next = spool.next();
    tokio::pin!(next);
    assert!(poll!(&mut next).is_pending());
    append(&spool, "a").await;
    assert_eq!(texts(&next.await.unwrap()), ["a"]);
}

#[tokio::test]
async fn it_is_not_empty_from_the_moment_a_record_enters_until_the_last_is_done() {
    let home = Home::new();
    let spool = home.spool();
    assert!(spool.is_empty());
    let appending = spool.append(b"a".to_vec());
    tokio::pin!(appending);
    assert!(poll!(&mut appending).is_pending());
    assert!(!spool.is_empty());
    let sequence = appending.await.unwrap();
    assert!(!spool.is_empty());
    spool.next().await.unwrap();
    spool.done(sequence).await.unwrap();
    assert!(spool.is_empty() && home.segments().is_empty());
}

#[tokio::test]
async fn a_record_is_kept_even_if_nobody_waits_for_it_any_more() {
    let home = Home::new();
    let spool = home.spool();
    {
        let dropped = spool.append(b"a".to_vec());
        tokio::pin!(dropped);
        assert!(poll!(&mut dropped).is_pending());
    }
    assert_eq!(texts(&spool.next().await.unwrap()), ["a"]);
}

#[tokio::test]
async fn a_full_spool_refuses_until_something_is_drained() {
    let home = Home::new();
    let spool = home.try_spool(KEY_A, 1_000).unwrap();
    let sequence = spool.append(vec![b'x'; 500]).await.unwrap();
    let refused = spool.append(vec![b'x'; 500]).await;
    assert!(matches!(refused, Err(SpoolError::Full)));
    append(&spool, "small enough").await;
    assert_eq!(spool.depth().records, 2);
    spool.next().await.unwrap();
    spool.done(sequence + 2).await.unwrap();
    assert!(spool.append(vec![b'x'; 500]).await.is_ok());
}

#[tokio::test]
async fn a_record_that_is_longer_than_one_read_comes_back_whole() {
    let home = Home::new();
    let spool = home.spool();
    let long = vec![b'x'; 1024 * 1024];
    spool.append(long.clone()).await.unwrap();
    append(&spool, "behind").await;
    let records = spool.next().await.unwrap();
    assert!(records[0].bytes.as_slice() == long.as_slice());
    spool.done(records[0].sequence).await.unwrap();
    assert_eq!(texts(&spool.next().await.unwrap()), ["behind"]);
}

#[tokio::test]
async fn only_its_owner_can_read_the_files_and_nobody_without_the_key() {
    let home = Home::new();
    let spool = home.spool();
    let sequence = append(&spool, "my number is +14155550123").await;
    spool.next().await.unwrap();
    append(&spool, "and my name").await;
    spool.set_aside(sequence, "a test").await.unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&home.folder()), 0o700);
    let kept = [
        home.segments(),
        home.aside(),
        vec![home.folder().join("cursor")],
    ]
    .concat();
    assert_eq!(kept.len(), 3);
    for file in kept {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
        let bytes = fs::read(&file).unwrap();
        assert!(
            !bytes
                .windows(4)
                .any(|four| four == b"1415" || four == b"name")
        );
    }
}

#[tokio::test]
async fn two_processes_never_share_a_spool() {
    let home = Home::new();
    let spool = home.spool();
    let told = home.try_spool(KEY_A, BYTES_MAX).err().unwrap().to_string();
    assert!(told.contains("its own RINGBACK_DATA_DIR"), "{told}");
    drop(spool);
    home.spool();
}

#[tokio::test]
async fn what_was_set_aside_is_tried_again_once_it_is_moved_back() {
    let home = Home::new();
    let spool = home.spool();
    let sequence = append(&spool, "refused").await;
    let behind = append(&spool, "behind").await;
    spool.next().await.unwrap();
    assert!(spool.set_aside(behind, "not the oldest").await.is_err());
    spool.set_aside(sequence, "a test").await.unwrap();
    assert_eq!(texts(&spool.next().await.unwrap()), ["behind"]);
    assert!(spool.depth().bytes > 100, "what is aside counts");
    spool.done(behind).await.unwrap();
    drop(spool);
    let [kept] = home.aside().try_into().unwrap();
    fs::rename(&kept, home.folder().join(kept.file_name().unwrap())).unwrap();
    assert_eq!(texts(&home.spool().next().await.unwrap()), ["refused"]);
}

#[tokio::test]
async fn a_record_whose_key_was_lost_waits_aside_until_the_key_is_listed_again() {
    let home = Home::new();
    append(&home.spool(), "under a").await;
    let without_a = home.try_spool(KEY_B, BYTES_MAX).unwrap();
    append(&without_a, "under b").await;
    assert_eq!(texts(&without_a.next().await.unwrap()), ["under b"]);
    drop(without_a);
    let [kept] = home.aside().try_into().unwrap();
    fs::rename(&kept, home.folder().join(kept.file_name().unwrap())).unwrap();
    let both = home
        .try_spool(&format!("{KEY_B},{KEY_A}"), BYTES_MAX)
        .unwrap();
    assert_eq!(both.depth().records, 2);
}

#[tokio::test]
async fn the_oldest_record_has_an_age() {
    let home = Home::new();
    let clock = Clock::stepped(DateTime::UNIX_EPOCH);
    let open = || Spool::open(home.0.path(), seal(KEY_A), clock.clone(), BYTES_MAX).unwrap();
    let spool = open();
    assert_eq!(spool.depth(), Depth::default());
    let first = append(&spool, "a").await;
    clock.advance(Duration::from_secs(5));
    append(&spool, "b").await;
    drop(spool);
    clock.advance(Duration::from_secs(5));
    let spool = open();
    let age = |spool: &Spool| spool.depth().oldest_age(clock.millis()).as_secs();
    assert_eq!(age(&spool), 10);
    spool.next().await.unwrap();
    spool.done(first).await.unwrap();
    spool.next().await.unwrap();
    assert_eq!(age(&spool), 5);
}
