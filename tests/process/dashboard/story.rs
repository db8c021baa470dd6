//! What a person does on a first evening, step by step.

use serde_json::{Value, json};

use super::{KEY, browser::Browser};
use crate::support::{Receiver, Server};

/// The call that all of it is about.
pub const CALL: &str = "call-of-the-story";

pub struct Story<'a> {
    pub browser: &'a Browser,
    pub server: &'a Server,
    pub receiver: &'a Receiver,
}

impl Story<'_> {
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.base())
    }

    async fn go(&self, path: &str) {
        self.browser.go(&self.url(path)).await;
    }

    /// Vapi says that the call has come so far.
    async fn call_is(&self, status: &str) {
        let call = json!({
            "id": CALL, "metadata": {"ownerId": "admin"},
            "customer": {"number": "+18641234567", "name": "Joe's Plumbing"},
        });
        let message = json!({"type": "status-update", "status": status, "call": call});
        self.vapi_says(message).await;
    }

    pub async fn vapi_says(&self, message: Value) {
        let told = self.server.hear(&json!({ "message": message })).await;
        assert_eq!(told, 200);
    }

    pub async fn log_in(&self) {
        self.go("/").await;
        self.browser.write("#secret", KEY).await;
        self.browser.press("Log in").await;
        self.browser.says("Nothing has happened yet").await;
    }

    pub async fn subscribe(&self) {
        self.browser.press("Subscribe").await;
        let url = self.receiver.url();
        self.browser.write("#webhook_url", &url).await;
        self.browser.press("Subscribe").await;
        self.browser.says("Its secret").await;
    }

    /// Without reloading: what was put on the page before is still there.
    pub async fn see_a_call_arrive(&self) {
        self.go("/").await;
        self.browser.find("#live-sign.on").await;
        self.browser.run("window.before = true;").await;
        self.call_is("ringing").await;
        self.browser
            .find(&format!("#feed a[href='/calls/{CALL}']"))
            .await;
        let is_same_page = self.browser.run("return window.before === true;").await;
        assert_eq!(is_same_page, true);
        self.receiver.heard(1).await;
    }

    pub async fn see_why_a_delivery_failed_and_send_it_again(&self) {
        self.receiver.replies([500]);
        self.call_is("in-progress").await;
        self.receiver.heard(2).await;
        self.open_subscription().await;
        self.browser.find("#log [data-state='retrying']").await;
        let row = "//*[@id='log']//tr[.//*[@data-state='retrying']]//a[starts-with(@href, '/deliveries/')]";
        self.browser.click_at(row).await;
        self.browser.says("answered 500").await;
        self.browser.press("Send it now").await;
        self.receiver.heard(3).await;
        self.browser
            .find("#story h2 [data-state='delivered']")
            .await;
    }

    pub async fn see_a_receiver_given_up_and_reactivate_it(&self) {
        self.receiver.replies([410]);
        self.call_is("forwarding").await;
        self.receiver.heard(4).await;
        self.open_subscription().await;
        self.browser.find("#state [data-state='deactivated']").await;
        self.browser.says("410").await;
        self.browser.press("Make it active again").await;
        self.browser.press("Make it active").await;
        self.browser.find("#state [data-state='healthy']").await;
    }

    pub async fn replay(&self) {
        let before = self.receiver.requests().len();
        self.open_subscription().await;
        self.browser.press("Replay").await;
        let all = self.browser.find("input[name='which'][value='all']").await;
        self.browser.click(&all).await;
        self.browser.press("Count them").await;
        self.browser.says("would be sent").await;
        let send = self.browser.find("button[name='send']").await;
        self.browser.click(&send).await;
        self.receiver.heard(before + 2).await;
    }

    async fn open_subscription(&self) {
        self.go("/subscriptions").await;
        self.browser.click_at("//main//th//a").await;
        self.browser.find("#deliveries").await;
    }
}
