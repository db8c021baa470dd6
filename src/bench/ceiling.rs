//! The null pipeline beside what is measured, and asked for its rate before every run. A machine that
//! others share may be half as fast a minute later; what is compared has to be neighbours in time.

use super::{
    bed::{Bed, Setting},
    lab::Lab,
    store::{Kind, Store},
};

/// None where the null pipeline is left out, or is itself what is measured.
pub struct Ceiling(Option<Bed>);

impl Ceiling {
    pub async fn beside(store: &Store, lab: &Lab, setting: &Setting) -> anyhow::Result<Self> {
        let null = lab.stores.iter().find(|it| it.kind() == Kind::Null);
        Ok(Self(match null.filter(|_| store.kind() != Kind::Null) {
            Some(null) => Some(Bed::set_up(lab, null, setting).await?),
            None => None,
        }))
    }

    /// Its rate as of now.
    pub async fn now(
        &mut self,
        rate: impl AsyncFnOnce(&mut Bed) -> anyhow::Result<f64>,
    ) -> anyhow::Result<Option<f64>> {
        match &mut self.0 {
            Some(bed) => rate(bed).await.map(Some),
            None => Ok(None),
        }
    }

    pub async fn tear_down(self) -> anyhow::Result<()> {
        match self.0 {
            Some(bed) => bed.tear_down().await,
            None => Ok(()),
        }
    }
}
