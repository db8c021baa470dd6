//! Which calls are asked for.

use std::{collections::BTreeMap, fmt};

use entity::{CampaignId, calls::Outcome};
use sea_orm::{ActiveEnum, Iterable};
use serde::{
    Deserialize, Deserializer,
    de::{SeqAccess, Visitor},
};
use utoipa::ToSchema;

use super::{Filter, Wrong};

const VALUES_MAX: usize = 100;
const METADATA_KEYS_MAX: usize = 20;
const TEXT_CHARS_MAX: usize = 500;

/// Only events that match every key are told, each by any one of its values; a
/// single value needs no list.
#[derive(Deserialize, ToSchema)]
#[schema(as = Filter)]
#[serde(deny_unknown_fields)]
pub struct FilterWish {
    #[schema(value_type = Option<Vec<String>>, example = json!(["cmp_0199e3d5-7c1a-7b3e-9d43-5f1f1c2e4a60"]))]
    campaign_id: Option<Words>,
    /// Of `completed`, `no_contact`, `failed`, `canceled`, `timeout`.
    #[schema(value_type = Option<Vec<String>>, example = json!(["failed", "no_contact"]))]
    outcome: Option<Words>,
    /// What the call's metadata must have.
    #[schema(value_type = Option<std::collections::HashMap<String, Vec<String>>>, example = json!({"team": ["north"]}))]
    metadata: Option<BTreeMap<String, Words>>,
}

/// One text, or several.
struct Words {
    texts: Vec<String>,
    is_list: bool,
}

impl<'de> Deserialize<'de> for Words {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;

        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Words;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or a list of texts")
            }

            fn visit_str<E>(self, text: &str) -> Result<Words, E> {
                Ok(Words {
                    texts: vec![text.to_owned()],
                    is_list: false,
                })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Words, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = list.next_element()? {
                    texts.push(text);
                }
                Ok(Words {
                    texts,
                    is_list: true,
                })
            }
        }

        deserializer.deserialize_any(OneOrMany)
    }
}

pub(super) fn read(wish: FilterWish, wrong: &mut Wrong) -> Option<Filter> {
    let outcomes: Vec<String> = Outcome::iter().map(|outcome| outcome.to_value()).collect();
    let campaign_id = wish.campaign_id.map(|words| {
        words.read("filter.campaign_id", wrong, |id| {
            match id.parse::<CampaignId>() {
                Ok(id) => Ok(id.to_string()),
                Err(error) => Err(error.to_string()),
            }
        })
    });
    let outcome = wish.outcome.map(|words| {
        words.read("filter.outcome", wrong, |word| {
            match outcomes.contains(&word) {
                true => Ok(word),
                false => Err(format!("give some of {}", outcomes.join(", "))),
            }
        })
    });
    let metadata = wish.metadata.map(|metadata| read_metadata(metadata, wrong));
    Some(Filter {
        campaign_id,
        outcome,
        metadata: metadata.filter(|metadata| !metadata.is_empty()),
    })
}

fn read_metadata(
    metadata: BTreeMap<String, Words>,
    wrong: &mut Wrong,
) -> BTreeMap<String, Vec<String>> {
    if metadata.len() > METADATA_KEYS_MAX {
        wrong.add(
            "filter.metadata",
            format!("give at most {METADATA_KEYS_MAX} keys"),
        );
        return BTreeMap::new();
    }
    let mut read = BTreeMap::new();
    for (key, words) in metadata {
        let path = format!("filter.metadata.{key}");
        if wrong.note(&path, check_length(key.clone())).is_some() {
            read.insert(key, words.read(&path, wrong, check_length));
        }
    }
    read
}

fn check_length(text: String) -> Result<String, String> {
    match text.chars().count() <= TEXT_CHARS_MAX {
        true => Ok(text),
        false => Err(format!("give at most {TEXT_CHARS_MAX} characters")),
    }
}

impl Words {
    /// Each once.
    fn read(
        self,
        path: &str,
        wrong: &mut Wrong,
        check: impl Fn(String) -> Result<String, String>,
    ) -> Vec<String> {
        let mut read = Vec::new();
        if self.texts.is_empty() || self.texts.len() > VALUES_MAX {
            wrong.add(
                path,
                format!("give 1 to {VALUES_MAX} values, or leave it out"),
            );
            return read;
        }
        for (at, text) in self.texts.into_iter().enumerate() {
            let path = match self.is_list {
                true => format!("{path}[{at}]"),
                false => path.to_owned(),
            };
            let word = wrong.note(path, check(text));
            read.extend(word.filter(|word| !read.contains(word)));
        }
        read
    }
}
