//! Being logged in.
//!
//! ```text
//!   a key or a token ──▶ enter ──▶ a cookie with 32 random bytes
//!                          │              │
//!                          ▼              ▼
//!                 a row: their digest ◀── visit ──▶ a caller, or /login
//!                 what it was, sealed
//! ```
//!
//! The row is in the database, so every replica knows it; it ends by itself
//! after twelve hours, and by being deleted. A session that was begun with an
//! API key asks about that key at every request, so it ends with the key.
//!
//! The cookie is out of reach for scripts. It goes along where somebody
//! follows a link of another site, for what a link leads to changes nothing,
//! but with no form of another site. A form proves besides that it stood on a
//! page of ours: it carries a number that follows from the cookie's (`csrf`),
//! and the browser says where it comes from (`origin`).

mod cookie;
mod csrf;
mod enter;
mod leave;
mod origin;
mod store;
mod token;
mod visit;

pub use cookie::{clear_flash, flash, flash_cookie, theme};
pub use enter::{Entered, begin, enter};
pub use leave::leave;
pub use origin::{comes_from_here, is_encrypted};
pub use visit::Visit;
