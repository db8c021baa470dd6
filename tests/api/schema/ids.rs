//! Ids: a prefix and a UUID outside, a UUID inside.

use entity::{CallId, CampaignId, DeliveryId, EventId, KeyId, ScheduleId, SubscriptionId, ToolId};
use uuid::Uuid;

#[test]
fn an_id_is_its_prefix_and_a_uuid_in_every_form_that_it_is_shown() {
    let uuid = Uuid::now_v7();
    let id = CallId::from_uuid(uuid);
    assert_eq!(id.to_string(), format!("call_{uuid}"));
    assert_eq!(format!("{id:?}"), id.to_string());
    assert_eq!(serde_json::json!(id), id.to_string());
    assert_eq!(id.uuid(), uuid);
}

#[test]
fn each_noun_has_a_prefix_of_its_own() {
    let prefixes = [
        CallId::PREFIX,
        CampaignId::PREFIX,
        DeliveryId::PREFIX,
        EventId::PREFIX,
        KeyId::PREFIX,
        ScheduleId::PREFIX,
        SubscriptionId::PREFIX,
        ToolId::PREFIX,
    ];
    assert_eq!(
        prefixes,
        [
            "call_", "cmp_", "dlv_", "evt_", "key_", "sch_", "sub_", "tool_"
        ]
    );
}

#[test]
fn an_id_is_read_back_however_its_uuid_is_spelt() {
    let uuid = Uuid::now_v7();
    let spellings = [
        uuid.to_string(),
        uuid.to_string().to_uppercase(),
        uuid.simple().to_string(),
    ];
    for spelling in spellings {
        let read = format!("call_{spelling}").parse();
        assert_eq!(read, Ok(CallId::from_uuid(uuid)), "{spelling}");
    }
}

#[test]
fn what_is_not_an_id_of_its_kind_is_refused_with_what_was_expected() {
    let uuid = Uuid::now_v7();
    let others = [
        String::new(),
        "call_".to_owned(),
        "call_abc123".to_owned(),
        uuid.to_string(),
        format!("key_{uuid}"),
        format!("CALL_{uuid}"),
        format!(" call_{uuid}"),
    ];
    for text in others {
        let refusal = text.parse::<CallId>().unwrap_err();
        assert_eq!(refusal.to_string(), "expected `call_` and a UUID", "{text}");
    }
}

/// By which the attempts at the one are told apart from those at the other.
#[test]
fn a_first_delivery_is_as_old_as_its_event_and_a_replay_is_not() {
    let (event, other) = (EventId::from_uuid(Uuid::now_v7()), Uuid::max());
    let as_old = DeliveryId::as_old_as(event);
    for subscription in [Uuid::nil(), Uuid::now_v7(), other] {
        let first = DeliveryId::of(SubscriptionId::from_uuid(subscription), event);
        assert!(as_old.contains(&first), "{first}");
    }
    assert!(!as_old.contains(&DeliveryId::of_replay(event)));
    assert!(!as_old.contains(&DeliveryId::of_replay(EventId::from_uuid(other))));
    assert!(!as_old.contains(&DeliveryId::from_uuid(other)));
}
