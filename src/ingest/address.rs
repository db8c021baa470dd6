//! The four addresses that Vapi's server URL may be.

/// Where an event came in, which decides how it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// For call events with a shared secret.
    Webhooks,
    /// For the sessions of a mobile app.
    Sessions,
    /// For Vapi's own envelope, and results that are polled.
    Vapi,
    /// The same under its older name.
    VapiWebhooks,
}

impl Address {
    pub const ALL: [Self; 4] = [
        Self::Webhooks,
        Self::Sessions,
        Self::Vapi,
        Self::VapiWebhooks,
    ];

    pub fn path(self) -> &'static str {
        match self {
            Self::Webhooks => "/api/webhooks/vapi",
            Self::Sessions => "/api/v1/sessions/vapi/webhook",
            Self::Vapi => "/api/v1/vapi/webhook",
            Self::VapiWebhooks => "/api/v1/vapi/webhooks/vapi",
        }
    }

    /// The address that a path names.
    pub fn of_path(path: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|address| address.path() == path)
    }
}
