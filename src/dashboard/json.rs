//! JSON for people: the same text with line breaks, and nothing else changed.
//!
//! A payload is shown as it is sent, so it is not parsed and written again:
//! its keys keep their order and its numbers their digits. What is no JSON is
//! shown as it is.

use serde::de::IgnoredAny;

const INDENT: &str = "  ";

/// Breaks the lines of a JSON text.
pub fn pretty(text: &str) -> String {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return text.to_owned();
    }
    let mut lines = Lines::default();
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => lines.string(&mut signs),
            '{' | '[' => {
                let end = if sign == '{' { '}' } else { ']' };
                while signs.next_if(char::is_ascii_whitespace).is_some() {}
                match signs.next_if_eq(&end) {
                    Some(end) => lines.text.extend([sign, end]),
                    None => lines.open(sign),
                }
            }
            '}' | ']' => lines.close(sign),
            ',' => lines.next(),
            ':' => lines.text.push_str(": "),
            blank if blank.is_ascii_whitespace() => {}
            sign => lines.text.push(sign),
        }
    }
    lines.text
}

#[derive(Default)]
struct Lines {
    text: String,
    depth: usize,
}

impl Lines {
    fn string(&mut self, signs: &mut impl Iterator<Item = char>) {
        self.text.push('"');
        while let Some(sign) = signs.next() {
            self.text.push(sign);
            match sign {
                '"' => break,
                '\\' => self.text.extend(signs.next()),
                _ => {}
            }
        }
    }

    fn open(&mut self, bracket: char) {
        self.text.push(bracket);
        self.depth += 1;
        self.break_line();
    }

    fn close(&mut self, bracket: char) {
        self.depth = self.depth.saturating_sub(1);
        self.break_line();
        self.text.push(bracket);
    }

    fn next(&mut self) {
        self.text.push(',');
        self.break_line();
    }

    fn break_line(&mut self) {
        self.text.push('\n');
        self.text.push_str(&INDENT.repeat(self.depth));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn lines_are_broken_and_neither_order_nor_digits_change() {
        let text = r#"{"b":[1.50,{}],"a":{"text":"a, \"b\": [c]"},"none":[ ]}"#;
        let shown = r#"{
  "b": [
    1.50,
    {}
  ],
  "a": {
    "text": "a, \"b\": [c]"
  },
  "none": []
}"#;
        assert_eq!(pretty(text), shown);
    }

    #[test]
    fn what_is_no_json_is_left_alone() {
        for text in ["", "oh no", "{", "<b>", "{}{}"] {
            assert_eq!(pretty(text), text);
        }
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i32>().prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
            Just(json!(null)),
        ];
        leaf.prop_recursive(3, 20, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[\\PC]{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_means_the_same(value in any_json()) {
            let again: Value = serde_json::from_str(&pretty(&value.to_string())).unwrap();
            prop_assert_eq!(again, value);
        }
    }
}
