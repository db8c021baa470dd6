//! Every door of the dashboard, tried by those to whom it is closed.

use super::{
    furnish::{House, WORDS},
    routes,
};
use crate::support::{ADMIN_KEY, csrf_of, form};

/// For those that do not ask for a session at all.
const OPEN: [&str; 1] = ["/login"];

#[tokio::test]
async fn nothing_opens_without_a_session_that_was_given() {
    let house = House::furnished().await;
    let cookie = {
        let visitor = house.app.visitor(ADMIN_KEY).await;
        visitor.cookies.into_iter().next().unwrap()
    };
    let another = if cookie.1.starts_with('_') { "-" } else { "_" };
    let other = cookie.1.replacen(|_: char| true, another, 1);
    for route in routes() {
        if OPEN.contains(&route.path.as_str()) {
            continue;
        }
        let path = house.path(&route.path);
        for forged in ["", ADMIN_KEY, &house.key, "admin", &other, &cookie.1[1..]] {
            let dressed = |ask: crate::support::Ask| {
                ask.header("cookie", &format!("{}={forged}", cookie.0))
                    .header("authorization", &format!("Bearer {ADMIN_KEY}"))
            };
            let mut answers = Vec::new();
            if route.opens {
                answers.push(dressed(house.app.get(&path)).await);
            }
            if route.takes_form {
                answers.push(dressed(form(&house.app, &path, &[("csrf", "x")])).await);
            }
            for answer in answers {
                assert_eq!(answer.status, 303, "{path}: {answer:?}");
                assert!(answer.header("location").starts_with("/login"), "{path}");
                assert!(answer.headers.get("set-cookie").is_none(), "{path}");
            }
        }
    }
    house.finish().await;
}

#[tokio::test]
async fn no_form_is_taken_without_its_proof() {
    let house = House::furnished().await;
    let mut admin = house.app.visitor(ADMIN_KEY).await;
    let csrf = csrf_of(&admin.page("/").await).to_owned();
    let mut forms = 0;
    for route in routes().into_iter().filter(|route| route.takes_form) {
        let path = house.path(&route.path);
        forms += 1;
        for number in [None, Some(""), Some("AAAA"), Some(WORDS)] {
            if OPEN.contains(&path.as_str()) {
                break;
            }
            let fields: Vec<_> = number.iter().map(|number| ("csrf", *number)).collect();
            let refused = admin.dressed(form(&house.app, &path, &fields)).await;
            assert_eq!(refused.status, 403, "{path} with {number:?}: {refused:?}");
        }
        for (name, value) in [
            ("origin", "https://evil.example"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
        ] {
            let fields = [("csrf", csrf.as_str()), ("secret", ADMIN_KEY)];
            let ask = admin.dressed(form(&house.app, &path, &fields));
            let refused = ask.header(name, value).await;
            assert_eq!(refused.status, 403, "{path} from {value}: {refused:?}");
            assert!(refused.headers.get("set-cookie").is_none(), "{path}");
        }
        // A page of another site can send texts of other kinds without asking first.
        for kind in ["text/plain", "multipart/form-data; boundary=x"] {
            let ask = house.app.post(&path).header("content-type", kind);
            let refused = admin.dressed(ask.body(format!("csrf={csrf}"))).await;
            assert!([403, 415].contains(&refused.status), "{path}: {refused:?}");
        }
    }
    assert!(forms > 20, "{forms}");
    house.finish().await;
}

#[tokio::test]
async fn nobody_finds_what_is_another_owners() {
    let house = House::furnished().await;
    let mallory = house.app.user("mallory").await;
    let mut mallory = house.app.visitor(&mallory).await;
    let csrf = csrf_of(&mallory.page("/").await).to_owned();
    for route in routes() {
        let path = house.path(&route.path);
        let wants_admin = route.path.starts_with("/keys");
        if route.opens {
            let page = mallory.open(&path).await;
            let expected = match (wants_admin, route.path.contains("{id}")) {
                (true, _) => 403,
                (_, true) => 404,
                _ => page.status,
            };
            assert_eq!(page.status, expected, "{path}: {page:?}");
            assert!(!page.text.contains("alert(1)"), "{path}: {page:?}");
        }
        if route.takes_form && (wants_admin || route.path.contains("{id}")) {
            let refused = mallory.send(&path, &[("csrf", &csrf)]).await;
            let expected = if wants_admin { [403, 403] } else { [404, 400] };
            assert!(expected.contains(&refused.status), "{path}: {refused:?}");
            assert!(!refused.text.contains("alert(1)"), "{path}: {refused:?}");
        }
    }
    house.finish().await;
}
