//! Files served as they are. Their names carry a hash of their content, so a
//! browser may keep them for good. A script that imports another, and the manifest of
//! an installed page, name it by its plain name; on the way out that becomes the hashed one, so that a change of
//! any file of a page is a change of the page's own script.

use std::borrow::Cow;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

pub struct Asset {
    /// `icon.svg`
    pub name: &'static str,
    /// `icon.1a2b3c4d5e6f.svg`
    pub hashed: String,
    pub media_type: &'static str,
    pub bytes: Cow<'static, [u8]>,
}

/// A file of `static/`, one of a folder below, or one of `vendor/`.
macro_rules! files {
    ($($name:literal in $folder:literal),+ $(,)?) => {
        [$(($name, include_bytes!(concat!($folder, "/", $name)) as &[u8])),+]
    };
}

/// What is imported stands before what imports it.
const FILES: [(&str, &[u8]); 30] = files![
    "icon.svg" in "static",
    "icon-192.png" in "static",
    "icon-512.png" in "static",
    "check.webmanifest" in "static",
    "console.css" in "static",
    "line.js" in "static",
    "check.css" in "static",
    "noble-ed25519.js" in "vendor",
    "qr-index.js" in "vendor",
    "qr-decode.js" in "vendor",
    "words.js" in "static/check",
    "code.js" in "static/check",
    "ed25519.js" in "static/check",
    "kit.js" in "static/check",
    "answer.js" in "static/check",
    "sweep.js" in "static/check",
    "vault.js" in "static/check",
    "bounds.js" in "static/check",
    "outbox.js" in "static/check",
    "camera.js" in "static/check",
    "glass.js" in "static/check",
    "app.js" in "static/check",
    "photo.js" in "static/check",
    "asking.js" in "static/check",
    "visit.js" in "static/check",
    "shelf.js" in "static/check",
    "refused.js" in "static/check",
    "box.js" in "static/check",
    "others.js" in "static/check",
    "check.js" in "static/check",
];

/// As published, `qr` names its other file so.
const QR_INDEX: (&str, &str) = ("'./index.js'", "qr-index.js");

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    FILES.iter().fold(Vec::new(), |mut before, (name, bytes)| {
        before.push(Asset::new(name, bytes, &before));
        before
    })
});

impl Asset {
    fn new(name: &'static str, bytes: &'static [u8], before: &[Self]) -> Self {
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let (media_type, bytes) = match ending {
            "js" => ("text/javascript; charset=utf-8", imports(bytes, before)),
            "webmanifest" => ("application/manifest+json", imports(bytes, before)),
            "png" => ("image/png", Cow::Borrowed(bytes)),
            "css" => ("text/css; charset=utf-8", Cow::Borrowed(bytes)),
            _ => ("image/svg+xml", Cow::Borrowed(bytes)),
        };
        Self { name, hashed: format!("{stem}.{}.{ending}", version(&bytes)), media_type, bytes }
    }
}

/// A script, or a manifest, that names other files by their hashed names.
fn imports(bytes: &'static [u8], before: &[Asset]) -> Cow<'static, [u8]> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Cow::Borrowed(bytes) };
    let mut out = Cow::Borrowed(text);
    for asset in before {
        let hashed = format!("\"./{}\"", asset.hashed);
        let plain = format!("\"./{}\"", asset.name);
        let plain = if asset.name == QR_INDEX.1 { QR_INDEX.0 } else { &plain };
        if out.contains(plain) {
            out = Cow::Owned(out.replace(plain, &hashed));
        }
    }
    match out {
        Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
        Cow::Owned(text) => Cow::Owned(text.into_bytes()),
    }
}

fn version(bytes: &[u8]) -> String {
    Sha256::digest(bytes)[..6].iter().map(|b| format!("{b:02x}")).collect()
}

/// A page that a service worker keeps, and what it keeps with it.
struct KeptPage {
    path: &'static str,
    sign_in: &'static str,
    prefix: &'static str,
    files: Vec<String>,
    /// Of those, what the page's text names itself.
    named: Vec<String>,
}

impl KeptPage {
    /// Its service worker. The text names the files of this version, so that another
    /// version is another worker.
    fn worker(&self) -> String {
        let Self { path, sign_in, prefix, files, named } = self;
        let body = include_str!("static/page_worker.js");
        let version = version([body, &files.join(" ")].concat().as_bytes());
        format!(
            "const PAGE = {path:?};\nconst SIGN_IN = {sign_in:?};\nconst PREFIX = {prefix:?};\n\
             const FILES = {files:?};\nconst NAMED = {named:?};\nconst VERSION = {version:?};\n{body}"
        )
    }
}

/// The service worker of a packing line's page.
pub static LINE_WORKER: LazyLock<String> = LazyLock::new(|| {
    let files = ["icon.svg", "console.css", "line.js"].map(url).to_vec();
    let (path, sign_in) = ("/enterprise/line", "/enterprise/sign-in");
    let named = files.clone();
    KeptPage { path, sign_in, prefix: "zhenma-line-", files, named }.worker()
});

/// The same of the page on the spot, which needs every file but the line's.
pub static CHECK_WORKER: LazyLock<String> = LazyLock::new(|| {
    let files = FILES.iter().map(|(name, _)| *name).filter(|name| *name != "line.js");
    let (path, sign_in) = ("/officer/check", "/officer/sign-in");
    let named = vec![url("check.js")];
    KeptPage { path, sign_in, prefix: "zhenma-check-", files: files.map(url).collect(), named }
        .worker()
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
