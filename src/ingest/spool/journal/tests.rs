//! What happens when the disk refuses.

use std::{fs, path::Path};

use metrics_exporter_prometheus::PrometheusBuilder;

use super::*;
use crate::{config::Secret, ingest::spool::SpoolError};

fn journal(folder: &Path) -> Journal {
    let key = Secret::new("a:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    let limits = Limits {
        segment_bytes: 8 * 1024,
        bytes_max: 64 * 1024,
    };
    Journal::open(folder.join("spool"), Seal::from_list(&key).unwrap(), limits).unwrap()
}

fn append(journal: &mut Journal, text: &str) -> Result<u64, SpoolError> {
    journal.append(&[text.as_bytes().to_vec()], 0).remove(0)
}

fn next(journal: &mut Journal) -> Vec<Vec<u8>> {
    let records = journal.peek().unwrap();
    records.iter().map(|record| record.bytes.to_vec()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn a_segment_that_failed_is_never_appended_to_again() {
    let home = tempfile::tempdir().unwrap();
    let mut journal = journal(home.path());
    append(&mut journal, "before").unwrap();
    let full_disk = File::options().write(true).open("/dev/full").unwrap();
    let healthy = journal.tail.replace(full_disk);
    let failed = append(&mut journal, "failed");
    assert!(matches!(failed, Err(SpoolError::Broken(_))));
    assert!(healthy.is_some() && journal.tail.is_none());
    append(&mut journal, "after").unwrap();
    assert_eq!(journal.segments.len(), 2);
    assert_eq!(next(&mut journal), [b"before"]);
    let first = journal.peeked[0].sequence;
    journal.done(first);
    assert_eq!(next(&mut journal), [b"after"]);
}

#[test]
fn a_folder_that_goes_away_is_an_error_until_it_is_back() {
    let home = tempfile::tempdir().unwrap();
    let mut journal = journal(home.path());
    let (here, gone) = (home.path().join("spool"), home.path().join("gone"));
    fs::rename(&here, &gone).unwrap();
    assert!(matches!(
        append(&mut journal, "failed"),
        Err(SpoolError::Broken(_))
    ));
    assert_eq!(journal.depth().records, 0);
    fs::rename(&gone, &here).unwrap();
    append(&mut journal, "after").unwrap();
    assert_eq!(next(&mut journal), [b"after"]);
}

#[test]
fn appends_of_one_round_share_a_segment_and_answer_in_order() {
    let home = tempfile::tempdir().unwrap();
    let mut journal = journal(home.path());
    let round = [b"a".to_vec(), vec![0; 100_000], b"c".to_vec()];
    let kept = journal.append(&round, 0);
    assert!(matches!(
        kept.as_slice(),
        [Ok(1), Err(SpoolError::Full), Ok(3)]
    ));
    assert_eq!(next(&mut journal), [b"a", b"c"]);
}

#[test]
fn what_is_set_aside_is_counted() {
    let home = tempfile::tempdir().unwrap();
    let mut journal = journal(home.path());
    let recorder = PrometheusBuilder::new().build_recorder();
    metrics::with_local_recorder(&recorder, || {
        let sequence = append(&mut journal, "refused").unwrap();
        journal.peek().unwrap();
        journal.set_aside(sequence, "a test").unwrap();
    });
    let rendered = recorder.handle().render();
    assert!(
        rendered.contains("ringback_spool_set_aside_total 1"),
        "{rendered}"
    );
}
