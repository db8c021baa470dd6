//! Guests who mean no good: words that would be scripts, forms that others made, and doors that are
//! not theirs. The list of pages and forms is read from the routes themselves, so that none is
//! left out which is added tomorrow.

mod doors;
mod furnish;
mod scan;
mod words;

/// The addresses of the dashboard, each with whether it is opened and whether it takes a form.
fn routes() -> Vec<Route> {
    let source = std::fs::read_to_string("src/dashboard/routes.rs").unwrap();
    let mut routes = Vec::new();
    for service in source.split(".service(page(\"").skip(1) {
        let service = service.split(".service(").next().unwrap();
        let (path, what) = service.split_once('"').unwrap();
        routes.push(Route {
            path: path.to_owned(),
            opens: what.contains("get()"),
            takes_form: what.contains("post()"),
        });
    }
    assert!(routes.len() > 30, "the routes were not found");
    routes
}

#[derive(Debug)]
struct Route {
    path: String,
    opens: bool,
    takes_form: bool,
}
