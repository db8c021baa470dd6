//! How much at once, and how fast.

use super::*;
use crate::support::Reply;

#[tokio::test]
async fn no_more_are_under_way_than_the_subscription_takes() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let narrow = Wanted {
        max_in_flight: 2,
        ..PLAIN
    };
    narrow.at(&app, &receiver).await;
    let (let_go, held): (Vec<_>, Vec<_>) = (0..2).map(|_| Reply::from(200).held()).unzip();
    receiver.replies(held);
    let told = app.tell_apart(5).await;
    receiver.heard(2).await;
    // Another receiver is not held up, and by its answer we know that the turn is over.
    let other = Receiver::start().await;
    PLAIN.at_once(&app, &other).await;
    app.tell_apart(1).await;
    other.heard(1).await;
    assert_eq!(receiver.requests().len(), 2);
    for let_go in let_go {
        let_go.send(()).unwrap();
    }
    app.deliveries.idle().await;
    let mut heard = heard(&receiver);
    heard.truncate(5);
    heard.sort_unstable();
    let mut told = texts(&told);
    told.sort_unstable();
    assert_eq!(heard, told);
    app.finish().await;
}

#[tokio::test]
async fn a_rate_is_one_seconds_worth_at_once_and_then_as_time_allows() {
    let (app, receiver) = (TestApp::spawn().await, Receiver::start().await);
    let rated = Wanted {
        rate_per_second: Some(3),
        ..PLAIN
    };
    rated.at(&app, &receiver).await;
    app.tell_apart(8).await;
    app.deliveries.idle().await;
    assert_eq!(receiver.requests().len(), 3);
    app.after(SECOND / 2).await;
    assert_eq!(receiver.requests().len(), 4);
    app.after(SECOND).await;
    assert_eq!(receiver.requests().len(), 7);
    app.after(SECOND).await;
    assert_eq!(receiver.requests().len(), 8);
    app.finish().await;
}
