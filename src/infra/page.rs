//! Lists: how many, from where, and where the next ones begin.
//!
//! A cursor is the last row's id in an opaque spelling. Ids are UUIDv7, so
//! they order by the time they were made, and a page is a walk along an
//! index: its cost does not grow with what came before it.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::error::{Error, Result};

const LIMIT_DEFAULT: u64 = 20;
const LIMIT_MAX: u64 = 100;

/// The query of every list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// How many to answer, 20 unless given.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u64>,
    /// The `next_cursor` of the page before.
    cursor: Option<String>,
}

/// What a list asks the database for: rows older than `before`, newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub limit: u64,
    pub before: Option<Uuid>,
}

impl PageQuery {
    /// Of a list whose query has more to say than how many and from where.
    pub fn of(limit: Option<u64>, cursor: Option<String>) -> Self {
        Self { limit, cursor }
    }

    pub fn page(&self) -> Result<Page> {
        let limit = self.limit.unwrap_or(LIMIT_DEFAULT);
        if !(1..=LIMIT_MAX).contains(&limit) {
            return Err(Error::invalid("limit", "give a number from 1 to 100"));
        }
        let before = self.cursor.as_deref().map(read_cursor).transpose()?;
        Ok(Page { limit, before })
    }
}

impl Page {
    /// One more than is answered: whether it is there says if a page follows.
    pub fn rows_to_read(&self) -> u64 {
        self.limit + 1
    }

    /// Cuts the extra row off and makes the cursor of the next page.
    pub fn cut<T>(&self, rows: &mut Vec<T>, id: impl Fn(&T) -> Uuid) -> Option<String> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return None;
        }
        rows.truncate(limit);
        rows.last().map(|last| BASE64.encode(id(last)))
    }
}

fn read_cursor(text: &str) -> Result<Uuid> {
    BASE64
        .decode(text)
        .ok()
        .and_then(|bytes| Uuid::from_slice(&bytes).ok())
        .ok_or_else(|| Error::invalid("cursor", "give the next_cursor of a page before, unchanged"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_cut_and_its_cursor_leads_to_the_next() {
        let ids: Vec<Uuid> = (0..3).map(|n| Uuid::from_u128(9 - n)).collect();
        let page = Page {
            limit: 2,
            before: None,
        };
        let mut rows = ids.clone();
        let cursor = page.cut(&mut rows, |id| *id);
        assert_eq!(rows, ids[..2]);
        let next = PageQuery {
            limit: None,
            cursor,
        }
        .page()
        .unwrap();
        assert_eq!(
            next,
            Page {
                limit: 20,
                before: Some(ids[1])
            }
        );
        assert_eq!(page.cut(&mut rows, |id| *id), None);
    }

    #[test]
    fn a_limit_out_of_range_is_refused_by_its_path() {
        for limit in [0, 101] {
            let query = PageQuery {
                limit: Some(limit),
                cursor: None,
            };
            assert!(query.page().unwrap_err().to_string().contains("limit"));
        }
    }

    proptest! {
        #[test]
        fn no_cursor_makes_it_panic(text in ".{0,60}") {
            let _ = PageQuery { limit: None, cursor: Some(text) }.page();
        }
    }
}
