//! Style sheets, scripts and the icon: in the binary, and named by what they
//! hold, so that a browser asks for each of them once and never again.

use std::sync::LazyLock;

use actix_web::{
    HttpResponse,
    http::header::CACHE_CONTROL,
    web::{Bytes, Path},
};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

const FOR_EVER: &str = "public, max-age=31536000, immutable";
const DIGEST_BYTES: usize = 6;

struct Asset {
    name: &'static str,
    /// With the digest in the middle: `app.1f2e3d4c5b6a.css`.
    file: String,
    media: &'static str,
    bytes: Bytes,
}

/// A script stands after those that it imports.
static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    const CSS: &str = "text/css; charset=utf-8";
    const SCRIPT: &str = "text/javascript; charset=utf-8";
    let files = [
        ("app.css", CSS, include_str!("static/app.css")),
        ("app.js", SCRIPT, include_str!("static/app.js")),
        ("stream.js", SCRIPT, include_str!("static/stream.js")),
        ("follow.js", SCRIPT, include_str!("static/follow.js")),
        ("live.js", SCRIPT, include_str!("static/live.js")),
        ("icon.svg", "image/svg+xml", include_str!("static/icon.svg")),
    ];
    let mut assets = Vec::with_capacity(files.len());
    for (name, media, text) in files {
        assets.push(asset(name, media, text, &assets));
    }
    assets
});

fn asset(name: &'static str, media: &'static str, text: &str, before: &[Asset]) -> Asset {
    let text = before.iter().fold(text.to_owned(), |text, imported| {
        let named = |file: &str| format!("\"./{file}\"");
        text.replace(&named(imported.name), &named(&imported.file))
    });
    let digest = hex::encode(&Sha256::digest(&text)[..DIGEST_BYTES]);
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, "bin"));
    Asset {
        name,
        file: format!("{stem}.{digest}.{extension}"),
        media,
        bytes: Bytes::from(text),
    }
}

/// Where a page finds what it is made of.
pub fn address_of(name: &str) -> String {
    let asset = ASSETS.iter().find(|asset| asset.name == name);
    debug_assert!(asset.is_some(), "there is no asset {name}");
    let file = asset.map_or(name, |asset| &asset.file);
    format!("/assets/{file}")
}

/// Open to everybody: the log-in page is made of the same.
pub async fn serve(file: Path<String>) -> Result<HttpResponse> {
    let asset = ASSETS.iter().find(|asset| asset.file == *file);
    let asset = asset.ok_or_else(|| Error::not_found("asset"))?;
    Ok(HttpResponse::Ok()
        .content_type(asset.media)
        .insert_header((CACHE_CONTROL, FOR_EVER))
        .body(asset.bytes.clone()))
}
