//! Values that JavaScript, or JSON, or Rust might trip over.

use proptest::{collection::vec, prelude::*, sample::select, string::string_regex};
use serde_json::{Map, Number, Value};

const DEPTH: u32 = 4;
const NODES: u32 = 24;
const CHILDREN: u32 = 5;

const KNOWN_NAMES: &[&str] = &[
    "",
    "__proto__",
    "constructor",
    "toJSON",
    "toString",
    "length",
    "hasOwnProperty",
    "NaN",
    "Infinity",
    "4294967294",
    "4294967295",
    "4294967296",
    "2147483647",
    "2147483648",
    "9007199254740993",
    "00",
    "-0",
    "+1",
    "1.0",
    "1e3",
    " 1",
    "٣",
];

/// An object as we may come to hold it.
pub fn object() -> impl Strategy<Value = Map<String, Value>> {
    let names = name().boxed();
    fields(names.clone(), value(names))
}

fn value(names: BoxedStrategy<String>) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number(),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(DEPTH, NODES, CHILDREN, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..CHILDREN as usize).prop_map(Value::from),
            fields(names.clone(), inner).prop_map(Value::from),
        ]
    })
}

fn fields(
    names: BoxedStrategy<String>,
    values: impl Strategy<Value = Value>,
) -> impl Strategy<Value = Map<String, Value>> {
    vec((names, values), 0..8).prop_map(|fields| fields.into_iter().collect())
}

fn number() -> impl Strategy<Value = Value> {
    let bits = any::<u64>().prop_map(f64::from_bits);
    let decimal = (any::<i64>(), -330..310_i32)
        .prop_map(|(digits, exponent)| format!("{digits}e{exponent}").parse().unwrap());
    let short = (-9999..9999_i32, -30..30_i32)
        .prop_map(|(digits, exponent)| f64::from(digits) * 10_f64.powi(exponent));
    let power = (-1074..1024_i32).prop_map(|exponent| 2_f64.powi(exponent));
    // Often as near to one decimal as to the next.
    let halves =
        (0..1_u64 << 53, 0..12_i32).prop_map(|(whole, halved)| whole as f64 / 2_f64.powi(halved));
    let doubles = prop_oneof![bits, decimal, short, power, halves];
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-3..3_i64, any::<bool>())
            .prop_map(|(by, up)| Value::from(if up { 1 << 53 } else { -(1 << 53) } + by)),
        doubles.prop_map(|double: f64| Number::from_f64(double).map_or(Value::Null, Value::Number)),
    ]
}

/// Indices and what looks like them, names that mean something to JavaScript, and any text at all.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u32>().prop_map(|index| index.to_string()),
        (0..20_u32).prop_map(|index| index.to_string()),
        like("[0-9]{1,12}"),
        like("[a-c]{1,2}"),
        select(KNOWN_NAMES).prop_map(str::to_owned),
        text(),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        vec(any::<char>(), 0..16).prop_map(String::from_iter),
        like("[\u{0}-\u{20}\"\\\\/\u{7f}-\u{a0}\u{2028}\u{2029}\u{feff}\u{fffd}\u{ffff}😀]{0,12}"),
    ]
}

/// JSON as somebody may write it: a name twice, half a pair, numbers of any size, and spaces.
pub fn json() -> impl Strategy<Value = String> {
    let names = json_name().boxed();
    let leaf = prop_oneof![
        select(&["null", "true", "false", "-0", "1e400", "-1E999", "0e999"][..])
            .prop_map(str::to_owned),
        like(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?"),
        json_text(),
    ];
    leaf.prop_recursive(DEPTH, NODES, CHILDREN, move |inner| {
        let items = vec(inner.clone(), 0..CHILDREN as usize);
        prop_oneof![
            items.prop_map(|items| format!("[ {} ]", items.join("\n,"))),
            json_fields(names.clone(), inner),
        ]
    })
}

pub fn json_object() -> impl Strategy<Value = String> {
    json_fields(json_name().boxed(), json())
}

fn json_fields(
    names: BoxedStrategy<String>,
    values: impl Strategy<Value = String>,
) -> impl Strategy<Value = String> {
    let field = (names, values).prop_map(|(name, value)| format!("{name} : {value}"));
    vec(field, 0..6).prop_map(|fields| format!("{{{}}}", fields.join(",")))
}

fn json_name() -> impl Strategy<Value = String> {
    prop_oneof![json_text(), like(r#""[0-9]{1,2}""#), like(r#""[ab]""#)]
}

fn json_text() -> impl Strategy<Value = String> {
    like(r#""([a-z0-9é😀 ]|\\[bfnrt/"\\]|\\u[dD][89a-fA-F][0-9a-f]{2}|\\u00[0-9a-f]{2}){0,5}""#)
}

/// A text of that form. Reading the form is slow, so it is not done within `prop_recursive`, which
/// makes its strategy anew for every value.
fn like(form: &str) -> impl Strategy<Value = String> {
    string_regex(form).unwrap()
}
