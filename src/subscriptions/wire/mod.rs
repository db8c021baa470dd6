//! Subscriptions as they look in JSON.

mod answer;
mod request;
mod words;

pub use self::{
    answer::{
        DeletedSubscription, OneSubscription, RotatedSecret, SubscribedAnswer, Subscriptions,
    },
    request::{ChangeSubscription, RotateSecret, Subscribe},
};
