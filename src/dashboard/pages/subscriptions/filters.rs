//! Which of a subscription's deliveries a page shows: a form in its address.

use serde::Deserialize;

use crate::{
    dashboard::{moment, view::Pager},
    delivery::log::{Wanted, line::Place, status::Status},
    error::{Error, Result},
    events::Kind,
    infra::walk::Walk,
};

/// As it stands in the address. A field that was left empty is none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Filters {
    pub status: String,
    pub event: String,
    pub call: String,
    pub since: String,
    pub until: String,
    cursor: Option<String>,
}

impl Filters {
    pub fn wanted(&self) -> Result<Wanted> {
        Ok(Wanted {
            status: given(&self.status)
                .map(str::parse::<Status>)
                .transpose()
                .map_err(|known| Error::invalid("status", known))?,
            kind: given(&self.event)
                .map(str::parse::<Kind>)
                .transpose()
                .map_err(|known| Error::invalid("event", known.to_string()))?,
            since: moment::read("since", &self.since)?,
            until: moment::read("until", &self.until)?,
        })
    }

    pub fn call(&self) -> Option<&str> {
        given(&self.call)
    }

    pub fn walk(&self) -> Result<Walk<Place>> {
        Walk::read(None, self.cursor.as_deref())
    }

    /// Whether anything is left out.
    pub fn leave_out(&self) -> bool {
        let fields = [
            &self.status,
            &self.event,
            &self.call,
            &self.since,
            &self.until,
        ];
        fields.iter().any(|field| given(field).is_some())
    }

    /// The way on from a page of the list at this path.
    pub fn pager(&self, path: &str, next: Option<&str>) -> Pager {
        let kept = [
            ("status", Some(self.status.as_str())),
            ("event", Some(&self.event)),
            ("call", Some(&self.call)),
            ("since", Some(&self.since)),
            ("until", Some(&self.until)),
        ];
        Pager::of(path, &kept, self.cursor.as_deref(), next)
    }
}

fn given(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_page_has_the_same_filters() {
        let filters = Filters {
            status: "failed".to_owned(),
            call: "a b&c".to_owned(),
            ..Filters::default()
        };
        assert!(filters.leave_out());
        let next = filters.pager("/x", Some("on")).next.unwrap();
        assert_eq!(next, "/x?status=failed&call=a+b%26c&cursor=on");
        assert!(!Filters::default().leave_out());
    }

    #[test]
    fn an_empty_field_filters_nothing_and_a_wrong_one_is_named() {
        assert!(Filters::default().wanted().unwrap().is_everything());
        let wrong = Filters {
            status: "done".to_owned(),
            ..Filters::default()
        };
        assert!(wrong.wanted().unwrap_err().to_string().contains("status"));
    }
}
