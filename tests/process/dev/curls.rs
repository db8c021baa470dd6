//! The commands that people have written down before there was a ringback, typed as they stand.

use std::process::Command;

use serde_json::{Value, json};

use crate::support::{Home, Server};

/// Types a command into a shell, with the hosts of other days leading here, and reads the answer.
/// Nothing, but a notice, where there is no curl.
#[expect(clippy::print_stderr, reason = "a notice where something is missing")]
fn typed(server: &Server, command: &str) -> Option<Value> {
    let hosts = [
        "https://api-production-8fe4.up.railway.app",
        "http://api:8000",
        "http://localhost:8000",
    ];
    let here = hosts.iter().fold(command.to_owned(), |text, host| {
        text.replace(host, &server.base())
    });
    let Ok(output) = Command::new("curl").args(["--version"]).output() else {
        eprintln!("skipped: there is no curl");
        return None;
    };
    assert!(output.status.success());
    let output = Command::new("sh").args(["-c", &here]).output().unwrap();
    Some(serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}")))
}

const REPORT: &str = r#"curl -X POST http://localhost:8000/api/v1/vapi/webhook \
  -H "Content-Type: application/json" \
  -d '{
    "message": {
      "type": "end-of-call-report",
      "call": {
        "id": "test_call_123",
        "status": "ended",
        "endedReason": "customer-ended-call",
        "transcript": "Test transcript",
        "summary": "Test summary",
        "cost": 0.25,
        "metadata": {
          "providerName": "Test Provider",
          "providerPhone": "+15551234567"
        }
      }
    }
  }'"#;

const REPORT_AT_THE_OLD_ADDRESS: &str = r#"# Test with mock VAPI webhook payload
curl -X POST http://localhost:8000/api/v1/vapi/webhooks/vapi \
  -H "Content-Type: application/json" \
  -d '{
    "message": {
      "type": "end-of-call-report",
      "call": {
        "id": "test-call-123",
        "status": "ended",
        "endedReason": "assistant-ended-call",
        "customer": {
          "number": "+18641234567"
        },
        "startedAt": "2025-01-08T12:00:00Z",
        "endedAt": "2025-01-08T12:05:00Z",
        "transcript": "Test transcript",
        "analysis": {
          "summary": "Test summary",
          "structuredData": {
            "availability": "available",
            "estimated_rate": "$100/hour"
          }
        }
      }
    }
  }'"#;

#[test]
fn a_result_comes_is_read_counted_and_dismissed() {
    let home = Home::embedded();
    let server = home.dev();
    let Some(taken) = typed(&server, REPORT) else {
        return;
    };
    assert_eq!(taken["success"], true);
    assert_eq!(taken["callId"], "test_call_123");

    let read = "curl http://localhost:8000/api/v1/vapi/calls/test_call_123";
    let result = typed(&server, read).unwrap();
    assert_eq!(result["data"]["status"], "completed", "{result}");
    assert_eq!(result["data"]["transcript"], "Test transcript");
    assert_eq!(result["data"]["cost"], 0.25);
    assert_eq!(result["data"]["provider"]["name"], "Test Provider");

    let stats = "# Check stats\ncurl http://localhost:8000/api/v1/vapi/cache/stats";
    assert_eq!(typed(&server, stats).unwrap()["stats"]["size"], 1);

    let dismiss = "# Wait 30+ minutes or manually delete\n\
                   curl -X DELETE http://localhost:8000/api/v1/vapi/calls/test_call_123";
    assert_eq!(
        typed(&server, dismiss).unwrap()["message"],
        "Call result test_call_123 deleted from cache"
    );
    let gone = typed(&server, read).unwrap();
    assert_eq!(
        (&gone["success"], &gone["error"]),
        (&json!(false), &json!("Call result not found"))
    );
}

#[test]
fn a_report_at_the_old_address_is_found_by_its_call() {
    let home = Home::embedded();
    let server = home.dev();
    let Some(taken) = typed(&server, REPORT_AT_THE_OLD_ADDRESS) else {
        return;
    };
    assert_eq!(
        (&taken["success"], &taken["callId"]),
        (&json!(true), &json!("test-call-123"))
    );
    let read = "curl http://localhost:8000/api/v1/vapi/calls/test-call-123";
    let result = typed(&server, read).unwrap();
    let analysis = &result["data"]["analysis"];
    assert_eq!(
        analysis["structuredData"]["estimated_rate"], "$100/hour",
        "{result}"
    );
    assert_eq!(result["data"]["duration"].as_f64(), Some(5.0));

    // As a script asks that waits for a call.
    let poll = "CALL_ID=test-call-123\ncurl -s http://api:8000/api/v1/vapi/calls/$CALL_ID";
    assert_eq!(
        typed(&server, poll).unwrap()["data"]["callId"],
        "test-call-123"
    );
}

#[test]
fn a_call_that_nobody_has_heard_of_is_a_404_with_what_it_may_mean() {
    let home = Home::embedded();
    let server = home.dev();
    let read = "curl https://api-production-8fe4.up.railway.app/api/v1/vapi/calls/call_abc123";
    let Some(answer) = typed(&server, read) else {
        return;
    };
    assert_eq!(answer["error"], "Call result not found");
    let message = answer["message"].as_str().unwrap();
    assert!(
        message.starts_with("No cached result found for call ID: call_abc123"),
        "{message}"
    );
}
