//! The dashboard, as a browser without scripts sees it.

mod assets;
mod calls;
mod campaigns;
mod commands;
mod debugger;
mod deliveries;
mod entering;
mod events;
mod forms;
mod hostile;
mod keys;
mod overview;
mod placing;
mod schedules;
mod secrets;
mod sessions;
mod stream;
mod subscriptions;
mod tools;

/// A page has all of these texts.
#[track_caller]
fn assert_shows(html: &str, texts: &[&str]) {
    for text in texts {
        assert!(html.contains(text), "no {text:?} in {html}");
    }
}

/// A page has none of them.
#[track_caller]
fn assert_hides(html: &str, texts: &[&str]) {
    for text in texts {
        assert!(!html.contains(text), "{text:?} in {html}");
    }
}

/// What stands in a hidden field of a page.
fn hidden(html: &str, name: &str) -> String {
    let (_, after) = html
        .split_once(&format!(r#"name="{name}" value=""#))
        .expect("a page with such a field");
    after.split_once('"').unwrap().0.to_owned()
}

/// The secret that stands on a page.
fn secret_in(html: &str) -> String {
    let (_, after) = html.split_once("whsec_").expect("a page with a secret");
    after.split_once('<').unwrap().0.to_owned()
}

/// A page as its reader sees it.
fn unescaped(html: &str) -> String {
    let signs = [
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
    ];
    signs.iter().fold(html.to_owned(), |text, (code, sign)| {
        text.replace(code, sign)
    })
}
