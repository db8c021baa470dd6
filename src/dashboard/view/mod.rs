//! What pages are made of, where it takes more than a template: moments,
//! spans, numbers, bars.
//!
//! These write their own HTML, out of numbers and of texts that they escape,
//! so a template prints them as they are: `{{ row.at }}`.

mod bars;
mod moment;
mod number;
mod pager;
mod word;

pub use bars::{Bar, Bars};
pub use moment::{Ago, Clock, When, lasting};
pub use number::{grouped, percent};
pub use pager::Pager;
pub use word::spaced;
