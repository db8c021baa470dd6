//! A row of each table with every column filled.

use entity::{
    CallId, CampaignId, DeliveryId, EventId, KeyId, MessageId, ScheduleId, Sealed, SubscriptionId,
    ToolId, api_keys, call_events, calls, campaigns, dashboard_sessions, delivery_attempts,
    delivery_queue, events, idempotency_keys, identities, inquiries, instances, lanes, messages,
    placements, schedule_runs, schedules, stats_minutes, subscriptions, tool_calls, tools,
};
use uuid::Uuid;

fn sealed() -> Sealed {
    Sealed(b"sealed".to_vec())
}

pub fn instance() -> instances::Model {
    instances::Model {
        id: Uuid::now_v7(),
        name: "host".to_owned(),
        version: "1.0.0".to_owned(),
        started_at: 1,
        expires_at: i64::MAX,
    }
}

pub fn api_key() -> api_keys::Model {
    api_keys::Model {
        id: KeyId::from_uuid(Uuid::now_v7()),
        name: "laptop".to_owned(),
        owner: "alice".to_owned(),
        role: api_keys::Role::Admin,
        digest: vec![1; 32],
        hint: "abcd".to_owned(),
        created_at: 1,
        revoked_at: Some(2),
    }
}

pub fn idempotency_key() -> idempotency_keys::Model {
    idempotency_keys::Model {
        id: vec![2; 32],
        request_digest: vec![3; 32],
        status: 201,
        answer: sealed(),
        created_at: 1,
    }
}

pub fn dashboard_session() -> dashboard_sessions::Model {
    dashboard_sessions::Model {
        id: vec![4; 32],
        credential: sealed(),
        created_at: 1,
        expires_at: 2,
    }
}

pub fn call() -> calls::Model {
    let id = Uuid::now_v7();
    calls::Model {
        id: CallId::from_uuid(id),
        vapi_call_id: Some(format!("vapi-{id}")),
        request_id: Some(format!("request-{id}")),
        owner: Some("alice".to_owned()),
        origin: calls::Origin::Placed,
        kind: Some("outboundPhoneCall".to_owned()),
        status: calls::CallStatus::Failed,
        outcome: Some(calls::Outcome::NoContact),
        ended_reason: Some("customer-did-not-answer".to_owned()),
        retryable: Some(true),
        sequence: 3,
        phone: Some(sealed()),
        phone_index: Some(vec![4; 32]),
        details: Some(sealed()),
        result: Some(sealed()),
        result_version: 2,
        result_dismissed_at: Some(5),
        campaign_id: Some(CampaignId::from_uuid(Uuid::now_v7())),
        recorder: Some(Uuid::now_v7()),
        scheduled_at: Some(1),
        started_at: Some(2),
        ended_at: Some(3),
        announce_due_at: Some(4),
        announced_at: None,
        last_event_at: Some(3),
        created_at: 1,
        updated_at: 4,
    }
}

pub fn identity() -> identities::Model {
    identities::Model {
        digest: vec![5; 32],
        call_id: Some(CallId::from_uuid(Uuid::now_v7())),
        event_id: Some(EventId::from_uuid(Uuid::now_v7())),
        answer: Some(sealed()),
        created_at: 1,
    }
}

/// The `n`th of the log. No two have a column in common, but for `applied`, which changes to and fro.
pub fn call_event(n: i64) -> call_events::Model {
    call_events::Model {
        position: n,
        id: EventId::from_uuid(Uuid::now_v7()),
        call_id: Some(CallId::from_uuid(Uuid::now_v7())),
        r#type: format!("type-{n}"),
        status: (n % 2 == 1).then_some(calls::CallStatus::Ringing),
        applied: n % 2 == 1,
        source: format!("/address/{n}"),
        payload: sealed(),
        occurred_at: Some(n),
        created_at: n,
    }
}

pub fn event(n: i64) -> events::Model {
    events::Model {
        position: n,
        id: EventId::from_uuid(Uuid::now_v7()),
        kind: "call.failed".to_owned(),
        owner: Some("alice".to_owned()),
        call_id: Some(CallId::from_uuid(Uuid::now_v7())),
        status: Some(calls::CallStatus::Failed),
        sequence: Some(3),
        payload: sealed(),
        created_at: 1,
    }
}

pub fn lane() -> lanes::Model {
    lanes::Model {
        subscription_id: SubscriptionId::from_uuid(Uuid::now_v7()),
        owner: Some(Uuid::now_v7()),
        owned_at: Some(1),
        state: lanes::LaneState::Deactivated,
        consecutive_failures: 15,
        probes: 10,
        next_probe_at: Some(2),
        next_probe_id: Some(DeliveryId::from_uuid(Uuid::now_v7())),
        delivered_total: i64::MAX,
        failed_total: 3,
        last_success_at: Some(4),
        last_failure_at: Some(5),
        last_error: Some("the receiver answered 500".to_owned()),
        deactivated_at: Some(6),
        deactivated_reason: Some("15 failures one after another".to_owned()),
        drop_before: Some(7),
        rewound: 8,
    }
}

pub fn message() -> messages::Model {
    messages::Model {
        position: 1,
        id: MessageId::from_uuid(Uuid::now_v7()),
        call_id: CallId::from_uuid(Uuid::now_v7()),
        role: messages::Role::Assistant,
        text: sealed(),
        reported: true,
        spoken_at: Some(1),
        ordered_at: 2,
        created_at: 3,
    }
}

pub fn queued_delivery() -> delivery_queue::Model {
    delivery_queue::Model {
        id: DeliveryId::from_uuid(Uuid::now_v7()),
        subscription_id: SubscriptionId::from_uuid(Uuid::now_v7()),
        event_id: EventId::from_uuid(Uuid::now_v7()),
        call_id: Some(CallId::from_uuid(Uuid::now_v7())),
        position: 1,
        attempt: 2,
        due_at: 3,
        replay: true,
        created_at: 1,
        steps: 1,
        asked_to_wait: true,
    }
}

/// The `n`th of the history, as different from the others as a [`call_event`].
pub fn delivery_attempt(n: i64) -> delivery_attempts::Model {
    let small = i16::try_from(n).unwrap();
    delivery_attempts::Model {
        id: n,
        delivery_id: DeliveryId::from_uuid(Uuid::now_v7()),
        subscription_id: SubscriptionId::from_uuid(Uuid::now_v7()),
        event_id: EventId::from_uuid(Uuid::now_v7()),
        call_id: Some(CallId::from_uuid(Uuid::now_v7())),
        kind: format!("kind-{n}"),
        attempt: Some(small),
        outcome: format!("outcome-{n}"),
        status_code: Some(500 + small),
        duration_ms: Some(small.into()),
        dns_us: Some(small.into()),
        connect_us: Some(small.into()),
        tls_us: Some(small.into()),
        first_byte_us: Some(small.into()),
        error: Some(format!("error-{n}")),
        response: Some(sealed()),
        r#final: n % 2 == 1,
        created_at: n,
    }
}

pub fn campaign() -> campaigns::Model {
    campaigns::Model {
        id: CampaignId::from_uuid(Uuid::now_v7()),
        owner: "alice".to_owned(),
        name: "Plumbers".to_owned(),
        max_concurrency: 10,
        state: campaigns::CampaignState::Completed,
        total: 10,
        queued: 4,
        active: 3,
        completed: 2,
        failed: 1,
        canceled: 1,
        took_millis: 5_000,
        timed: 2,
        pace: Some(5),
        pace_until: Some(6),
        started_at: Some(7),
        completed_at: Some(8),
        progress_told_at: Some(9),
        created_at: 1,
        updated_at: 2,
    }
}

pub fn schedule() -> schedules::Model {
    schedules::Model {
        id: ScheduleId::from_uuid(Uuid::now_v7()),
        owner: "alice".to_owned(),
        cron: "30 9 * * 1-5".to_owned(),
        timezone: "Europe/Berlin".to_owned(),
        starts_at: Some(1),
        ends_at: Some(9),
        max_runs: Some(10),
        runs: 2,
        grace_seconds: 60,
        is_active: true,
        call_template: sealed(),
        next_run_at: Some(3),
        created_at: 1,
        updated_at: 2,
    }
}

pub fn schedule_run() -> schedule_runs::Model {
    schedule_runs::Model {
        id: Uuid::now_v7(),
        schedule_id: ScheduleId::from_uuid(Uuid::now_v7()),
        due_at: 1,
        state: schedule_runs::RunState::Missed,
        call_id: None,
        reason: Some("nobody was there".to_owned()),
        created_at: 2,
    }
}

pub fn stats_minute() -> stats_minutes::Model {
    stats_minutes::Model {
        minute: 60_000,
        subscription_id: SubscriptionId::from_uuid(Uuid::now_v7()),
        delivered: 1,
        failed: 2,
        within_5ms: 3,
        within_20ms: 4,
        within_100ms: 5,
        within_500ms: 6,
        within_2s: 7,
        within_10s: 8,
        within_60s: 9,
        slower: 10,
    }
}

pub fn subscription() -> subscriptions::Model {
    subscriptions::Model {
        id: SubscriptionId::from_uuid(Uuid::now_v7()),
        owner: "alice".to_owned(),
        scope: subscriptions::SubscriptionScope::All,
        url: "https://example.com/hook".to_owned(),
        description: Some("the page".to_owned()),
        events: r#"["call.completed"]"#.to_owned(),
        filter: Some(r#"{"outcome":["failed"]}"#.to_owned()),
        headers: Some(sealed()),
        ordering: subscriptions::Ordering::Strict,
        max_in_flight: 100,
        rate_per_second: Some(10),
        secret: sealed(),
        previous_secret: Some(sealed()),
        previous_until: Some(2),
        epoch: 3,
        created_at: 1,
        updated_at: 2,
        deleted_at: Some(4),
    }
}

pub fn inquiry() -> inquiries::Model {
    inquiries::Model {
        call_id: CallId::from_uuid(Uuid::now_v7()),
        answers: 2,
        due_at: 3,
    }
}

pub fn placement() -> placements::Model {
    placements::Model {
        call_id: CallId::from_uuid(Uuid::now_v7()),
        state: placements::PlacementState::Asking,
        new_call: sealed(),
        due_at: 2,
        latest_at: Some(9),
        asked_at: Some(1),
        instance: Some(Uuid::now_v7()),
        looks: 1,
        cancel_requested: true,
        created_at: 1,
        queue: Some(Uuid::now_v7()),
    }
}

pub fn tool() -> tools::Model {
    tools::Model {
        id: ToolId::from_uuid(Uuid::now_v7()),
        name: "lookup_order".to_owned(),
        owner: "alice".to_owned(),
        scope: tools::ToolScope::All,
        url: "https://example.com/tools".to_owned(),
        timeout_ms: 5_000,
        parameters: "{}".to_owned(),
        secret: sealed(),
        created_at: 1,
    }
}

pub fn tool_call() -> tool_calls::Model {
    tool_calls::Model {
        digest: vec![6; 32],
        instance: Uuid::now_v7(),
        answer: Some(sealed()),
        created_at: 1,
        finished_at: Some(2),
    }
}
