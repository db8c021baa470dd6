//! How we reach Vapi, to place calls and to ask about them.

use url::Url;

use super::{ConfigError, Environment, Secret, value};

#[derive(Clone, Debug)]
pub struct VapiConfig {
    /// `VAPI_API_KEY`: without it no call is placed.
    pub api_key: Option<Secret>,
    /// `VAPI_PHONE_NUMBER_ID`: the number that calls are placed from.
    pub phone_number_id: Option<String>,
    /// `VAPI_ASSISTANT_ID`: who answers where nothing else says so.
    pub assistant_id: Option<String>,
    /// `VAPI_BASE_URL`: Vapi's own address unless given.
    pub base_url: Option<Url>,
    /// `VAPI_WEBHOOK_URL`: our public address, as assistants are told it.
    pub webhook_url: Option<Url>,
}

impl VapiConfig {
    pub(super) fn read(env: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            api_key: env.secret("VAPI_API_KEY")?,
            phone_number_id: env.read("VAPI_PHONE_NUMBER_ID", value::WORD)?,
            assistant_id: env.read("VAPI_ASSISTANT_ID", value::WORD)?,
            base_url: env.read("VAPI_BASE_URL", value::SECURE_URL)?,
            webhook_url: env.read("VAPI_WEBHOOK_URL", value::HTTP_URL)?,
        })
    }

    /// Somebody plays Vapi on this machine, and reaches us here.
    pub fn is_played(&self) -> bool {
        let url = self.base_url.as_ref();
        url.is_some_and(value::is_on_this_machine)
    }
}
