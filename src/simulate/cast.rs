//! Who speaks with whom, and the data that Vapi sends along with each of their messages.
//!
//! Names, numbers and trades are made up; the numbers are of the range that telephone companies
//! keep for films. What stands where Vapi has its credentials is marked, so that a search for
//! [`SECRET_MARK`] finds any of it that was kept where it must not be.

use serde_json::{Value, json};

use super::dice::Dice;
use crate::infra::clock::{Millis, rfc3339};

/// Every made-up secret holds it, and nothing else does.
pub const SECRET_MARK: &str = "simulated-secret";

/// What belongs to an organisation, and so to all calls of a seed, has the dice of this number.
const ORGANISATION: u64 = u64::MAX;
const AREA_CODES: [u32; 5] = [415, 510, 628, 707, 925];
const CLIENTS: [&str; 6] = [
    "Maria Jensen",
    "Tom Okafor",
    "Priya Raman",
    "Daniel Reyes",
    "Hannah Vogel",
    "Wei Zhang",
];
const PEOPLE: [&str; 6] = ["Dana", "Luis", "Grace", "Marcus", "Aisha", "Pete"];
const CITIES: [&str; 5] = ["Oakland", "San Rafael", "Berkeley", "Vallejo", "Concord"];
const DAYS: [&str; 4] = ["tomorrow", "on Thursday", "on Friday", "next Monday"];

const TRADES: [Trade; 4] = [
    Trade {
        service: "a plumber for a leaking water heater",
        companies: ["Ace Plumbing", "Bayside Pipe & Drain"],
        criterion: "Are you licensed for gas appliances",
        price: "120 dollars for the visit and 95 an hour",
    },
    Trade {
        service: "an electrician for a new charging station",
        companies: ["Bright Line Electric", "Volt & Sons"],
        criterion: "Would you take care of the permit",
        price: "a flat 850 dollars with the parts",
    },
    Trade {
        service: "a locksmith for a broken back door",
        companies: ["Golden Key Locksmiths", "Nightlatch"],
        criterion: "Do you work on weekends",
        price: "180 dollars, whatever the hour",
    },
    Trade {
        service: "a cleaner for a moving out",
        companies: ["Fresh Start Cleaning", "Tidy Bay"],
        criterion: "Do you bring your own equipment",
        price: "45 dollars an hour, four hours at least",
    },
];

#[derive(Clone, Copy)]
struct Trade {
    service: &'static str,
    companies: [&'static str; 2],
    criterion: &'static str,
    price: &'static str,
}

/// One call's people and things.
pub(super) struct Cast {
    pub call_id: String,
    pub created_at: Millis,
    pub customer_name: &'static str,
    pub customer_number: String,
    pub order: String,
    /// The call as it was when it was made, which is how every message shows it.
    call: Value,
    /// Whether the customer calls, or is called.
    is_inbound: bool,
    max_duration_seconds: u32,
    company: &'static str,
    client: &'static str,
    person: &'static str,
    city: &'static str,
    day: &'static str,
    trade: Trade,
    org_id: String,
    assistant_id: String,
    phone_number_id: String,
    our_number: String,
}

impl Cast {
    pub fn of(
        seed: u64,
        created_at: Millis,
        is_inbound: bool,
        max_duration_seconds: u32,
        dice: &mut Dice,
    ) -> Self {
        let trade = dice.one_of(&TRADES);
        let company = dice.one_of(&trade.companies);
        let client = dice.one_of(&CLIENTS);
        let mut ours = Dice::of(seed, ORGANISATION);
        let mut cast = Self {
            call_id: dice.uuid_at(created_at).to_string(),
            created_at,
            is_inbound,
            customer_name: if is_inbound { client } else { company },
            customer_number: number(dice),
            order: format!("A-{}", dice.between(10_000..=99_999)),
            max_duration_seconds,
            call: Value::Null,
            company,
            client,
            person: dice.one_of(&PEOPLE),
            city: dice.one_of(&CITIES),
            day: dice.one_of(&DAYS),
            trade,
            org_id: ours.uuid().to_string(),
            assistant_id: ours.uuid().to_string(),
            phone_number_id: ours.uuid().to_string(),
            our_number: number(&mut ours),
        };
        cast.call = cast.snapshot(dice);
        cast
    }

    /// A text of a story, with what is this call's own in its places.
    pub fn fill(&self, text: &str) -> String {
        let places = [
            ("{company}", self.company),
            ("{client}", self.client),
            ("{person}", self.person),
            ("{service}", self.trade.service),
            ("{city}", self.city),
            ("{day}", self.day),
            ("{criterion}", self.trade.criterion),
            ("{price}", self.trade.price),
            ("{order}", &self.order),
        ];
        places
            .iter()
            .fold(text.to_owned(), |text, (place, is)| text.replace(place, is))
    }

    /// The envelope of a message: its own fields, and what comes with each.
    pub fn envelope(&self, kind: &str, at: Millis, own: Value) -> Value {
        let mut message = json!({
            "type": kind,
            "timestamp": at,
            "call": self.call,
            "phoneNumber": {
                "id": self.phone_number_id,
                "orgId": self.org_id,
                "provider": "twilio",
                "number": self.our_number,
                "twilioAccountSid": self.secret("AC"),
                "twilioAuthToken": self.secret("token"),
            },
            "customer": {"number": self.customer_number, "name": self.customer_name},
            "assistant": self.assistant(),
        });
        if let (Value::Object(message), Value::Object(own)) = (&mut message, own) {
            message.extend(own);
        }
        json!({"message": message})
    }

    /// A tool as its owner has configured it.
    pub fn tool(&self, name: &str) -> Value {
        json!({
            "type": "function",
            "async": false,
            "messages": [],
            "function": {
                "name": name,
                "description": "Made up.",
                "parameters": {"type": "object", "properties": {}},
            },
            "server": {
                "url": "https://tools.example.com/vapi",
                "secret": self.secret("tool"),
                "headers": {"Authorization": format!("Bearer {}", self.secret("header"))},
                "timeoutSeconds": 10,
            },
        })
    }

    fn secret(&self, what: &str) -> String {
        format!("{SECRET_MARK}-{what}-{}", self.order)
    }

    fn assistant(&self) -> Value {
        json!({
            "id": self.assistant_id,
            "orgId": self.org_id,
            "name": if self.is_inbound { "front-desk" } else { "provider-screener" },
            "model": {"provider": "openai", "model": "gpt-4.1", "temperature": 0.4},
            "voice": {"provider": "vapi", "voiceId": "Elliot"},
            "transcriber": {"provider": "deepgram", "model": "nova-3", "language": "en"},
            "maxDurationSeconds": self.max_duration_seconds,
            "server": {
                "url": "https://ringback.example.com/api/v1/vapi/webhook",
                "secret": self.secret("server"),
            },
        })
    }

    fn snapshot(&self, dice: &mut Dice) -> Value {
        let provider_id = format!("CA{}", dice.words(4));
        let kind = if self.is_inbound {
            "inboundPhoneCall"
        } else {
            "outboundPhoneCall"
        };
        let created_at = rfc3339(self.created_at);
        json!({
            "id": self.call_id,
            "orgId": self.org_id,
            "type": kind,
            "status": if self.is_inbound { "ringing" } else { "queued" },
            "createdAt": created_at,
            "updatedAt": created_at,
            "phoneCallProvider": "twilio",
            "phoneCallProviderId": provider_id,
            "phoneCallTransport": "pstn",
            "phoneNumberId": self.phone_number_id,
            "assistantId": self.assistant_id,
            "assistantOverrides": {
                "maxDurationSeconds": self.max_duration_seconds,
                "variableValues": {"providerName": self.company, "clientName": self.client},
                "metadata": {
                    "requestId": format!("req_{}", dice.words(2)),
                    "attempt": 1,
                },
            },
            "customer": {"number": self.customer_number, "name": self.customer_name},
            "monitor": {
                "listenUrl": format!("wss://phone.example.com/{}/listen", self.secret("listen")),
                "controlUrl": format!("https://phone.example.com/{}/control", self.secret("control")),
            },
            "transport": {
                "provider": "twilio",
                "callSid": provider_id,
                "accountSid": self.secret("AC"),
                "conversationType": "voice",
            },
        })
    }
}

fn number(dice: &mut Dice) -> String {
    format!("+1{}55501{:02}", dice.one_of(&AREA_CODES), dice.below(100))
}
