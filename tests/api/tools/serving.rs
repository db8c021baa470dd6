//! Whose tool serves whose call.

use entity::{
    CallId,
    calls::{self, CallStatus, Origin},
    tools,
};
use ringback::tools::Asked;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use serde_json::json;
use uuid::Uuid;

use super::{CALL, asked, call, outcome, register};
use crate::support::{ADMIN_KEY, Receiver, TestApp};

async fn a_call_of(app: &TestApp, owner: Option<&str>) {
    let now = app.clock.millis();
    let row = calls::ActiveModel {
        id: Set(CallId::from_uuid(Uuid::now_v7())),
        vapi_call_id: Set(Some(CALL.to_owned())),
        owner: Set(owner.map(str::to_owned)),
        origin: Set(Origin::Announced),
        status: Set(CallStatus::InProgress),
        sequence: Set(0),
        result_version: Set(0),
        created_at: Set(now),
        updated_at: Set(now),
        ..Default::default()
    };
    let inserted = app.app.db.write(async move |tx| {
        row.insert(&*tx).await?;
        Ok(())
    });
    inserted.await.unwrap();
}

/// A receiver that says its name, however often it is asked.
async fn receiver(name: &str) -> Receiver {
    let receiver = Receiver::start().await;
    receiver.replies((0..9).map(|_| json!(name)));
    receiver
}

/// Who answers this caller's question, each time a new one.
async fn who_serves(app: &TestApp, owner: Option<&str>) -> String {
    let calls = [call(&Uuid::now_v7().to_string(), "t")];
    let question = Asked {
        owner,
        ..asked(&calls)
    };
    outcome(app, &question).await.unwrap_or_else(|error| error)
}

#[tokio::test]
async fn an_owners_tool_serves_its_calls_and_an_admins_every_call() {
    let app = TestApp::spawn().await;
    let (alice, admin) = (app.user("alice").await, receiver("admin").await);
    let (hers, unknown) = (receiver("alice").await, "Unknown function: t");
    register(&app, &alice, "t", &hers).await;
    assert_eq!(who_serves(&app, None).await, unknown);
    assert_eq!(who_serves(&app, Some("mallory")).await, unknown);
    assert_eq!(who_serves(&app, Some("alice")).await, "alice");
    register(&app, ADMIN_KEY, "t", &admin).await;
    assert_eq!(who_serves(&app, None).await, "admin");
    assert_eq!(who_serves(&app, Some("mallory")).await, "admin");
    assert_eq!(who_serves(&app, Some("alice")).await, "alice");
    app.finish().await;
}

#[tokio::test]
async fn the_owner_that_the_database_knows_comes_before_the_messages_word() {
    let app = TestApp::spawn().await;
    let (alice, mallory) = (app.user("alice").await, app.user("mallory").await);
    let (hers, other) = (receiver("alice").await, receiver("mallory").await);
    register(&app, &alice, "t", &hers).await;
    register(&app, &mallory, "t", &other).await;
    a_call_of(&app, Some("alice")).await;
    for said in [None, Some("alice"), Some("mallory")] {
        assert_eq!(who_serves(&app, said).await, "alice", "{said:?}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_call_of_nobody_yet_is_whose_the_message_says() {
    let app = TestApp::spawn().await;
    let (alice, hers) = (app.user("alice").await, receiver("alice").await);
    register(&app, &alice, "t", &hers).await;
    a_call_of(&app, None).await;
    assert_eq!(who_serves(&app, None).await, "Unknown function: t");
    assert_eq!(who_serves(&app, Some("alice")).await, "alice");
    app.finish().await;
}

/// What another process has changed, nobody tells this one.
#[tokio::test]
async fn what_is_in_the_database_is_known_at_the_next_use() {
    let app = TestApp::spawn().await;
    let tool = receiver("admin").await;
    register(&app, ADMIN_KEY, "t", &tool).await;
    let row = tools::Entity::find()
        .one(app.app.db.read())
        .await
        .unwrap()
        .unwrap();
    let deleted = app.app.db.write(async move |tx| {
        tools::Entity::delete_by_id(row.id).exec(&*tx).await?;
        Ok(row)
    });
    let row = deleted.await.unwrap();
    assert_eq!(who_serves(&app, None).await, "Unknown function: t");
    let inserted = app.app.db.write(async move |tx| {
        tools::Entity::insert(tools::ActiveModel::from(row))
            .exec_without_returning(&*tx)
            .await?;
        Ok(())
    });
    inserted.await.unwrap();
    assert_eq!(who_serves(&app, None).await, "admin");
    app.finish().await;
}

#[tokio::test]
async fn a_name_that_no_tool_can_have_is_unknown() {
    let app = TestApp::spawn().await;
    for name in ["", "a b", "nul\0", &"n".repeat(65)] {
        let answer = outcome(&app, &asked(&[call("1", name)])).await;
        assert_eq!(answer, Err(format!("Unknown function: {name}")));
    }
    app.finish().await;
}
