//! Files served as they are. Their names carry a hash of their content, so a
//! browser may keep them for good. A script that imports another names it by its
//! plain name; on the way out that becomes the hashed one, so that a change of
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
const FILES: [(&str, &[u8]); 27] = files![
    "icon.svg" in "static",
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
            "css" => ("text/css; charset=utf-8", Cow::Borrowed(bytes)),
            _ => ("image/svg+xml", Cow::Borrowed(bytes)),
        };
        Self { name, hashed: format!("{stem}.{}.{ending}", version(&bytes)), media_type, bytes }
    }
}

/// A script whose imports name files by their hashed names.
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

/// Files that the page of a packing line needs.
const OF_A_LINE: [&str; 3] = ["icon.svg", "console.css", "line.js"];

/// The service worker of a packing line's page. Its text names the files of this
/// version, so that another version is another worker.
pub static LINE_WORKER: LazyLock<String> =
    LazyLock::new(|| worker(include_str!("static/line_worker.js"), &OF_A_LINE.map(url)));

/// The script of the page on the spot.
const CHECK: &str = "check.js";

/// The same of the page on the spot, which needs every file but the line's.
pub static CHECK_WORKER: LazyLock<String> = LazyLock::new(|| {
    let files: Vec<_> =
        FILES.iter().filter(|(name, _)| *name != "line.js").map(|(name, _)| url(name)).collect();
    let entry = format!("const ENTRY = {:?};\n", url(CHECK));
    worker(&(entry + include_str!("static/check_worker.js")), &files)
});

fn worker(body: &str, files: &[String]) -> String {
    let version = version([body, &files.join(" ")].concat().as_bytes());
    let files: Vec<_> = files.iter().map(|file| format!("{file:?}")).collect();
    format!("const FILES = [{}];\nconst VERSION = \"{version}\";\n{body}", files.join(", "))
}

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
