//! Whose turn it is, where there are fewer slots than rows: owners take turns,
//! and each owner's lanes take turns.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
};

use entity::SubscriptionId;

type Owner = Arc<str>;

#[derive(Debug, Default)]
pub(super) struct Turns {
    owners: VecDeque<Owner>,
    lanes: HashMap<Owner, VecDeque<SubscriptionId>>,
    queued: HashSet<SubscriptionId>,
    /// They wait for a slot for slow receivers.
    parked: Vec<(Owner, SubscriptionId)>,
}

impl Turns {
    /// Asks for a turn; one that has asked before keeps its place.
    pub fn ask(&mut self, owner: &Owner, lane: SubscriptionId) {
        if !self.queued.insert(lane) {
            return;
        }
        let lanes = self.lanes.entry(owner.clone()).or_insert_with(|| {
            self.owners.push_back(owner.clone());
            VecDeque::new()
        });
        lanes.push_back(lane);
    }

    pub fn next(&mut self) -> Option<SubscriptionId> {
        let owner = self.owners.pop_front()?;
        let lanes = self.lanes.get_mut(&owner)?;
        let lane = lanes.pop_front()?;
        if lanes.is_empty() {
            self.lanes.remove(&owner);
        } else {
            self.owners.push_back(owner);
        }
        self.queued.remove(&lane);
        Some(lane)
    }

    pub fn park(&mut self, owner: &Owner, lane: SubscriptionId) {
        if self.queued.insert(lane) {
            self.parked.push((owner.clone(), lane));
        }
    }

    pub fn unpark(&mut self) {
        for (owner, lane) in std::mem::take(&mut self.parked) {
            self.queued.remove(&lane);
            self.ask(&owner, lane);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.queued.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn lane(number: u128) -> SubscriptionId {
        SubscriptionId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn an_owner_of_many_lanes_gets_no_more_turns_than_an_owner_of_one() {
        let (many, one): (Owner, Owner) = ("many".into(), "one".into());
        let mut turns = Turns::default();
        (0..3).for_each(|number| turns.ask(&many, lane(number)));
        turns.ask(&one, lane(9));
        turns.ask(&many, lane(0));
        let mut order = Vec::new();
        while let Some(next) = turns.next() {
            order.push(next);
            if next == lane(9) && order.len() < 4 {
                turns.ask(&one, next);
            }
        }
        assert_eq!(order, [0, 9, 1, 9, 2].map(lane));
        assert!(turns.is_empty());
    }

    #[test]
    fn a_parked_lane_comes_back_when_it_is_let_in() {
        let owner: Owner = "owner".into();
        let mut turns = Turns::default();
        turns.park(&owner, lane(1));
        turns.ask(&owner, lane(1));
        assert_eq!(turns.next(), None);
        turns.unpark();
        assert_eq!(turns.next(), Some(lane(1)));
    }
}
