//! Bars in a row, each of two parts: what went well, and what did not.
//!
//! Drawn by the server as SVG. What it shows is also told in words, and each
//! bar says what it stands for on hover.

use askama::{Template, filters::HtmlSafe};

use super::{Clock, grouped};
use crate::infra::clock::Millis;

const WIDTH: usize = 720;
const HEIGHT: i64 = 140;
/// A bar that stands for anything can be seen.
const PART_MIN: i64 = 2;

/// What one bar stands for.
pub struct Bar {
    pub at: Millis,
    pub good: i64,
    pub bad: i64,
}

#[derive(Template)]
#[template(path = "bars.html")]
pub struct Bars {
    pub title: &'static str,
    /// In all of them.
    delivered: String,
    failed: String,
    drawn: Vec<Drawn>,
    /// Where the scale ends.
    top: i64,
    width: usize,
    labels: Vec<Clock>,
}

struct Drawn {
    says: String,
    x: usize,
    width: usize,
    good_y: i64,
    good_height: i64,
    bad_y: i64,
    bad_height: i64,
}

impl Bars {
    /// `labelled`: each how manieth bar is named below.
    pub fn new(title: &'static str, bars: &[Bar], labelled: usize) -> Self {
        let most = bars.iter().map(|bar| bar.good + bar.bad).max();
        let top = round_up(most.unwrap_or(0).max(1));
        let step = WIDTH / bars.len().max(1);
        let drawn = bars.iter().enumerate();
        let named = bars.iter().step_by(labelled.max(1));
        Self {
            title,
            delivered: grouped(bars.iter().map(|bar| bar.good).sum::<i64>()),
            failed: grouped(bars.iter().map(|bar| bar.bad).sum::<i64>()),
            drawn: drawn
                .map(|(at, bar)| draw(bar, at * step, step, top))
                .collect(),
            top,
            width: step * bars.len(),
            labels: named.map(|bar| Clock(bar.at)).collect(),
        }
    }
}

// What is written into the template is numbers and labels of ours, escaped.
impl HtmlSafe for Bars {}

fn draw(bar: &Bar, x: usize, step: usize, top: i64) -> Drawn {
    let height = |count: i64| match count {
        0 => 0,
        count => (count * HEIGHT / top).max(PART_MIN),
    };
    let (good_height, bad_height) = (height(bar.good), height(bar.bad));
    Drawn {
        says: format!(
            "{} UTC: {} delivered, {} failed",
            Clock(bar.at).plain(),
            bar.good,
            bar.bad
        ),
        x,
        // Between bars there is a gap, as long as there is room for one.
        width: step.saturating_sub(step.div_ceil(5)).max(1),
        good_y: HEIGHT - good_height,
        good_height,
        bad_y: HEIGHT - good_height - bad_height,
        bad_height,
    }
}

/// The next number that people like to see at the end of a scale.
fn round_up(most: i64) -> i64 {
    let mut scale = 1;
    loop {
        let nice = [1, 2, 5].into_iter().map(|digit| digit * scale);
        match nice.into_iter().find(|nice| *nice >= most) {
            Some(nice) => return nice,
            None => scale *= 10,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scale_ends_at_a_round_number() {
        for (most, top) in [(1, 1), (3, 5), (10, 10), (11, 20), (499, 500), (501, 1_000)] {
            assert_eq!(round_up(most), top);
        }
    }

    #[test]
    fn what_is_there_is_seen_and_nothing_grows_out_of_its_frame() {
        let bar = |good, bad| Bar {
            at: 1_767_604_500_000,
            good,
            bad,
        };
        let bars = [bar(0, 0), bar(1, 0), bar(1_000, 1), bar(0, 7)];
        let drawn = Bars::new("Hour", &bars, 2);
        let tops = drawn.drawn.iter().map(|bar| bar.bad_y);
        assert!(tops.into_iter().all(|y| (-PART_MIN..=HEIGHT).contains(&y)));
        assert_eq!(drawn.drawn[0].good_height + drawn.drawn[0].bad_height, 0);
        assert_eq!(drawn.drawn[1].good_height, PART_MIN);
        assert_eq!(drawn.drawn[2].bad_height, PART_MIN);
        assert!(
            drawn
                .render()
                .unwrap()
                .contains("09:15 UTC: 0 delivered, 7 failed")
        );
    }
}
