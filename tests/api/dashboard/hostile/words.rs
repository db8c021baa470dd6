//! Words of others are text on every page, whatever they spell.

use super::{
    furnish::{House, NAME, SCRIPT_URL, WORDS},
    routes,
    scan::complaints,
};
use crate::support::{ADMIN_KEY, Answer, Visitor, csrf_of};

/// How the words look once they are text.
const AS_TEXT: &str = "&#60;script&#62;alert(1)&#60;/script&#62;";

/// A page in whatever state: no words run on it, and nobody may frame it or add to it.
#[track_caller]
fn is_safe(what: &str, page: &Answer) {
    assert!(page.status < 500, "{what}: {page:?}");
    let wrong = complaints(&page.text);
    assert!(wrong.is_empty(), "{what}: {wrong:#?}\n{}", page.text);
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'none';",
        "script-src 'self';",
        "form-action 'self';",
        "frame-ancestors 'none';",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(rule), "{what}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert_eq!(page.header("x-frame-options"), "DENY", "{what}");
    assert_eq!(page.header("x-content-type-options"), "nosniff", "{what}");
}

#[tokio::test]
async fn what_others_say_is_text_on_every_page() {
    let house = House::furnished().await;
    for who in [house.key.as_str(), ADMIN_KEY] {
        let mut visitor = house.app.visitor(who).await;
        let mut showing = 0;
        for route in routes().iter().filter(|route| route.opens) {
            let path = house.path(&route.path);
            let page = visitor.open(&path).await;
            is_safe(&path, &page);
            showing += usize::from(page.text.contains(AS_TEXT));
        }
        // Or there would be nothing to prove.
        assert!(showing >= 10, "{showing} pages show the words");
    }
    house.finish().await;
}

#[tokio::test]
async fn what_is_asked_for_and_is_not_there_is_text_too() {
    let house = House::furnished().await;
    let mut admin = house.app.visitor(ADMIN_KEY).await;
    let words: String = WORDS.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let names = [
        "status", "cursor", "before", "after", "event", "q", "limit", "next", "outcome", "x",
    ];
    for route in routes().iter().filter(|route| route.opens) {
        let nobody = route.path.replace("{id}", &words);
        is_safe(&nobody, &admin.open(&nobody).await);
        let path = house.path(&route.path);
        for name in names {
            let path = format!("{path}?{name}={words}");
            is_safe(&path, &admin.open(&path).await);
        }
        let path = format!("{path}?{words}={words}");
        is_safe(&path, &admin.open(&path).await);
    }
    house.finish().await;
}

#[tokio::test]
async fn what_was_written_into_a_form_comes_back_as_text() {
    let house = House::furnished().await;
    let mut visitor = house.app.visitor(&house.key).await;
    let mut written = 0;
    for route in routes().iter().filter(|route| route.opens) {
        let path = house.path(&route.path);
        let page = visitor.open(&path).await.text;
        for action in actions(&page) {
            for words in [WORDS, SCRIPT_URL] {
                let answer = write_everywhere(&mut visitor, &page, &action, words).await;
                is_safe(&action, &answer);
                written += usize::from(answer.text.contains(AS_TEXT));
            }
        }
    }
    assert!(
        written > 8,
        "few forms show again what was written: {written}"
    );
    let door = house
        .app
        .stranger()
        .send("/login", &[("secret", WORDS), ("next", NAME)])
        .await;
    is_safe("/login", &door);
    house.finish().await;
}

/// Where the forms of a page go that take words; those that end something take none.
fn actions(page: &str) -> Vec<String> {
    let forms = page.split("<form method=\"post\" action=\"").skip(1);
    let actions = forms.map(|form| form.split('"').next().unwrap().to_owned());
    let ends = [
        "logout", "delete", "revoke", "cancel", "pause", "start", "retry",
    ];
    let mut actions: Vec<_> = actions
        .filter(|action| !ends.iter().any(|verb| action.ends_with(verb)))
        .collect();
    actions.sort_unstable();
    actions.dedup();
    actions
}

/// Sends a form with the same words in each of its fields.
async fn write_everywhere(
    visitor: &mut Visitor<'_>,
    page: &str,
    action: &str,
    words: &str,
) -> Answer {
    let names = page.split(" name=\"").skip(1);
    let names: std::collections::BTreeSet<_> =
        names.map(|name| name.split('"').next().unwrap()).collect();
    let csrf = csrf_of(page);
    let fields: Vec<_> = names
        .into_iter()
        .map(|name| match name {
            "csrf" => (name, csrf),
            name => (name, words),
        })
        .collect();
    visitor.send(action, &fields).await
}
