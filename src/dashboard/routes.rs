//! Every page on one screen.
//!
//! Each address is wrapped in the door, which dresses its answers as pages;
//! what is GET shows, what is POST acts and takes [`Posted`](super::form::Posted).

use actix_web::{
    HttpResponse, Resource,
    body::BoxBody,
    dev::{ServiceFactory, ServiceRequest, ServiceResponse},
    middleware::from_fn,
    web::{ServiceConfig, get, post, resource, to},
};

use super::{assets, door, pages as p};
use crate::error::{Code, Error, Result};

/// All of them, and what they are made of.
#[rustfmt::skip]
pub fn pages(pages: &mut ServiceConfig) {
    pages
        .route("/assets/{name}", get().to(assets::serve))
        .route("/live", get().to(p::live::follow))
        .service(page("/login").route(get().to(p::login::show)).route(post().to(p::login::enter)))
        .service(page("/logout").route(post().to(p::login::leave)))
        .service(page("/").route(get().to(p::overview::show)))
        .configure(calls)
        .configure(campaigns)
        .configure(schedules)
        .configure(tools_and_keys)
        .configure(subscriptions_and_deliveries);
}

#[rustfmt::skip]
fn calls(pages: &mut ServiceConfig) {
    pages
        .service(page("/calls").route(get().to(p::calls::list::show)))
        .service(page("/calls/new").route(get().to(p::calls::new::show)).route(post().to(p::calls::new::place)))
        .service(page("/calls/{id}").route(get().to(p::calls::one::show)))
        .service(page("/calls/{id}/cancel").route(post().to(p::calls::act::cancel)))
        .service(page("/calls/{id}/replay").route(post().to(p::calls::act::replay)));
}

#[rustfmt::skip]
fn campaigns(pages: &mut ServiceConfig) {
    pages
        .service(page("/campaigns").route(get().to(p::campaigns::list::show)))
        .service(page("/campaigns/{id}").route(get().to(p::campaigns::one::show)))
        .service(page("/campaigns/{id}/start").route(post().to(p::campaigns::act::start)))
        .service(page("/campaigns/{id}/pause").route(post().to(p::campaigns::act::pause)))
        .service(page("/campaigns/{id}/resume").route(post().to(p::campaigns::act::resume)))
        .service(page("/campaigns/{id}/cancel").route(post().to(p::campaigns::act::cancel)));
}

#[rustfmt::skip]
fn schedules(pages: &mut ServiceConfig) {
    pages
        .service(page("/schedules").route(get().to(p::schedules::list::show)))
        .service(page("/schedules/new").route(get().to(p::schedules::new::show)).route(post().to(p::schedules::new::create)))
        .service(page("/schedules/{id}").route(get().to(p::schedules::one::show)))
        .service(page("/schedules/{id}/pause").route(post().to(p::schedules::act::pause)))
        .service(page("/schedules/{id}/resume").route(post().to(p::schedules::act::resume)))
        .service(page("/schedules/{id}/delete").route(post().to(p::schedules::act::delete)));
}

#[rustfmt::skip]
fn tools_and_keys(pages: &mut ServiceConfig) {
    pages
        .service(page("/tools").route(get().to(p::tools::list)).route(post().to(p::tools::register)))
        .service(page("/tools/{id}/delete").route(post().to(p::tools::delete)))
        .service(page("/keys").route(get().to(p::keys::list)).route(post().to(p::keys::create)))
        .service(page("/keys/{id}/revoke").route(post().to(p::keys::revoke)));
}

#[rustfmt::skip]
fn subscriptions_and_deliveries(pages: &mut ServiceConfig) {
    use p::subscriptions as s;
    pages
        .service(page("/subscriptions").route(get().to(s::list::show)))
        .service(page("/subscriptions/new").route(get().to(s::new::ask)).route(post().to(s::new::subscribe)))
        .service(page("/subscriptions/{id}").route(get().to(s::one::show)))
        .service(page("/subscriptions/{id}/change").route(get().to(s::change::ask)).route(post().to(s::change::apply)))
        .service(page("/subscriptions/{id}/pause").route(post().to(s::activity::pause)))
        .service(page("/subscriptions/{id}/reactivate").route(get().to(s::activity::ask)).route(post().to(s::activity::reactivate)))
        .service(page("/subscriptions/{id}/rotate").route(get().to(s::rotate::ask)).route(post().to(s::rotate::rotate)))
        .service(page("/subscriptions/{id}/test").route(get().to(s::tryout::ask)).route(post().to(s::tryout::send)))
        .service(page("/subscriptions/{id}/replay").route(get().to(s::replay::ask)).route(post().to(s::replay::count_or_send)))
        .service(page("/subscriptions/{id}/delete").route(get().to(s::delete::ask)).route(post().to(s::delete::delete)))
        .service(page("/deliveries/{id}").route(get().to(p::deliveries::show)))
        .service(page("/deliveries/{id}/retry").route(post().to(p::deliveries::retry)))
        .service(page("/deliveries/{id}/curl").route(post().to(p::deliveries::sign)))
        .service(page("/events/{id}").route(get().to(p::event::show)))
        .service(page("/events/{id}/replay").route(post().to(p::event::replay)))
        .service(page("/debugger").route(get().to(p::debugger::show)).route(post().to(p::debugger::check)));
}

/// An address whose answers are pages, errors too.
fn page(
    path: &str,
) -> Resource<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<BoxBody>,
        Error = actix_web::Error,
        InitError = (),
    >,
> {
    resource(path)
        .default_service(to(wrong_method))
        .wrap(from_fn(door::dress))
}

async fn wrong_method() -> Result<HttpResponse> {
    let message = "This address is for a form, and is not a page to open.";
    Err(Error::new(Code::MethodNotAllowed, message))
}
