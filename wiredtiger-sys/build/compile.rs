//! Compiles the engine, its built-in compressors and its encryptor into one static library.

use std::fs;
use std::path::{Path, PathBuf};

use crate::configure::{Arch, COMPRESSORS, Os, Target, feature};

pub(crate) fn library(source: &Path, target: &Target, include: &Path) -> Result<(), String> {
    let mut build = cc::Build::new();
    // Order matters: the generated headers come before the templates' folder.
    build.include(include).include(source.join("src/include"));
    flags(&mut build, source, target);

    let mut files = engine_files(source, target)?;
    for file in &files {
        watch(file);
    }
    watch_headers(&source.join("src/include"))?;
    if takes_memory_from_mimalloc() {
        let heap = source.join(HEAP);
        files.retain(|file| *file != heap);
        build.objects(with_mimalloc(&build, &heap)?);
    }
    build.files(files);

    for name in COMPRESSORS {
        if feature(name) {
            let file = source.join(format!("ext/compressors/{name}/{name}_compress.c"));
            watch(&file);
            build.file(file).includes(dependency_include(name)?);
        }
    }
    build
        .try_compile("wiredtiger")
        .map_err(|why| format!("the C compiler failed: {why}"))?;

    for extension in &EXTENSIONS {
        if feature(extension.name) {
            extension.compile(source, target, include)?;
        }
    }
    // glibc before 2.34 keeps these apart.
    if target.os == Os::Linux {
        println!("cargo:rustc-link-lib=pthread");
        println!("cargo:rustc-link-lib=dl");
    }
    Ok(())
}

/// The only file of the engine that calls the C library's allocator.
const HEAP: &str = "src/os_common/os_alloc.c";

/// AddressSanitizer wants to see every allocation.
fn takes_memory_from_mimalloc() -> bool {
    feature("mimalloc") && !feature("asan")
}

/// Compiles the file with other names for what it calls.
fn with_mimalloc(build: &cc::Build, heap: &Path) -> Result<Vec<PathBuf>, String> {
    let mut build = build.clone();
    for name in ["malloc", "calloc", "realloc", "free", "posix_memalign"] {
        build.define(name, &*format!("mi_{name}"));
    }
    build
        .file(heap)
        .try_compile_intermediates()
        .map_err(|why| format!("the C compiler failed on {HEAP}: {why}"))
}

/// The C compiler for the target.
pub(crate) fn compiler() -> Result<PathBuf, String> {
    let tool = cc::Build::new()
        .try_get_compiler()
        .map_err(|why| format!("there is no C compiler: {why}"))?;
    Ok(tool.path().to_owned())
}

/// Upstream's release flags. The level is the same in every cargo profile: an engine compiled
/// without optimisation is too slow to test with.
fn flags(build: &mut cc::Build, source: &Path, target: &Target) {
    build
        .std("c11")
        .opt_level(if feature("asan") { 1 } else { 2 })
        .debug(feature("asan") || feature("diagnostic"))
        .force_frame_pointer(feature("asan"))
        .pic(true)
        .warnings(false)
        .extra_warnings(false)
        // Another author's code: its warnings are not this build's news.
        .cargo_warnings(false)
        .flag("-fno-strict-aliasing")
        .flag("-pthread")
        .define("NDEBUG", None);
    if feature("asan") {
        build.flag("-fsanitize=address");
    }
    match target.os {
        Os::Linux => {
            build.define("_GNU_SOURCE", None);
        }
        Os::Darwin => {
            let apple = source.join("oss/apple");
            build.flag("-isystem").flag(apple.display().to_string());
        }
    }
    match target.arch {
        // The checksum instructions of x86 are chosen when the program runs: no flag needed.
        Arch::X86 => {}
        Arch::Arm64 => {
            build.define("HAVE_ARM_NEON_INTRIN_H", None);
            build
                .flag("-march=armv8-a+crc")
                .flag_if_supported("-moutline-atomics");
        }
    }
}

/// The library's files for this target, from upstream's own list.
fn engine_files(source: &Path, target: &Target) -> Result<Vec<PathBuf>, String> {
    let list = source.join("dist/filelist");
    watch(&list);
    let text = fs::read_to_string(&list).map_err(|why| format!("{}: {why}", list.display()))?;
    let tags = target.filelist_tags();
    let mut files = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_whitespace();
        let Some(file) = words.next() else { continue };
        if words.next().is_none_or(|tag| tags.contains(&tag)) {
            files.push(source.join(file));
        }
    }
    if files.is_empty() {
        return Err(format!("{} names no file for this target", list.display()));
    }
    Ok(files)
}

/// A module that upstream loads as a shared object, or builds in with side effects. Here it is
/// linked in under names of its own, and `early_load` in src/ registers it while a database opens.
struct Extension {
    name: &'static str,
    file: &'static str,
    defines: &'static [(&'static str, &'static str)],
}

const EXTENSIONS: [Extension; 2] = [
    Extension {
        name: "snappy",
        file: "ext/compressors/snappy/snappy_compress.c",
        // Leaves out the entry point of a shared object.
        defines: &[("HAVE_BUILTIN_EXTENSION_SNAPPY", "1")],
    },
    Extension {
        name: "sodium",
        file: "ext/encryptors/sodium/sodium_encrypt.c",
        defines: &[
            (
                "wiredtiger_extension_init",
                "wiredtiger_sodium_extension_init",
            ),
            (
                "wiredtiger_extension_terminate",
                "wiredtiger_sodium_extension_terminate",
            ),
        ],
    },
];

impl Extension {
    fn compile(&self, source: &Path, target: &Target, include: &Path) -> Result<(), String> {
        let file = source.join(self.file);
        watch(&file);
        let mut build = cc::Build::new();
        build.include(include).include(source.join("src/include"));
        flags(&mut build, source, target);
        for (name, value) in self.defines {
            build.define(name, *value);
        }
        build
            .includes(dependency_include(self.name)?)
            .file(file)
            .try_compile(&format!("wiredtiger_{}", self.name))
            .map_err(|why| format!("the C compiler failed on {}: {why}", self.name))
    }
}

/// The include folders that the -sys crate of a library announces.
fn dependency_include(name: &str) -> Result<Vec<PathBuf>, String> {
    let links = if name == "zlib" { "z" } else { name };
    let variable = format!("DEP_{}_INCLUDE", links.to_uppercase());
    let dirs = std::env::var(&variable)
        .map_err(|_| format!("{variable} is not set: the crate that builds {name} changed"))?;
    // Some crates join several folders with `,` (pkg-config) or `;`.
    Ok(dirs.split([',', ';']).map(PathBuf::from).collect())
}

/// Cargo compares modification times: files are named one by one, because the time of a folder
/// also moves when something that no build reads is written into it.
fn watch(file: &Path) {
    println!("cargo:rerun-if-changed={}", file.display());
}

fn watch_headers(dir: &Path) -> Result<(), String> {
    let entries = fs::read_dir(dir).map_err(|why| format!("{}: {why}", dir.display()))?;
    for entry in entries {
        let path = entry
            .map_err(|why| format!("{}: {why}", dir.display()))?
            .path();
        if path.extension().is_some_and(|ext| ext == "h") {
            watch(&path);
        }
    }
    Ok(())
}
