//! What no route takes: a wrong method (405, saying which ones there are) or
//! a wrong address (404).

use std::collections::BTreeMap;

use actix_web::{
    Error as ActixError, HttpRequest, HttpResponse, ResponseError,
    body::{EitherBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{ALLOW, HeaderValue},
    middleware::Next,
    web::Data,
};

use crate::error::{Code, Error};

/// The methods of each route, and whether they are open to everybody.
#[derive(Clone, Debug, Default)]
pub struct Routes(pub BTreeMap<String, Methods>);

#[derive(Clone, Debug, Default)]
pub struct Methods {
    pub names: Vec<String>,
    pub public: bool,
}

impl Routes {
    /// Each as a line, such as `GET /health`.
    pub fn list(&self) -> Vec<String> {
        let lines = |(path, methods): (&String, &Methods)| -> Vec<String> {
            methods
                .names
                .iter()
                .map(|name| format!("{name} {path}"))
                .collect()
        };
        self.0.iter().flat_map(lines).collect()
    }

    fn at<'a>(&'a self, req: &HttpRequest) -> Option<&'a Methods> {
        let pattern = req.resource_map().match_pattern(req.path())?;
        self.0.get(&pattern)
    }
}

/// The default service, behind the door.
pub async fn unrouted(req: HttpRequest, routes: Data<Routes>) -> HttpResponse {
    refusal(routes.at(&req)).error_response()
}

/// Before the door: a public address that is asked with a wrong method is not
/// a case for a token.
pub async fn refuse_wrong_method_in_public(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, ActixError> {
    let routes = req.app_data::<Data<Routes>>().cloned();
    let found = routes.as_ref().and_then(|routes| routes.at(req.request()));
    if found.is_some_and(|methods| methods.public) {
        let refused = refusal(found).error_response();
        return Ok(req.into_response(refused).map_into_right_body());
    }
    Ok(next.call(req).await?.map_into_left_body())
}

fn refusal(found: Option<&Methods>) -> Error {
    let Some(methods) = found else {
        return Error::new(
            Code::NotFound,
            "There is nothing at this address; /docs lists what there is.",
        );
    };
    let allow = methods.names.join(", ");
    let error = Error::new(
        Code::MethodNotAllowed,
        format!("This address takes {allow}."),
    );
    match HeaderValue::try_from(allow) {
        Ok(allow) => error.with_header(ALLOW, allow),
        Err(_) => error,
    }
}
