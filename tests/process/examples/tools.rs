//! The tool server: an assistant asks, and hears what the tool has answered.

use ringback::delivery::sign::SigningSecret;
use serde_json::{Value, json};

use super::program::{Program, script};
use crate::support::{Home, Server, client};

async fn post(url: String, body: &Value) -> (u16, Value) {
    let answer = client().post(url).json(body).send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// What an assistant hears that calls a function.
async fn called(server: &Server, id: &str, name: &str, arguments: Value) -> String {
    let url = format!("{}/api/v1/vapi/webhook", server.base());
    let calls = json!([{"id": id, "name": name, "arguments": arguments}]);
    let asked =
        json!({"message": {"type": "tool-calls", "call": {"id": "call-1"}, "toolCallList": calls}});
    let (status, heard) = post(url, &asked).await;
    assert_eq!(status, 200, "{heard}");
    heard["results"][0]["result"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn an_assistant_calls_all_four_functions() {
    let Some(mut command) = script("TEST_NODE", "tools/server.js") else {
        return;
    };
    let secret = SigningSecret::generate();
    command.env("WEBHOOK_SECRET", secret.text().expose());
    let tools = Program::start(command);
    let (home, url) = (Home::embedded(), format!("{}/tools", tools.origin));
    let server = home.dev();

    let names = [
        "lookup_order",
        "schedule_appointment",
        "lookup_patient_info",
        "get_health_records",
    ];
    for name in names {
        let tool = json!({"name": name, "url": url, "secret_key": secret.text().expose()});
        let (status, made) = post(format!("{}/api/v1/tools", server.base()), &tool).await;
        assert_eq!(status, 201, "{made}");
    }
    let order = called(&server, "t1", "lookup_order", json!({"order_id": "A-100"})).await;
    assert!(order.contains("shipped"), "{order}");
    let patient = json!({"patient_id": "P-7"});
    let info = called(&server, "t2", "lookup_patient_info", patient.clone()).await;
    assert!(info.contains("Ada Byron"), "{info}");
    let records = called(&server, "t3", "get_health_records", patient).await;
    assert!(records.contains("check-up"), "{records}");
    let when = json!({"date": "2026-03-04", "time": "10:00"});
    let appointment = called(&server, "t4", "schedule_appointment", when.clone()).await;
    assert!(appointment.contains("APT-1"), "{appointment}");
    let again = called(&server, "t4", "schedule_appointment", when).await;
    assert_eq!(again, appointment);

    tools.hears_half("/tools");
    let forged = post(
        url,
        &json!({"id": "t5", "name": "lookup_order", "parameters": {}}),
    )
    .await;
    assert_eq!(forged.0, 401);
}
