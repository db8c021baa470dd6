//! An event that the database will not take fails alone.

use futures_util::future::join_all;
use sea_orm::ConnectionTrait;

use super::*;

const POISON: &str = "poison";

#[tokio::test]
async fn one_bad_event_fails_alone_among_many() {
    let app = TestApp::spawn().await;
    refuse_poison(&app).await;
    let messages = (0..40).map(|n| {
        let kind = if n == 17 { POISON } else { "hang" };
        json!({"message": {"type": kind, "timestamp": n, "call": {"id": format!("v{n}")}}})
    });
    let messages: Vec<_> = messages.collect();
    let answers = join_all(
        messages
            .iter()
            .map(|body| app.say(VAPI, body).into_future()),
    )
    .await;
    for (n, answer) in answers.iter().enumerate() {
        match n {
            17 => answer.assert_refused(500, "INTERNAL"),
            _ => assert_eq!(answer.status, 200, "v{n}: {answer:?}"),
        }
    }
    assert!(
        app.find_call("v17").await.is_none(),
        "nothing of it is kept"
    );
    app.finish().await;
}

async fn refuse_poison(app: &TestApp) {
    let statements: &[&str] = match app.app.db.is_postgres() {
        true => &[
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$",
            "CREATE TRIGGER refuse BEFORE INSERT ON call_events FOR EACH ROW WHEN (NEW.type = 'poison') EXECUTE FUNCTION refuse()",
        ],
        false => &[
            "CREATE TRIGGER refuse BEFORE INSERT ON call_events WHEN NEW.type = 'poison' BEGIN SELECT RAISE(ABORT, 'refused'); END",
        ],
    };
    for statement in statements {
        let made = app.app.db.write(move |tx| async move {
            tx.execute_unprepared(statement).await?;
            Ok(())
        });
        made.await.unwrap();
    }
}
