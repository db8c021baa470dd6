//! What is wrong with what was given, gathered to be told at once.

use crate::error::{Detail, Error, Result};

#[derive(Default)]
pub struct Wrong(Vec<Detail>);

impl Wrong {
    pub fn add(&mut self, path: impl Into<String>, message: impl ToString) {
        self.0.push(Detail {
            path: path.into(),
            message: message.to_string(),
        });
    }

    /// What was read, or nothing where it was wrong and is noted.
    pub fn note<T, E: ToString>(
        &mut self,
        path: impl Into<String>,
        read: std::result::Result<T, E>,
    ) -> Option<T> {
        read.map_err(|error| self.add(path, error)).ok()
    }

    pub fn is_nothing(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends here if anything was wrong.
    pub fn refuse_any(self) -> Result<()> {
        match self.is_nothing() {
            true => Ok(()),
            false => Err(self.into()),
        }
    }
}

impl From<Wrong> for Error {
    fn from(wrong: Wrong) -> Self {
        Self::invalid_many(wrong.0)
    }
}
