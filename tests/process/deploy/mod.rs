//! What stands between the binary and a machine agrees with the binary: settings that it knows,
//! ports and paths where it answers, more patience than its stop takes, metrics that it has.

mod alerts;
mod image;
mod metrics;
mod places;
mod settings;
mod stops;

use std::fs;

use serde::Deserialize;
use serde_json::Value;

/// A file of the repository.
#[track_caller]
fn text(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The documents of a YAML file, with what `<<` takes in.
#[track_caller]
fn documents(path: &str) -> Vec<Value> {
    let text = text(path);
    let documents = serde_yaml_ng::Deserializer::from_str(&text).map(|document| {
        let mut value = serde_yaml_ng::Value::deserialize(document)?;
        value.apply_merge()?;
        serde_json::to_value(value).map_err(serde::de::Error::custom)
    });
    let documents: Result<Vec<Value>, serde_yaml_ng::Error> = documents.collect();
    documents.unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[track_caller]
fn document(path: &str) -> Value {
    let mut documents = documents(path);
    assert_eq!(documents.len(), 1, "{path}");
    documents.remove(0)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The two replicas of `compose.yaml`.
fn replicas() -> [Value; 2] {
    let compose = document("compose.yaml");
    ["ringback-1", "ringback-2"].map(|name| compose["services"][name].clone())
}

/// The one container of a pod, and the pod.
fn pod() -> (Value, Value) {
    let set = document("deploy/kubernetes/statefulset.yaml");
    let pod = set["spec"]["template"]["spec"].clone();
    assert_eq!(list(&pod["containers"]).len(), 1);
    (pod["containers"][0].clone(), pod)
}

/// What the lines of a Dockerfile say that begin with this instruction, the last stage's alone.
fn image_says(instruction: &str) -> Vec<String> {
    let dockerfile = text("Dockerfile");
    let (_, last_stage) = dockerfile.rsplit_once("\nFROM ").unwrap();
    let lines = last_stage
        .lines()
        .filter_map(|line| line.strip_prefix(instruction));
    lines.map(|said| said.trim().to_owned()).collect()
}

/// The values of a unit's setting, in order.
fn unit_says(name: &str) -> Vec<String> {
    let unit = text("deploy/systemd/ringback.service");
    let values = unit
        .lines()
        .filter_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    values.map(str::to_owned).collect()
}
