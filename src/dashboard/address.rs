//! Where the viewer has found us, for commands to copy.

use actix_web::HttpRequest;

pub fn here(req: &HttpRequest) -> String {
    let connection = req.connection_info();
    format!("{}://{}", connection.scheme(), connection.host())
}
