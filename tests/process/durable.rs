//! An event that was answered 200 is there after a kill at that very moment.

use serde_json::json;

use crate::support::Home;

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let home = Home::configured().await;
    let admin = "an-admin-key-that-only-the-tests-have";
    let server = home.serve();
    for n in 0..20 {
        let said = json!({"message": {"type": "status-update", "status": "ringing", "timestamp": n, "call": {"id": format!("v{n}")}}});
        assert_eq!(server.hear(&said).await, 200);
    }
    server.signal("KILL");
    assert!(!server.wait().0);
    let again = home.serve();
    for n in 0..20 {
        assert_eq!(
            again
                .get(&format!("/api/v1/sessions/v{n}"), Some(admin))
                .await,
            200,
            "v{n} is lost"
        );
    }
    drop(again);
    home.leave().await;
}
