//! Three servers on one database place each run once. SQLite has one server, which does the same.

use std::time::Duration;

use ringback::run::Running;

use super::{HOUR, House, MINUTE, at, settings};

impl House {
    async fn replicas(&self, wanted: usize) -> Vec<Running> {
        let mut replicas = Vec::new();
        if self.app.app.db.is_postgres() {
            for _ in 0..wanted {
                replicas.push(self.app.replica(&settings(&self.vapi_url)).await);
            }
        }
        replicas
    }

    /// Lets time pass; then all do at once what is due.
    async fn later_with(&self, replicas: &[Running], by: Duration) {
        self.app.advance(by);
        let rounds = replicas.iter().map(|replica| replica.schedules.place_due());
        let (ours, theirs) = tokio::join!(
            self.app.schedules.place_due(),
            futures_util::future::try_join_all(rounds)
        );
        ours.and(theirs.map(|_| ())).unwrap();
        for replica in replicas {
            replica.schedules.place_due().await.unwrap();
            replica.calls.place_due().await.unwrap();
        }
        self.app.schedules.place_due().await.unwrap();
        self.app.calls.place_due().await.unwrap();
    }
}

#[tokio::test]
async fn each_run_of_each_minute_is_placed_once() {
    let house = House::open().await;
    let replicas = house.replicas(2).await;
    house.schedules(&at("* * * * *")).await;
    for _ in 0..90 {
        house.later_with(&replicas, MINUTE).await;
    }
    house.assert_rang(90).await;
    assert_eq!(house.runs().await.len(), 90);
    close(house, replicas).await;
}

#[tokio::test]
async fn each_run_of_a_week_is_placed_once() {
    let house = House::open().await;
    let replicas = house.replicas(2).await;
    house.schedules(&at("0 */4 * * *")).await;
    house.schedules(&at("0 8,12 * * MON-FRI")).await;
    // From noon on Monday until eight on the next.
    house.later_with(&replicas, HOUR * 3).await;
    for _ in 1..7 * 6 {
        house.later_with(&replicas, HOUR * 4).await;
    }
    house.assert_rang(42 + 10).await;
    let runs = house.runs().await;
    assert!(runs.iter().all(|run| run.ends_with("Placed")), "{runs:?}");
    close(house, replicas).await;
}

async fn close(house: House, replicas: Vec<Running>) {
    for replica in replicas {
        replica.stop().await.unwrap();
    }
    house.finish().await;
}
