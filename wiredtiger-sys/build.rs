//! Builds WiredTiger from source, or finds the system's. This file is the plot; `build/` has the
//! scenes: where the source is, how it is configured, how it is compiled and bound.

#[cfg(feature = "buildtime-bindgen")]
#[path = "build/bindings.rs"]
mod bindings;
#[path = "build/compile.rs"]
mod compile;
#[path = "build/configure.rs"]
mod configure;
#[path = "build/sources.rs"]
mod sources;
#[path = "build/system.rs"]
mod system;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The only version these bindings fit: structs of function pointers change between releases.
const VERSION: &str = "11.3.1";

fn main() -> ExitCode {
    match build() {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("wiredtiger-sys: {why}");
            ExitCode::FAILURE
        }
    }
}

fn build() -> Result<(), String> {
    for file in ["build.rs", "build"] {
        println!("cargo:rerun-if-changed={file}");
    }
    let out = PathBuf::from(env("OUT_DIR")?);

    // docs.rs has no network and needs no library.
    if flag("DOCS_RS") {
        return Ok(());
    }
    let include = if flag("WIREDTIGER_NO_VENDOR") {
        system::probe(VERSION)?
    } else {
        vendored(&out)?
    };
    println!("cargo:include={}", include.display());
    // tests/abi.rs asks this very compiler about these very headers.
    println!("cargo:rustc-env=WIREDTIGER_INCLUDE={}", include.display());
    println!(
        "cargo:rustc-env=WIREDTIGER_CC={}",
        compile::compiler()?.display()
    );
    bind(&include, &out)
}

/// Compiles the engine from source and returns the folder of its headers.
fn vendored(out: &Path) -> Result<PathBuf, String> {
    let source = sources::locate(VERSION)?;
    let target = configure::Target::from_cargo()?;
    let include = configure::write_headers(&source, &target, out)?;
    if !only_checked() {
        compile::library(&source, &target, &include)?;
    }
    println!("cargo:root={}", out.display());
    println!("cargo:source={}", source.display());
    Ok(include)
}

/// Clippy links nothing, and cargo keeps its build apart from all others: no C code is needed.
fn only_checked() -> bool {
    std::env::var_os("RUSTC_WORKSPACE_WRAPPER")
        .is_some_and(|wrapper| Path::new(&wrapper).file_stem() == Some("clippy-driver".as_ref()))
}

#[cfg(feature = "buildtime-bindgen")]
fn bind(include: &Path, out: &Path) -> Result<(), String> {
    let text = bindings::generate(include)?;
    configure::write_if_changed(&out.join("bindings.rs"), &text)
}

#[cfg(not(feature = "buildtime-bindgen"))]
fn bind(_include: &Path, _out: &Path) -> Result<(), String> {
    Ok(())
}

/// A variable that cargo always sets.
fn env(name: &str) -> Result<String, String> {
    std::env::var(name).map_err(|why| format!("{name}: {why}; build with cargo"))
}

/// A switch that decides what is built: another setting builds again.
fn flag(name: &str) -> bool {
    println!("cargo:rerun-if-env-changed={name}");
    is_on(name)
}

/// A switch of the environment: on when set to anything but nothing and `0`.
fn is_on(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
}
