//! Numbers for people: three digits that matter, and gaps in long ones.

pub fn number(value: f64) -> String {
    let size = value.abs();
    match size {
        _ if size >= 1_000.0 => grouped(value),
        _ if size >= 100.0 => format!("{value:.0}"),
        _ if size >= 10.0 => format!("{value:.1}"),
        _ if size >= 1.0 || size == 0.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// A whole number.
pub fn count(value: u64) -> String {
    grouped(value as f64)
}

fn grouped(value: f64) -> String {
    let digits = format!("{:.0}", value.abs());
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if value < 0.0 {
        format!("-{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let numbers = [0.0, 0.012_34, 1.0, 12.34, 567.8, 1_234.5, 1_234_567.0];
        let texts = ["0.00", "0.012", "1.00", "12.3", "568", "1,234", "1,234,567"];
        assert_eq!(numbers.map(number), texts);
        assert_eq!([50, 200, 1_000_000].map(count), ["50", "200", "1,000,000"]);
    }
}
