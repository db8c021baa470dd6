//! Ciphertext in a row.
//!
//! The type says which columns are sealed, so that clear bytes do not get into one by mistake, and
//! its `Debug` shows only a length, so that no row prints what it hides.

use std::fmt;

use sea_orm::DeriveValueType;

#[derive(Clone, PartialEq, Eq, DeriveValueType)]
pub struct Sealed(pub Vec<u8>);

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealed({} bytes)", self.0.len())
    }
}
