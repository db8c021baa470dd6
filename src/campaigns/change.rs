//! Starting, pausing, resuming and canceling a campaign, and looking at it.

use entity::{
    CampaignId,
    campaigns::{CampaignState, Model},
};

use super::{Campaigns, store};
use crate::{
    auth::Scope,
    error::{Code, Error, Result},
    infra::page::Page,
    tally::{Progress, end_if_done},
};

impl Campaigns {
    /// A page of the campaigns within the scope, newest first, and where the next one begins.
    pub async fn list(&self, scope: &Scope, page: &Page) -> Result<(Vec<Model>, Option<String>)> {
        store::list(self.0.app.db.read(), scope, page).await
    }

    pub async fn read(&self, scope: &Scope, id: CampaignId) -> Result<Model> {
        store::find(self.0.app.db.read(), scope, id).await
    }

    /// How far it has come by now.
    pub fn progress(&self, campaign: &Model) -> Progress {
        Progress::of(campaign, self.0.app.clock.millis())
    }

    pub async fn start(&self, scope: &Scope, id: CampaignId) -> Result<Model> {
        self.0.calls.assert_can_place()?;
        self.change(scope, id, Verb::Start).await
    }

    /// Places no more for now; what was placed goes on.
    pub async fn pause(&self, scope: &Scope, id: CampaignId) -> Result<Model> {
        self.change(scope, id, Verb::Pause).await
    }

    pub async fn resume(&self, scope: &Scope, id: CampaignId) -> Result<Model> {
        self.0.calls.assert_can_place()?;
        self.change(scope, id, Verb::Resume).await
    }

    /// Places no more at all, and calls off what waits. What was placed goes on.
    pub async fn cancel(&self, scope: &Scope, id: CampaignId) -> Result<Model> {
        self.change(scope, id, Verb::Cancel).await
    }

    async fn change(&self, scope: &Scope, id: CampaignId, verb: Verb) -> Result<Model> {
        let (desk, scope) = (self.0.clone(), scope.clone());
        let changed = self.0.app.db.write(move |tx| async move {
            let now = desk.app.clock.millis();
            let mut row = store::hold(&*tx, &scope, id).await?;
            row.state = verb.turns(row.state)?;
            row.started_at = row.started_at.or((verb == Verb::Start).then_some(now));
            row.updated_at = now;
            row = store::save(&*tx, row).await?;
            // All its calls may have been canceled or ended while it did not run.
            let told = end_if_done(&tx, &mut row, now).await?;
            let handoff = desk.deliveries.tell(&tx, Vec::from_iter(told)).await?;
            Ok((row, handoff))
        });
        let (row, handoff) = changed.await?;
        self.0.deliveries.take(handoff);
        self.have_changed();
        Ok(row)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Start,
    Pause,
    Resume,
    Cancel,
}

impl Verb {
    /// The state that follows; what cannot be is a conflict, in words.
    fn turns(self, state: CampaignState) -> Result<CampaignState> {
        use CampaignState::{Canceled, Completed, Draft, Paused, Running};
        let why = match (self, state) {
            (Self::Start, Draft) | (Self::Resume, Paused) => return Ok(Running),
            (Self::Pause, Running) => return Ok(Paused),
            (Self::Cancel, Draft | Running | Paused | Canceled) => return Ok(Canceled),
            (_, Completed) => "The campaign is completed.",
            (_, Canceled) => "The campaign is canceled.",
            (_, Running) => "The campaign is running already.",
            (Self::Start, Paused) => "The campaign is paused: resume it.",
            (Self::Pause, Paused) => "The campaign is paused already.",
            (_, _) => "The campaign was not started yet.",
        };
        Err(Error::new(Code::Conflict, why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use CampaignState::{Canceled, Completed, Draft, Paused, Running};
    use Verb::{Cancel, Pause, Resume, Start};

    #[test]
    fn each_verb_leads_where_the_diagram_says_and_nowhere_else() {
        let states = [Draft, Running, Paused, Completed, Canceled];
        let ways = [
            (Start, [Some(Running), None, None, None, None]),
            (Pause, [None, Some(Paused), None, None, None]),
            (Resume, [None, None, Some(Running), None, None]),
            (
                Cancel,
                [
                    Some(Canceled),
                    Some(Canceled),
                    Some(Canceled),
                    None,
                    Some(Canceled),
                ],
            ),
        ];
        for (verb, leads) in ways {
            for (state, lead) in states.into_iter().zip(leads) {
                assert_eq!(verb.turns(state).ok(), lead, "{verb:?} {state:?}");
            }
        }
    }

    #[test]
    fn what_cannot_be_is_told_in_words() {
        let why = |verb: Verb, state| verb.turns(state).unwrap_err().to_string();
        assert!(why(Start, Paused).contains("resume it"));
        assert!(why(Pause, Draft).contains("not started"));
        assert!(why(Cancel, Completed).contains("completed"));
    }
}
