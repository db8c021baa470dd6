//! What pages are made of.

use crate::support::TestApp;

/// The addresses that stand in quotation marks after this.
fn addresses<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let parts = text.split(before).skip(1);
    parts.map(|part| part.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn each_is_named_by_what_it_holds_and_kept_for_ever() {
    let app = TestApp::spawn().await;
    let door = app.get("/login").await.text;
    let named: Vec<_> = [addresses(&door, "href=\""), addresses(&door, "src=\"")].concat();
    let assets: Vec<_> = named
        .iter()
        .filter(|path| path.starts_with("/assets/"))
        .collect();
    assert_eq!(assets.len(), 3, "{named:?}");
    for path in assets {
        let asset = app.get(path).await;
        assert_eq!(asset.status, 200, "{path}");
        let kept = "public, max-age=31536000, immutable";
        assert_eq!(asset.header("cache-control"), kept, "{path}");
        assert_eq!(asset.header("x-content-type-options"), "nosniff");
        let media = match path.rsplit('.').next().unwrap() {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(asset.header("content-type"), media, "{path}");
        for elsewhere in ["http://", "https://", "@import", "url("] {
            let text = asset.text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains(elsewhere), "{path} asks for {elsewhere}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn a_script_imports_others_by_the_name_under_which_they_are_kept() {
    let app = TestApp::spawn().await;
    let overview = app.visitor(crate::support::ADMIN_KEY).await.page("/").await;
    for script in addresses(&overview, "src=\"") {
        let text = app.get(script).await.text;
        for imported in addresses(&text, "from \"./") {
            let found = app.get(&format!("/assets/{imported}")).await;
            assert_eq!(found.status, 200, "{script} imports {imported}");
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_there() {
    let app = TestApp::spawn().await;
    for path in [
        "/assets/app.css",
        "/assets/app.000000000000.css",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/",
    ] {
        let status = app.get(path).await.status;
        assert!([401, 404].contains(&status), "{path}: {status}");
    }
    app.finish().await;
}
