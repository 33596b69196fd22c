//! The steps of a package's own README, with other people's programs.

use std::fs;
use std::path::Path;

use super::shell;

/// With `unzip`, into a new folder.
pub fn unpack(package: &Path, into: &Path) {
    fs::create_dir_all(into).expect("a folder");
    let line = format!("unzip -q '{}' -d '{}'", package.display(), into.display());
    let out = shell(into, &line);
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// Every command of the README but that of our own program, in a folder where the
/// package was unpacked. `authority`: the root of who dated it.
pub fn checks_out(folder: &Path, authority: Option<&Path>) {
    let readme = fs::read_to_string(folder.join("README.txt")).expect("a README");
    let commands = readme.lines().filter_map(|line| line.strip_prefix("     "));
    let mut run = 0;
    for command in commands.filter(|line| !line.starts_with("zhenma ")) {
        let line = match authority {
            Some(root) => command.replace("AUTHORITY.pem", &root.to_string_lossy()),
            None if command.contains("AUTHORITY.pem") => continue,
            None => command.to_owned(),
        };
        // Without a label that was read whole the README shows how it would be.
        if line.contains("units/SERIAL") {
            continue;
        }
        let out = shell(folder, &line);
        let said = String::from_utf8_lossy(&out.stdout).into_owned();
        let wrong = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(out.status.success(), "{line}\n{said}{wrong}");
        if line.contains("pkeyutl -verify") {
            assert!(said.contains("Signature Verified Successfully"), "{line}: {said}");
        }
        run += 1;
    }
    assert!(run >= 8, "{run} commands of the README were run");
}
