//! A person at the dashboard: a browser without scripts.

use std::collections::BTreeMap;

use url::form_urlencoded;

use super::{Answer, Ask, TestApp};

pub struct Visitor<'a> {
    app: &'a TestApp,
    pub cookies: BTreeMap<String, String>,
}

impl TestApp {
    /// Somebody who has not logged in.
    pub fn stranger(&self) -> Visitor<'_> {
        Visitor {
            app: self,
            cookies: BTreeMap::new(),
        }
    }

    /// Somebody who has logged in with this key.
    pub async fn visitor(&self, key: &str) -> Visitor<'_> {
        let mut visitor = self.stranger();
        let entered = visitor.send("/login", &[("secret", key)]).await;
        assert_eq!(entered.status, 303, "{entered:?}");
        visitor
    }
}

impl<'a> Visitor<'a> {
    /// The same person, at another replica.
    pub fn at<'b>(&self, app: &'b TestApp) -> Visitor<'b> {
        Visitor {
            app,
            cookies: self.cookies.clone(),
        }
    }

    pub async fn open(&mut self, path: &str) -> Answer {
        let answer = self.dressed(self.app.get(path)).await;
        self.keep(&answer);
        answer
    }

    /// Opens a page that must be there.
    pub async fn page(&mut self, path: &str) -> String {
        let answer = self.open(path).await;
        assert_eq!(answer.status, 200, "{path}: {answer:?}");
        answer.text
    }

    /// Fills in a form that stands on a page; what is hidden in it goes along.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let html = self.page(page).await;
        let is_given = |name: &str| fields.iter().any(|(given, _)| *given == name);
        let mut hidden = hidden_in(&html, action);
        hidden.retain(|(name, _)| !is_given(name));
        self.send(action, &[fields, &hidden].concat()).await
    }

    /// Sends a form as it is.
    pub async fn send(&mut self, action: &str, fields: &[(&str, &str)]) -> Answer {
        let sent = self.dressed(form(self.app, action, fields)).await;
        self.keep(&sent);
        sent
    }

    /// The page that a form has led to.
    pub async fn follow(&mut self, answer: &Answer) -> String {
        assert_eq!(answer.status, 303, "{answer:?}");
        let to = answer.header("location").to_owned();
        self.page(&to).await
    }

    /// A request with this person's cookies.
    pub fn dressed(&self, ask: Ask) -> Ask {
        let pairs = self.cookies.iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        match pairs.is_empty() {
            true => ask,
            false => ask.header("cookie", &pairs.join("; ")),
        }
    }

    fn keep(&mut self, answer: &Answer) {
        for line in answer.headers.get_all("set-cookie") {
            let pair = line.to_str().unwrap().split(';').next().unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match value {
                "" => self.cookies.remove(name),
                value => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
    }
}

/// A form as a browser sends it.
pub fn form(app: &TestApp, action: &str, fields: &[(&str, &str)]) -> Ask {
    let body = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish();
    app.post(action)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(body)
}

/// What is hidden in the form of a page for this action.
pub fn hidden_in<'h>(html: &'h str, action: &str) -> Vec<(&'h str, &'h str)> {
    let form = html.split_once(&format!(r#"action="{action}""#));
    let (_, form) = form.unwrap_or_else(|| panic!("no form for {action}: {html}"));
    let (form, _) = form.split_once("</form>").unwrap();
    let inputs = form.split(r#"<input type="hidden" name=""#).skip(1);
    inputs
        .map(|input| {
            let (name, rest) = input.split_once(r#"" value=""#).unwrap();
            (name, rest.split_once('"').unwrap().0)
        })
        .collect()
}

/// The number in a page's forms.
pub fn csrf_of(html: &str) -> &str {
    let (_, after) = html
        .split_once(r#"name="csrf" value=""#)
        .expect("a page with a form");
    after.split_once('"').unwrap().0
}
