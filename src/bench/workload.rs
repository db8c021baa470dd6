//! The benchmarks that there are.

use std::{fmt, str::FromStr};

/// The numbers are those of the performance targets in docs/PERFORMANCE.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Workload {
    B1,
    B2,
    B3,
    B4,
    B5,
    B6,
    B7,
    B8,
    B9,
    B10,
}

impl Workload {
    pub const ALL: [Self; 10] = [
        Self::B1,
        Self::B2,
        Self::B3,
        Self::B4,
        Self::B5,
        Self::B6,
        Self::B7,
        Self::B8,
        Self::B9,
        Self::B10,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::B1 => "events taken in, as fast as it goes",
            Self::B2 => "events taken in and delivered, as fast as it goes",
            Self::B3 => "from an event to its delivery, at a steady rate",
            Self::B4 => "beside deliveries that wait for dead receivers, few or a million",
            Self::B5 => "with many subscriptions, of which one or all match",
            Self::B6 => "healthy receivers beside dead ones",
            Self::B7 => "deliveries that wait for dead receivers",
            Self::B8 => "beside a reader that does not end",
            Self::B9 => "results read while events are delivered as fast as it goes",
            Self::B10 => "events taken in beside those of years",
        }
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl FromStr for Workload {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = Self::ALL
            .into_iter()
            .find(|it| it.to_string().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            let names = Self::ALL.map(|it| it.to_string());
            format!("there is no such benchmark; there are {}", names.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_benchmark_is_known_by_its_name() {
        assert_eq!("b1".parse(), Ok(Workload::B1));
        assert_eq!("B9".parse(), Ok(Workload::B9));
        assert_eq!("b10".parse(), Ok(Workload::B10));
        let said = "B11".parse::<Workload>().unwrap_err();
        assert!(
            said.ends_with("there are B1, B2, B3, B4, B5, B6, B7, B8, B9, B10"),
            "{said}"
        );
    }
}
