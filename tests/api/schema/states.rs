//! States: what the program can say, the schema can hold.

use entity::{
    api_keys::Role,
    calls::{CallStatus, Origin, Outcome},
    campaigns::CampaignState,
    lanes::LaneState,
    messages,
    placements::PlacementState,
    schedule_runs::RunState,
    tools::ToolScope,
};
use sea_orm::{ActiveEnum, Iterable};

use super::{Store, assert_let_through, legal_rows::insert};

#[tokio::test]
async fn each_state_of_a_call_can_be_stored() {
    let store = Store::open().await;
    for origin in values::<Origin>() {
        lets_in(&store, "calls", format!("origin = '{origin}'")).await;
    }
    for status in CallStatus::iter() {
        lets_in(&store, "calls", in_status(status)).await;
    }
    for outcome in values::<Outcome>() {
        let ended = format!("status = 'ENDED', ended_at = 5, outcome = '{outcome}'");
        lets_in(&store, "calls", ended).await;
    }
    store.close().await;
}

#[tokio::test]
async fn the_log_and_the_events_take_each_status() {
    let store = Store::open().await;
    for status in values::<CallStatus>() {
        lets_in(&store, "call_events", format!("status = '{status}'")).await;
        lets_in(&store, "events", format!("status = '{status}'")).await;
    }
    store.close().await;
}

#[tokio::test]
async fn each_role_each_state_of_a_lane_and_each_reach_of_a_tool_can_be_stored() {
    let store = Store::open().await;
    for role in values::<Role>() {
        lets_in(&store, "api_keys", format!("role = '{role}'")).await;
    }
    for state in LaneState::iter() {
        lets_in(&store, "lanes", in_state(state)).await;
    }
    for scope in values::<ToolScope>() {
        lets_in(
            &store,
            "tools",
            format!("scope = '{scope}', name = '{scope}'"),
        )
        .await;
    }
    store.close().await;
}

#[tokio::test]
async fn each_state_of_a_placement_can_be_stored() {
    let store = Store::open().await;
    for state in PlacementState::iter() {
        let asked = match state {
            PlacementState::Waiting => "",
            PlacementState::Asking => ", asked_at = 1, instance = {uuid}",
            PlacementState::Unconfirmed => ", asked_at = 1",
        };
        let row = format!("state = '{}'{asked}", state.to_value());
        lets_in(&store, "placements", row).await;
    }
    store.close().await;
}

#[tokio::test]
async fn each_state_of_a_campaign_can_be_stored() {
    let store = Store::open().await;
    for state in CampaignState::iter() {
        let ended = match state {
            CampaignState::Completed => ", completed_at = 5",
            _ => "",
        };
        let row = format!("state = '{}'{ended}", state.to_value());
        lets_in(&store, "campaigns", row).await;
    }
    store.close().await;
}

#[tokio::test]
async fn each_state_of_a_run_can_be_stored() {
    let store = Store::open().await;
    for state in RunState::iter() {
        let called = match state {
            RunState::Placed => ", call_id = {uuid}",
            RunState::Missed | RunState::Failed => "",
        };
        let row = format!("state = '{}'{called}", state.to_value());
        lets_in(&store, "schedule_runs", row).await;
    }
    store.close().await;
}

#[tokio::test]
async fn a_line_of_each_speaker_can_be_stored() {
    let store = Store::open().await;
    for role in values::<messages::Role>() {
        lets_in(&store, "messages", format!("role = '{role}'")).await;
    }
    store.close().await;
}

async fn lets_in(store: &Store, table: &str, changed: String) {
    let row = insert(table, &changed);
    assert_let_through(store.run(&[&row]).await, &row);
}

fn values<E: ActiveEnum<Value = String> + Iterable>() -> impl Iterator<Item = String> {
    E::iter().map(|state| state.to_value())
}

fn in_status(status: CallStatus) -> String {
    use CallStatus::{Canceled, Ended, Failed, Timeout};
    let is_terminal = matches!(status, Ended | Failed | Canceled | Timeout);
    let end = if is_terminal {
        ", outcome = 'failed', ended_at = 5"
    } else {
        ""
    };
    format!("status = '{}'{end}", status.to_value())
}

fn in_state(state: LaneState) -> String {
    let since = if state == LaneState::Deactivated {
        ", deactivated_at = 5"
    } else {
        ""
    };
    format!("state = '{}'{since}", state.to_value())
}
