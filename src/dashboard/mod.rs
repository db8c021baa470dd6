//! The dashboard: what this service does, for people.
//!
//! ```text
//!   request ──▶ door ──▶ visit, or posted ──▶ pages/x.rs ──▶ a noun's verbs
//!               headers,  who it is; a form      a page's       as the API
//!               errors    proves where it        data           calls them
//!               as pages  comes from               │
//!                                                  ▼
//!                                             templates/x.html, in layout.html
//! ```
//!
//! A page is a handler that loads what it shows through the same verbs and
//! the same `Scope` as the API, and a template that is compiled in. It works
//! without scripts: what filters is a GET form, what acts is a POST form. The
//! few scripts in `static/` rewrite times into the viewer's zone, copy
//! commands, and append what happens.
//!
//! To add a page: a handler in `pages/`, a template beside the others that
//! begins with `{% extends "layout.html" %}`, a line in `routes.rs`. What
//! pages are made of is in `templates/ui.html` and `view/`, and what they
//! look like is in `static/app.css`, and nowhere else: the policy of the
//! pages lets neither styles nor scripts stand inside them.

mod answer;
mod assets;
mod commands;
mod curl;
mod door;
mod fields;
mod form;
mod frame;
mod json;
mod moment;
mod pages;
mod refused;
mod routes;
mod session;
mod timing;
mod view;
mod words;
mod written;

pub use routes::pages;
