//! The OpenAPI document, as somebody reads it who knows nothing else of us.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

pub struct Document(Value);

pub struct Operation {
    pub id: String,
    /// In capitals.
    pub method: String,
    pub path: String,
    pub parameters: Vec<Parameter>,
    /// The schema of a JSON body, where it takes one.
    pub body: Option<Value>,
    pub answers: BTreeMap<u16, Answers>,
}

pub struct Parameter {
    pub name: String,
    pub place: Place,
    pub required: bool,
    pub schema: Value,
    pub example: Value,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
}

/// What an answer of one status looks like; nothing where it has no body.
pub struct Answers {
    pub media: Option<String>,
    pub schema: Value,
}

impl Document {
    pub fn read() -> Self {
        let text = fs::read_to_string("openapi/openapi.json").unwrap();
        Self(serde_json::from_str(&text).unwrap())
    }

    /// A schema itself, where another one only names it.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        match schema["$ref"].as_str() {
            None => schema,
            Some(name) => {
                let found = name.strip_prefix('#').and_then(|at| self.0.pointer(at));
                self.resolve(found.unwrap_or_else(|| panic!("{name} is not in the document")))
            }
        }
    }

    pub fn operations(&self) -> Vec<Operation> {
        let paths = self.0["paths"].as_object().unwrap();
        let all = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap();
            methods
                .iter()
                .map(move |(method, operation)| Operation::read(path, method, operation))
        });
        all.collect()
    }
}

impl Operation {
    fn read(path: &str, method: &str, operation: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        let answers = operation["responses"].as_object().unwrap().iter();
        Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase(),
            path: path.to_owned(),
            parameters: parameters.map(Parameter::read).collect(),
            body: (!body.is_null()).then(|| body.clone()),
            answers: answers
                .map(|(status, answer)| (status.parse().unwrap(), Answers::read(answer)))
                .collect(),
        }
    }
}

impl Parameter {
    fn read(parameter: &Value) -> Self {
        Self {
            name: parameter["name"].as_str().unwrap().to_owned(),
            place: match parameter["in"].as_str() {
                Some("path") => Place::Path,
                Some("query") => Place::Query,
                Some("header") => Place::Header,
                other => panic!("a parameter in {other:?}"),
            },
            required: parameter["required"] == true,
            schema: parameter["schema"].clone(),
            example: parameter["example"].clone(),
        }
    }
}

impl Answers {
    fn read(answer: &Value) -> Self {
        let first = answer["content"]
            .as_object()
            .and_then(|all| all.iter().next());
        Self {
            media: first.map(|(media, _)| media.clone()),
            schema: first.map_or(Value::Null, |(_, content)| content["schema"].clone()),
        }
    }
}
