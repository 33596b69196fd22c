//! A layer under the program's system calls: syncs that fail, a clock that steps.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::need;

const SOURCE: &str = include_str!("layer.c");

pub struct Layer {
    library: PathBuf,
    page: PathBuf,
    told: File,
}

impl Layer {
    /// Builds it in a folder; `None` without a C compiler.
    pub fn new(folder: &Path) -> Option<Self> {
        let compiler = need::program("gcc")?;
        let (source, library) = (folder.join("layer.c"), folder.join("layer.so"));
        std::fs::write(&source, SOURCE).expect("written");
        let mut build = Command::new(compiler);
        build.args(["-shared", "-fPIC", "-O1", "-o"]).arg(&library).arg(&source).arg("-ldl");
        assert!(build.status().expect("gcc runs").success(), "the layer does not compile");
        let page = folder.join("faults");
        let told =
            OpenOptions::new().create(true).truncate(true).read(true).write(true).open(&page);
        let told = told.expect("a file");
        told.write_all_at(&[0; 16], 0).expect("written");
        Some(Self { library, page, told })
    }

    /// What a process has to have in its environment to be under it.
    pub fn environment(&self) -> [(String, String); 2] {
        let text = |path: &Path| path.display().to_string();
        [("LD_PRELOAD".into(), text(&self.library)), ("FAULTS".into(), text(&self.page))]
    }

    pub fn syncs_fail(&self, fail: bool) {
        self.told.write_all_at(&i64::from(fail).to_ne_bytes(), 0).expect("written");
    }

    pub fn clock_is_ahead(&self, seconds: i64) {
        self.told.write_all_at(&seconds.to_ne_bytes(), 8).expect("written");
    }
}
