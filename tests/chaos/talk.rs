//! Who tells: each event again and again until it is answered 200, as Vapi would, and then the next
//! one of the same call. What was answered is the model that everything is compared with.

use std::{collections::BTreeMap, sync::Arc};

use tokio::sync::watch;

use super::in_time;
use crate::{
    delivery::{STORY, event},
    support::Speaker,
};

/// How many events of each call were answered 200, the first ones of its story.
pub type Answered = BTreeMap<String, usize>;

/// Who can be spoken to at the moment, and the how-manieth that is.
#[derive(Clone, Default)]
pub struct Door {
    pub number: u64,
    pub open: Option<Arc<Speaker>>,
    /// No more calls are begun, and what is half told stays so.
    pub is_closing: bool,
}

pub struct Talk {
    pub door: watch::Sender<Door>,
    pub answered: watch::Sender<Answered>,
    /// How many were told to try again, which they do when a door opens.
    pub refused: watch::Sender<usize>,
}

impl Talk {
    pub fn new() -> Self {
        Self {
            door: watch::Sender::default(),
            answered: watch::Sender::default(),
            refused: watch::Sender::default(),
        }
    }

    pub fn open(&self, speaker: Speaker) {
        self.door.send_modify(|door| {
            door.number += 1;
            door.open = Some(Arc::new(speaker));
        });
    }

    pub fn close(&self) {
        self.door.send_modify(|door| door.is_closing = true);
    }

    /// How many were answered in all.
    pub fn count(&self) -> usize {
        self.answered.borrow().values().sum()
    }

    /// Waits until so many were. However slow the machine is, something is answered in time.
    pub async fn reaches(&self, count: usize) {
        let mut answered = self.answered.subscribe();
        loop {
            let so_far: usize = answered.borrow_and_update().values().sum();
            if so_far >= count {
                return;
            }
            in_time(answered.changed()).await.unwrap();
        }
    }

    /// Waits until nobody is left who was not refused.
    pub async fn refuses(&self, talkers: usize) {
        let mut refused = self.refused.subscribe();
        let enough = refused.wait_for(|refused| *refused >= talkers);
        drop(in_time(enough).await.unwrap());
    }

    /// Tells one call after another, until it is time to close.
    pub async fn tell(&self, talker: usize) {
        for number in 0.. {
            let call = format!("chaos-{talker}-{number}");
            for step in 0..STORY.len() {
                if self.door.borrow().is_closing {
                    return;
                }
                self.insist(&call, step).await;
                self.answered.send_modify(|calls| {
                    *calls.entry(call.clone()).or_default() += 1;
                });
            }
        }
    }

    async fn insist(&self, call: &str, step: usize) {
        let mut tried = 0;
        loop {
            let (number, speaker) = door(&self.door, tried).await;
            tried = number;
            match speaker.say(&event(call, step)).await {
                Ok(200) => return,
                Ok(status) => {
                    assert!(status >= 500, "{status}: {call}, {step}");
                    self.refused.send_modify(|refused| *refused += 1);
                }
                Err(_) => {}
            }
        }
    }
}

/// The next one who can be spoken to.
pub async fn door(door: &watch::Sender<Door>, tried: u64) -> (u64, Arc<Speaker>) {
    let mut door = door.subscribe();
    let open = door.wait_for(|door| door.number > tried).await.unwrap();
    (open.number, open.open.clone().unwrap())
}
