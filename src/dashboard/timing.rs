//! Where the time of a request went, as a bar: a part for each thing that was
//! waited for, one after the other.

/// The bar is as many units wide, whatever it stands for.
const WIDTH: f64 = 1_000.0;
const NAMES: [(&str, &str); 4] = [
    ("dns", "name looked up"),
    ("connect", "connected"),
    ("tls", "TLS agreed"),
    ("answer", "waited for the answer"),
];
/// Less is not worth a word.
const MILLIS_MIN: f64 = 0.05;
const REST: (&str, &str) = ("rest", "the rest");

#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// By which it is coloured.
    pub name: &'static str,
    pub meaning: &'static str,
    pub millis: f64,
    /// Where it begins in the bar, and how wide it is.
    pub x: f64,
    pub width: f64,
}

/// Of the times of each, in milliseconds, as far as there are any. What is not
/// accounted for, such as reading the body, is the rest.
pub fn parts(times: [Option<f64>; 4], total: f64) -> Vec<Part> {
    let known: f64 = times.iter().flatten().sum();
    let all = total.max(known);
    let named = NAMES.into_iter().zip(times);
    let mut spans: Vec<_> = named
        .filter_map(|(name, time)| Some((name, time?)))
        .collect();
    spans.push((REST, all - known));
    let mut x = 0.0;
    let part = |((name, meaning), millis): ((&'static str, &'static str), f64)| {
        let width = if all > 0.0 { millis / all * WIDTH } else { 0.0 };
        let part = Part {
            name,
            meaning,
            millis,
            x,
            width,
        };
        x += width;
        part
    };
    let parts = spans.into_iter().map(part);
    parts.filter(|part| part.millis >= MILLIS_MIN).collect()
}

impl Part {
    /// As people read it.
    pub fn time(&self) -> String {
        in_words(self.millis)
    }
}

/// Milliseconds, no more exactly than they matter.
pub fn in_words(millis: f64) -> String {
    match millis {
        small if small < 10.0 => format!("{small:.1} ms"),
        some if some < 1_000.0 => format!("{some:.0} ms"),
        long => format!("{:.1} s", long / 1_000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_fill_the_bar_one_after_the_other() {
        let parts = parts([Some(10.0), Some(15.0), None, Some(50.0)], 100.0);
        let drawn: Vec<_> = parts
            .iter()
            .map(|part| (part.name, part.x, part.width))
            .collect();
        assert_eq!(
            drawn,
            [
                ("dns", 0.0, 100.0),
                ("connect", 100.0, 150.0),
                ("answer", 250.0, 500.0),
                ("rest", 750.0, 250.0)
            ]
        );
    }

    #[test]
    fn nothing_is_drawn_of_what_took_no_time() {
        assert_eq!(parts([None; 4], 0.0), []);
        let alone = parts([None, None, None, None], 35.0);
        assert_eq!((alone.len(), alone[0].width), (1, 1_000.0));
    }

    #[test]
    fn times_are_as_exact_as_they_matter() {
        let words = [0.04, 1.26, 35.4, 1_500.0].map(in_words);
        assert_eq!(words, ["0.0 ms", "1.3 ms", "35 ms", "1.5 s"]);
    }
}
