//! What no compiler checks: layers, file lengths, links, words that must not
//! stand in the product.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules of `src/` from the ground up. A module imports only from lower
/// numbers, and from itself.
const LAYERS: &[(&str, u8)] = &[
    ("base", 0),
    ("keys", 1),
    ("typeface", 1),
    ("code", 2),
    ("auth", 2),
    ("registry", 3),
    ("document", 4),
    ("hooks", 4),
    ("label", 4),
    ("media", 4),
    // Reads the register: which code is whose, what is withdrawn.
    ("trace", 4),
    ("scan", 4),
    ("cases", 5),
    ("exports", 5),
    ("handoff", 5),
    ("kit", 5),
    ("evidence", 6),
    ("leads", 5),
    ("dossier", 6),
    ("figures", 6),
    ("lists", 6),
    ("overview", 6),
    ("recall", 5),
    ("visits", 5),
    ("reports", 5),
    ("store", 7),
    ("web", 7),
    ("http", 8),
    ("app", 9),
    ("cli", 10),
];

/// Lines in one source file; nine in ten stay well under it.
const FILE_LINES_MAX: usize = 450;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(under: &Path, ending: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(under).expect("a folder of the project").flatten() {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() {
            if name != "target" && name != "node_modules" && name != "corpus" {
                files(&path, ending, out);
            }
        } else if name.to_string_lossy().ends_with(ending) {
            out.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    files(&root().join("src"), ".rs", &mut paths);
    assert!(paths.len() > 30, "only {} sources found", paths.len());
    paths.into_iter().map(|p| (p.clone(), fs::read_to_string(p).expect("a source"))).collect()
}

fn layer_of(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

#[test]
fn modules_import_only_from_lower_layers() {
    let mut wrong = Vec::new();
    for (path, text) in sources() {
        let inside = path.strip_prefix(root().join("src")).expect("under src");
        let own = inside.components().next().expect("a name").as_os_str().to_string_lossy();
        let own = own.trim_end_matches(".rs").to_owned();
        let Some(layer) = layer_of(&own) else { continue };
        for (n, line) in text.lines().enumerate() {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let named: String =
                    rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let Some(other) = layer_of(&named) else { continue };
                if named != own && other >= layer {
                    wrong.push(format!("{}:{}: {own} imports {named}", inside.display(), n + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "imports against the layers:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_has_a_layer() {
    for entry in fs::read_dir(root().join("src")).expect("src").flatten() {
        let name = entry.file_name().to_string_lossy().trim_end_matches(".rs").to_owned();
        let known = layer_of(&name).is_some() || ["lib", "main", "guide"].contains(&name.as_str());
        assert!(known, "src/{name} has no layer in tests/it/tidy.rs");
    }
}

#[test]
fn files_stay_readable() {
    let long: Vec<_> = sources()
        .into_iter()
        .map(|(path, text)| (text.lines().count(), path))
        .filter(|(lines, _)| *lines > FILE_LINES_MAX)
        .collect();
    assert!(long.is_empty(), "longer than {FILE_LINES_MAX} lines: {long:?}");
}

#[test]
fn nothing_is_left_over() {
    let marks = ["TO", "FIX"].map(|s| format!("{s}{}", if s == "TO" { "DO" } else { "ME" }));
    for (path, text) in sources() {
        for (n, line) in text.lines().enumerate() {
            let at = format!("{}:{}", path.display(), n + 1);
            assert!(!marks.iter().any(|m| line.contains(m.as_str())), "left over at {at}");
            assert!(!line.contains("todo!(") && !line.contains("dbg!("), "left over at {at}");
        }
    }
}

/// So that what `tests/browser/check.mjs` looks for in the dark is all that may differ there.
#[test]
fn in_the_dark_only_colours_differ() {
    let mut sheets = Vec::new();
    files(&root().join("src/web"), ".css", &mut sheets);
    files(&root().join("src/web"), ".html", &mut sheets);
    let mut found = 0;
    for sheet in sheets {
        let text = fs::read_to_string(&sheet).expect("a sheet");
        for block in text.split("(prefers-color-scheme: dark)").skip(1) {
            found += 1;
            let mut depth = 0;
            let inner = block.split_inclusive(['{', '}', ';']).take_while(|part| {
                depth += i32::from(part.ends_with('{')) - i32::from(part.ends_with('}'));
                depth > 0
            });
            let declarations = inner.filter(|part| !part.ends_with('{'));
            for (property, _) in declarations.filter_map(|part| part.split_once(':')) {
                let property = property.trim();
                let is_colour = property.starts_with("--")
                    || ["color", "background", "border-color"].contains(&property);
                assert!(is_colour, "{}: {property} in the dark", sheet.display());
            }
        }
    }
    assert!(found >= 4, "{found} blocks");
}

#[test]
fn the_product_never_claims_what_is_not_its_to_say() {
    for (path, text) in sources() {
        // Words of a certificate of the state, and of what is in the bottle.
        for claim in ["国家认证", "政府认证", "官方认证", "假一赔", "为正品", "是正品"]
        {
            assert!(!text.contains(claim), "{}: says {claim}", path.display());
        }
    }
}

#[test]
fn links_in_documents_lead_somewhere() {
    let mut documents = vec![root().join("README.md")];
    for folder in ["src", "keys", "tests", "benches", "deploy"] {
        files(&root().join(folder), ".md", &mut documents);
    }
    for document in documents {
        let text = fs::read_to_string(&document).expect("a document");
        for (at, _) in text.match_indices("](") {
            let target: String = text[at + 2..].chars().take_while(|c| *c != ')').collect();
            let path = target.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains("://") || path.starts_with("mailto:") {
                continue;
            }
            let full = document.parent().expect("a folder").join(path);
            assert!(full.exists(), "{}: link to {target}", document.display());
        }
    }
}
