//! How many sends there are at once.

/// All sends of this process.
const SLOTS: usize = 1_024;
/// Those of them that receivers may have that keep them for long.
const SLOW_SLOTS: usize = SLOTS / 4;

#[derive(Debug, Default)]
pub(super) struct Slots {
    taken: usize,
    slow: usize,
}

impl Slots {
    pub fn has_room(&self) -> bool {
        self.taken < SLOTS
    }

    pub fn has_slow_room(&self) -> bool {
        self.slow < SLOW_SLOTS
    }

    pub fn take(&mut self, is_slow: bool) {
        self.taken += 1;
        self.slow += usize::from(is_slow);
    }

    pub fn give_back(&mut self, is_slow: bool) {
        self.taken -= 1;
        self.slow -= usize::from(is_slow);
    }

    pub fn taken(&self) -> usize {
        self.taken
    }
}
