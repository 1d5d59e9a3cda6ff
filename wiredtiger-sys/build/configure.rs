//! Writes the two headers that upstream's own build generates, and says what the target needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Compressors with a place in the engine's own start-up code.
///
/// Snappy has one, too, but with it the engine compresses its history store, and a database could
/// not be opened any more by a build without the feature: it is an extension here.
pub(crate) const COMPRESSORS: [&str; 3] = ["lz4", "zlib", "zstd"];

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Os {
    Linux,
    Darwin,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arch {
    X86,
    Arm64,
}

/// The platforms whose file lists and settings are in place.
pub(crate) struct Target {
    pub(crate) os: Os,
    pub(crate) arch: Arch,
}

impl Target {
    pub(crate) fn from_cargo() -> Result<Self, String> {
        let os = crate::env("CARGO_CFG_TARGET_OS")?;
        let arch = crate::env("CARGO_CFG_TARGET_ARCH")?;
        let unsupported =
            || format!("{arch}-{os} is not supported: Linux and macOS on x86_64 and aarch64 are");
        Ok(Self {
            os: match os.as_str() {
                "linux" => Os::Linux,
                "macos" => Os::Darwin,
                _ => return Err(unsupported()),
            },
            arch: match arch.as_str() {
                "x86_64" => Arch::X86,
                "aarch64" => Arch::Arm64,
                _ => return Err(unsupported()),
            },
        })
    }

    /// The tags of `dist/filelist` whose files belong to this target.
    pub(crate) fn filelist_tags(&self) -> [&'static str; 3] {
        [
            "POSIX_HOST",
            match self.os {
                Os::Linux => "LINUX_HOST",
                Os::Darwin => "DARWIN_HOST",
            },
            match self.arch {
                Arch::X86 => "X86_HOST",
                Arch::Arm64 => "ARM64_HOST",
            },
        ]
    }

    /// `#cmakedefine` names that are on; every other name of the template is off.
    fn defines(&self) -> Vec<String> {
        // What the engine's code reads and both systems have.
        let mut on = vec![
            "HAVE_CLOCK_GETTIME",
            "HAVE_GETTIMEOFDAY",
            "HAVE_POSIX_MADVISE",
            "HAVE_POSIX_MEMALIGN",
            "HAVE_STRTOUQ",
            "SPINLOCK_TYPE",
            // Decides the format of what is written to disk: never change it.
            "WT_STANDALONE_BUILD",
        ];
        if self.os == Os::Linux {
            on.extend([
                "HAVE_FALLOCATE",
                "HAVE_FDATASYNC",
                "HAVE_POSIX_FADVISE",
                "HAVE_POSIX_FALLOCATE",
                "HAVE_PTHREAD_COND_MONOTONIC",
                "HAVE_SYNC_FILE_RANGE",
            ]);
        }
        if self.arch == Arch::X86 {
            on.push("HAVE_X86INTRIN_H");
        }
        if cfg!(feature = "diagnostic") {
            on.extend(["HAVE_DIAGNOSTIC", "HAVE_REF_TRACK"]);
        }
        // The one call that start-up makes before it reads the encryption settings and that no
        // compressor here uses: `early_load` in src/ answers it.
        on.push("HAVE_BUILTIN_EXTENSION_IAA");
        let mut on: Vec<String> = on.into_iter().map(String::from).collect();
        for name in COMPRESSORS {
            if feature(name) {
                on.push(format!("HAVE_BUILTIN_EXTENSION_{}", name.to_uppercase()));
            }
        }
        on
    }

    fn placeholders(&self) -> BTreeMap<&'static str, String> {
        let [major, minor, patch] = version_parts();
        let alignment = match self.os {
            Os::Linux => "4096",
            Os::Darwin => "0",
        };
        let includes = [
            "sys/types",
            "inttypes",
            "stdarg",
            "stdbool",
            "stdint",
            "stdio",
        ]
        .map(|header| format!("#include <{header}.h>"))
        .join("\n");
        BTreeMap::from([
            ("VERSION_MAJOR", major.to_string()),
            ("VERSION_MINOR", minor.to_string()),
            ("VERSION_PATCH", patch.to_string()),
            // Upstream adds the day of the build here: left out, so that builds are repeatable.
            (
                "VERSION_STRING",
                format!("\"WiredTiger {}\"", crate::VERSION),
            ),
            ("wiredtiger_includes_decl", includes),
            ("off_t_decl", "typedef off_t wt_off_t;".into()),
            ("uintmax_t_decl", String::new()),
            ("uintptr_t_decl", String::new()),
            ("SPINLOCK_TYPE_CONFIG_VAR", "SPINLOCK_PTHREAD_MUTEX".into()),
            ("WT_BUFFER_ALIGNMENT_DEFAULT", alignment.into()),
        ])
    }
}

/// Whether a feature of this crate is on.
pub(crate) fn feature(name: &str) -> bool {
    let name = name.to_uppercase().replace('-', "_");
    std::env::var_os(format!("CARGO_FEATURE_{name}")).is_some()
}

fn version_parts() -> [&'static str; 3] {
    let mut parts = crate::VERSION.split('.');
    [(); 3].map(|()| parts.next().unwrap_or("0"))
}

/// Writes `wiredtiger.h`, `wiredtiger_ext.h` and `wiredtiger_config.h` below `out`, and returns
/// their folder.
pub(crate) fn write_headers(source: &Path, target: &Target, out: &Path) -> Result<PathBuf, String> {
    let include = out.join("include");
    fs::create_dir_all(&include).map_err(|why| format!("{}: {why}", include.display()))?;
    let values = target.placeholders();
    let on = target.defines();
    for (template, header) in [
        ("src/include/wiredtiger.in", "wiredtiger.h"),
        ("src/include/wiredtiger_ext.h", "wiredtiger_ext.h"),
        (
            "cmake/configs/wiredtiger_config.h.in",
            "wiredtiger_config.h",
        ),
    ] {
        let path = source.join(template);
        println!("cargo:rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).map_err(|why| format!("{template}: {why}"))?;
        let text = expand(&text, &on, &values).map_err(|why| format!("{template}: {why}"))?;
        write_if_changed(&include.join(header), &text)?;
    }
    Ok(include)
}

/// Replaces `#cmakedefine NAME …` lines and `@name@` places. A name that is not known is an
/// error: a new release of the engine must not be configured by guess.
fn expand(
    text: &str,
    on: &[String],
    values: &BTreeMap<&'static str, String>,
) -> Result<String, String> {
    let mut result = String::with_capacity(text.len());
    for line in text.lines() {
        match line.strip_prefix("#cmakedefine ") {
            Some(define) => {
                let name = define.split_whitespace().next().unwrap_or_default();
                if on.iter().any(|each| each == name) {
                    let define = define.trim_end().trim_end_matches(';');
                    result.push_str(&format!("#define {}", substitute(define, values)?));
                } else {
                    result.push_str(&format!("/* #undef {name} */"));
                }
            }
            None => result.push_str(&substitute(line, values)?),
        }
        result.push('\n');
    }
    for name in on {
        if !text.contains(&format!("#cmakedefine {name}")) && text.contains("#cmakedefine") {
            return Err(format!("the template does not know {name}"));
        }
    }
    Ok(result)
}

fn substitute(line: &str, values: &BTreeMap<&'static str, String>) -> Result<String, String> {
    let mut result = String::new();
    let mut rest = line;
    while let Some((name, start, end)) = next_place(rest) {
        let value = values
            .get(name)
            .ok_or_else(|| format!("the placeholder @{name}@ is not known"))?;
        result.push_str(&rest[..start]);
        result.push_str(value);
        rest = &rest[end..];
    }
    result.push_str(rest);
    Ok(result)
}

/// The first `@name@` of a line: the comments also hold single `@` marks.
fn next_place(line: &str) -> Option<(&str, usize, usize)> {
    let mut from = 0;
    loop {
        let start = from + line[from..].find('@')?;
        let name = &line[start + 1..];
        let len = name
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(name.len());
        if len > 0 && name[len..].starts_with('@') {
            return Some((&name[..len], start, start + len + 2));
        }
        from = start + 1;
    }
}

/// Leaves an unchanged file alone, so that nothing that reads it looks newer.
pub(crate) fn write_if_changed(path: &Path, text: &str) -> Result<(), String> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    fs::write(path, text).map_err(|why| format!("{}: {why}", path.display()))
}
