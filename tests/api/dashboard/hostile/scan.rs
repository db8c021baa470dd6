//! A page, read as a browser would: which tags and attributes it has.
//!
//! It reads HTML crudely, but never kindly: what it cannot place is a complaint.

/// What a browser would do that nobody of ours has asked it to.
pub fn complaints(html: &str) -> Vec<String> {
    let mut complaints = Vec::new();
    for (at, _) in html.match_indices('<') {
        let rest = &html[at + 1..];
        match rest.chars().next() {
            Some('/' | '!') => {}
            Some(first) if first.is_ascii_alphabetic() => match tag(rest) {
                Some(tag) => complaints.extend(tag.complaints()),
                None => complaints.push(format!("a tag without an end: {rest:.80}")),
            },
            _ => complaints.push(format!("a sign that is not escaped: <{rest:.40}")),
        }
    }
    complaints
}

struct Tag<'h> {
    name: &'h str,
    attributes: Vec<(&'h str, &'h str)>,
    unquoted: Vec<&'h str>,
}

/// The tag that begins here, behind its `<`.
fn tag(text: &str) -> Option<Tag<'_>> {
    let end = text.find(|c: char| c.is_whitespace() || "/>".contains(c))?;
    let (name, mut rest) = text.split_at(end);
    let (mut attributes, mut unquoted) = (Vec::new(), Vec::new());
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if rest.starts_with('>') {
            break;
        }
        let end = rest.find(|c: char| c.is_whitespace() || "=/>".contains(c))?;
        let (attribute, after) = rest.split_at(end);
        rest = after;
        if let Some(value) = rest.strip_prefix('=') {
            let Some(quoted) = value.strip_prefix('"') else {
                unquoted.push(attribute);
                rest = value;
                continue;
            };
            let (value, after) = quoted.split_once('"')?;
            attributes.push((attribute, value));
            rest = after;
        } else {
            attributes.push((attribute, ""));
        }
    }
    Some(Tag {
        name,
        attributes,
        unquoted,
    })
}

impl Tag<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let mut pairs = self.attributes.iter();
        pairs.find_map(|(key, value)| (*key == name).then_some(*value))
    }

    fn complaints(&self) -> Vec<String> {
        let mut all = Vec::new();
        let name = self.name.to_ascii_lowercase();
        let src = self.value("src").unwrap_or_default();
        if name == "script" && !src.starts_with("/assets/") {
            all.push("a script that is not ours".to_owned());
        }
        if ["iframe", "object", "embed", "base", "style", "applet"].contains(&name.as_str()) {
            all.push(format!("a <{name}>"));
        }
        if name == "meta" && self.value("http-equiv").is_some() {
            all.push("a <meta http-equiv>".to_owned());
        }
        for attribute in &self.unquoted {
            all.push(format!("{attribute} of <{name}> is not quoted"));
        }
        for (attribute, value) in &self.attributes {
            let attribute = attribute.to_ascii_lowercase();
            if attribute.starts_with("on") || ["style", "srcdoc"].contains(&attribute.as_str()) {
                all.push(format!("<{name} {attribute}={value:?}>"));
            }
            let leads = ["href", "src", "action", "formaction", "poster", "data"];
            if leads.contains(&attribute.as_str()) && !is_harmless(value) {
                all.push(format!("<{name}> leads to {value:?}"));
            }
        }
        all
    }
}

/// A place on this site, or one that is opened and not run.
fn is_harmless(address: &str) -> bool {
    let here = ["/", "#", "?"].iter().any(|sign| address.starts_with(sign));
    let there = ["http://", "https://"];
    address.is_empty()
        || here && !address.starts_with("//")
        || there.iter().any(|scheme| address.starts_with(scheme))
}

#[test]
fn what_runs_is_found_and_what_is_text_is_left() {
    for html in [
        "<p class=\"a\">a &lt;script&gt;</p>",
        "<script type=\"module\" src=\"/assets/a.js\"></script><br>",
        "<a href=\"/calls?a=b\" hidden>javascript:alert(1)</a>",
        "<!doctype html><input value=\"onerror=alert(1)\"/>",
    ] {
        assert_eq!(complaints(html), Vec::<String>::new(), "{html}");
    }
    for html in [
        "<script>alert(1)</script>",
        "<SCRIPT src=\"//evil.example/a.js\"></SCRIPT>",
        "<img src=x onerror=alert(1)>",
        "<img src=\"/a\" onerror=\"alert(1)\">",
        "<a href=\"javascript:alert(1)\">a</a>",
        "<a href=\" javascript:alert(1)\">a</a>",
        "<a href=\"//evil.example\">a</a>",
        "<p style=\"x\">",
        "<iframe src=\"/\"></iframe>",
        "<base href=\"/\">",
        "<meta http-equiv=\"refresh\" content=\"0\">",
        "a < b",
        "<p class=\"a",
        "<svg/onload=alert(1)>",
        "<button formaction=\"javascript:alert(1)\">",
    ] {
        assert_ne!(complaints(html), Vec::<String>::new(), "{html}");
    }
}
