//! What goes wrong on our side happens to one schedule, and never half.

use std::time::Duration;

use sea_orm::ConnectionTrait;

use super::{House, MINUTE, at};

impl House {
    /// As somebody does who has the database in hand.
    pub(super) async fn sql(&self, sql: &str) {
        let bytes = match self.app.app.db.is_postgres() {
            true => "BYTEA",
            false => "BLOB",
        };
        let sql = sql.replace("{bytes}", bytes);
        let write = self.app.app.db.write(move |tx| async move {
            tx.execute_unprepared(&sql).await?;
            Ok(())
        });
        write.await.unwrap();
    }
}

#[tokio::test]
async fn where_the_call_cannot_be_written_there_is_no_run_and_it_is_placed_later() {
    let house = House::open().await;
    house.schedules(&at("* * * * *")).await;
    house
        .sql("ALTER TABLE placements RENAME TO taken_away")
        .await;
    house.app.advance(MINUTE);
    house.app.schedules.place_due().await.unwrap_err();
    assert!(house.runs().await.is_empty());
    assert!(house.dials().await.is_empty());
    house
        .sql("ALTER TABLE taken_away RENAME TO placements")
        .await;
    house.later(Duration::from_secs(1)).await;
    house.assert_rang(1).await;
    assert_eq!(house.runs().await, ["01-05T09:01:00 Placed"]);
    house.finish().await;
}

#[tokio::test]
async fn a_schedule_whose_call_cannot_be_read_keeps_no_other_from_running() {
    let house = House::open().await;
    let path = house.schedules(&at("* * * * *")).await;
    house
        .sql("UPDATE schedules SET call_template = CAST('spoilt' AS {bytes})")
        .await;
    house.schedules(&at("* * * * *")).await;
    house.later(MINUTE).await;
    house.assert_rang(1).await;
    assert_eq!(house.runs().await.len(), 2);
    assert!(
        house
            .runs()
            .await
            .contains(&"01-05T09:01:00 Failed".to_owned())
    );
    assert_eq!(house.app.get(&path).by(&house.alice).await.status, 500);
    house.finish().await;
}

#[tokio::test]
async fn a_schedule_whose_time_zone_is_no_more_is_paused_and_says_why() {
    let house = House::open().await;
    let path = house.schedules(&at("* * * * *")).await;
    house
        .sql("UPDATE schedules SET timezone = 'Europe/Atlantis'")
        .await;
    house.later(MINUTE).await;
    house.assert_rang(0).await;
    assert_eq!(house.read(&path).await["schedule"]["is_active"], false);
    let runs = house.read(&format!("{path}/runs")).await;
    assert!(
        runs["runs"][0]["reason"]
            .as_str()
            .unwrap()
            .contains("Europe/Atlantis"),
        "{runs}"
    );
    house.finish().await;
}
