//! What is looked at on every page, in every view: whether everybody can use
//! it, whether it fits, and whether it asked anybody but us for anything.

use std::path::PathBuf;

use serde_json::Value;

use super::browser::{Browser, DESKTOP, NARROW, PHONE, View, kept};

pub struct Judge<'a> {
    pub browser: &'a Browser,
    pub base: String,
    /// The source of axe-core, where it is here.
    axe: Option<String>,
    pictures: PathBuf,
    complaints: Vec<String>,
}

impl<'a> Judge<'a> {
    #[expect(clippy::disallowed_methods, reason = "the tests' own setting")]
    #[expect(clippy::print_stderr, reason = "a notice where something is missing")]
    pub fn new(browser: &'a Browser, base: String) -> Self {
        let axe = std::env::var("TEST_AXE").ok();
        if axe.is_none() {
            eprintln!("skipped: no axe-core (TEST_AXE is not set)");
        }
        Self {
            browser,
            base,
            axe: axe.map(|file| std::fs::read_to_string(file).unwrap()),
            pictures: kept("screenshots"),
            complaints: Vec::new(),
        }
    }

    /// Looks at a page on a desk and on a phone, by day and by night.
    pub async fn look_at(&mut self, name: &str, path: &str) {
        self.browser.look(DESKTOP).await;
        self.browser.go(&format!("{}{path}", self.base)).await;
        self.browser.find("main h1").await;
        for view in [DESKTOP, PHONE, PHONE.dark(), DESKTOP.dark()] {
            self.browser.look(view).await;
            let file = format!("{name}-{}-{}.png", view.width, view.theme);
            self.browser.keep_picture(&self.pictures.join(file)).await;
            if view.width == DESKTOP.width {
                self.is_accessible(name, view).await;
            }
        }
        for view in [NARROW, PHONE, DESKTOP] {
            self.fits(name, view).await;
        }
        self.asks_nobody_else(name).await;
    }

    /// Whatever was not as it should be, all at once.
    #[track_caller]
    pub fn conclude(self) {
        assert!(
            self.complaints.is_empty(),
            "\n{}",
            self.complaints.join("\n")
        );
    }

    fn complain(&mut self, name: &str, what: String) {
        self.complaints.push(format!("{name}: {what}"));
    }

    async fn fits(&mut self, name: &str, view: View) {
        self.browser.look(view).await;
        let width = "return document.scrollingElement.scrollWidth;";
        let width = self.browser.run(width).await.as_u64().unwrap();
        if width > view.width.into() {
            self.complain(name, format!("{width} pixels wide on {}", view.width));
        }
    }

    #[expect(clippy::print_stderr, reason = "what is no fault is worth knowing")]
    async fn is_accessible(&mut self, name: &str, view: View) {
        let Some(axe) = &self.axe else { return };
        self.browser.run(axe).await;
        let found = self
            .browser
            .run_to(
                "axe.run(document).then(
                    found => done(found.violations.map(it => [
                        it.impact, it.id, it.help, it.nodes.map(node => node.html).slice(0, 3)])),
                    error => done([['critical', 'axe', String(error), []]]));",
            )
            .await;
        for violation in found.as_array().unwrap() {
            let what = format!("{} ({}): {violation}", violation[1], view.theme);
            match violation[0].as_str() {
                Some("serious" | "critical") => self.complain(name, what),
                _ => eprintln!("{name}: {what}"),
            }
        }
    }

    async fn asks_nobody_else(&mut self, name: &str) {
        let asked = "return performance.getEntriesByType('resource').map(it => it.name);";
        let asked = self.browser.run(asked).await;
        for url in asked.as_array().unwrap().iter().filter_map(Value::as_str) {
            if !url.starts_with(&self.base) && !url.starts_with("data:") {
                self.complain(name, format!("it asked for {url}"));
            }
        }
        for complaint in self.browser.complaints().await {
            // The answer of a page that is not there is what was asked for.
            if !complaint.contains("status of 404") {
                self.complain(name, complaint);
            }
        }
    }
}
