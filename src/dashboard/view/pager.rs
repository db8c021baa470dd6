//! The way from one page of a list to the next.

use url::form_urlencoded;

/// Lists go one way, as their cursors do: further, or back to their begin.
pub struct Pager {
    pub first: Option<String>,
    pub next: Option<String>,
}

impl Pager {
    /// `kept` is what else the list was asked for: its filters. `cursor` is
    /// where this page began, `next` where the following one does.
    pub fn of(
        path: &str,
        kept: &[(&str, Option<&str>)],
        cursor: Option<&str>,
        next: Option<&str>,
    ) -> Self {
        let address = |cursor: Option<&str>| {
            let kept = kept.iter().copied();
            let pairs = kept
                .chain([("cursor", cursor)])
                .filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(pairs)
                .finish();
            match query.as_str() {
                "" => path.to_owned(),
                query => format!("{path}?{query}"),
            }
        };
        Self {
            first: cursor.map(|_| address(None)),
            next: next.map(|next| address(Some(next))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_are_kept_and_empty_ones_are_not() {
        let kept = [
            ("status", Some("failed & lost")),
            ("event", Some("")),
            ("q", None),
        ];
        let pager = Pager::of("/calls", &kept, Some("abc"), Some("d/e="));
        assert_eq!(pager.first.unwrap(), "/calls?status=failed+%26+lost");
        assert_eq!(
            pager.next.unwrap(),
            "/calls?status=failed+%26+lost&cursor=d%2Fe%3D"
        );
        let only = Pager::of("/tools", &[], None, None);
        assert!(only.first.is_none() && only.next.is_none());
    }
}
