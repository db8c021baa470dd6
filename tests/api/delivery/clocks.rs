//! A clock that jumps ahead: what is due by it is tried once, and nobody is taken for dead.

use super::*;

const WAITING: usize = 12;
const HOUR: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn a_jump_of_the_clock_is_no_storm_and_no_death() {
    for jump in [HOUR, 24 * HOUR] {
        let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
        let lane = PLAIN.at(&app, &receiver).await;
        let (owner, instance) = (app.lane(lane).await.owner, app.membership.id());
        receiver.replies([500; 2]);
        let told = app.tell_apart(WAITING).await;
        app.deliveries.idle().await;
        let before = receiver.requests().len();
        assert_eq!(before, told.len(), "each was tried");

        app.advance(jump);
        app.membership.beat_once(&app.app).await.unwrap();
        app.deliveries.idle().await;
        assert_eq!(
            receiver.requests().len(),
            WAITING + 2,
            "and what failed, once more"
        );
        assert_eq!(app.lane(lane).await.owner, owner);
        assert_eq!(app.membership.id(), instance);
        assert!(app.queued(lane).await.is_empty());
        app.finish().await;
    }
}
