//! Whoever stops ringback waits for longer than its stop takes.

use std::time::Duration;

use ringback::{config::read_duration, run::STOP_WITHIN};

use super::{pod, replicas, unit_says};

/// What the stop itself does not count: the last traces, which have five seconds.
const AFTERWARDS: Duration = Duration::from_secs(5);

#[track_caller]
fn assert_patient(waits: Duration) {
    let takes = STOP_WITHIN + AFTERWARDS;
    assert!(
        waits > takes,
        "it waits for {waits:?}, and a stop may take {takes:?}"
    );
}

#[test]
fn compose_systemd_and_kubernetes_wait_for_a_stop() {
    for replica in replicas() {
        let period = replica["stop_grace_period"].as_str().unwrap();
        assert_patient(read_duration(period).unwrap());
    }
    assert_patient(read_duration(&unit_says("TimeoutStopSec")[0]).unwrap());
    let (container, pod) = pod();
    let drain = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        .as_u64()
        .unwrap();
    let grace = pod["terminationGracePeriodSeconds"].as_u64().unwrap();
    assert_patient(Duration::from_secs(grace - drain));
}

/// New connections are refused as soon as a stop begins.
#[test]
fn kubernetes_forgets_a_pod_before_it_stops() {
    let (container, _) = pod();
    let probe = &container["readinessProbe"];
    let noticed =
        probe["periodSeconds"].as_u64().unwrap() * probe["failureThreshold"].as_u64().unwrap();
    let drain = container["lifecycle"]["preStop"]["sleep"]["seconds"]
        .as_u64()
        .unwrap();
    assert!(drain >= noticed, "{drain} s");
}
