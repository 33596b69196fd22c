//! Files served as they are. Their names carry a hash of their content, so a
//! browser may keep them for good.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

pub struct Asset {
    /// `icon.svg`
    pub name: &'static str,
    /// `icon.1a2b3c4d5e6f.svg`
    pub hashed: String,
    pub media_type: &'static str,
    pub bytes: &'static [u8],
}

const FILES: [(&str, &str, &[u8]); 3] = [
    ("icon.svg", "image/svg+xml", include_bytes!("static/icon.svg")),
    ("console.css", "text/css; charset=utf-8", include_bytes!("static/console.css")),
    ("line.js", "text/javascript; charset=utf-8", include_bytes!("static/line.js")),
];

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(name, media_type, bytes)| {
            let digest = Sha256::digest(bytes);
            let hash: String = digest[..6].iter().map(|b| format!("{b:02x}")).collect();
            let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
            Asset { name, hashed: format!("{stem}.{hash}.{ending}"), media_type, bytes }
        })
        .collect()
});

/// Files that the page of a packing line needs.
const OF_A_LINE: [&str; 3] = ["icon.svg", "console.css", "line.js"];

/// The service worker of a packing line's page. Its text names the files of this
/// version, so that another version is another worker.
pub static LINE_WORKER: LazyLock<String> = LazyLock::new(|| {
    let body = include_str!("static/line_worker.js");
    let files = OF_A_LINE.map(url);
    let digest = Sha256::digest([body, &files.join(" ")].concat().as_bytes());
    let version: String = digest[..6].iter().map(|b| format!("{b:02x}")).collect();
    let files = files.map(|file| format!("{file:?}")).join(", ");
    format!("const FILES = [{files}];\nconst VERSION = \"{version}\";\n{body}")
});

/// The asset with this hashed name.
pub fn find(hashed: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|a| a.hashed == hashed)
}

/// The asset with this plain name.
pub fn named(name: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|a| a.name == name)
}

/// Path under which the asset with this plain name is served.
///
/// # Panics
/// When there is no such file: a mistake of ours that the first page shows.
pub fn url(name: &str) -> String {
    let asset = named(name).expect("a file of FILES");
    format!("/static/{}", asset.hashed)
}
