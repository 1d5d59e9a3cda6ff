//! What is bound, and how: shared by the feature `buildtime-bindgen` and by
//! `build-scripts/bindings`, so that both give the same text.

use std::path::Path;

/// The bindings of `wiredtiger.h` and `wiredtiger_ext.h` in `include`, formatted.
pub(crate) fn generate(include: &Path) -> Result<String, String> {
    bindgen::Builder::default()
        .header_contents(
            "wiredtiger_sys.h",
            "#include <wiredtiger.h>\n#include <wiredtiger_ext.h>\n",
        )
        .clang_arg(format!("-I{}", include.display()))
        .allowlist_item("(__)?(wt|WT|wiredtiger|WIREDTIGER)_.*")
        // Called by the engine in a loadable module: not functions of the library.
        .blocklist_function("wiredtiger_extension_(init|terminate)")
        // C's own names for it differ between systems, but it has 64 bits on each that is supported.
        .blocklist_type("wt_off_t|(__)?off_t")
        .raw_line("pub type wt_off_t = i64;")
        .use_core()
        .generate_comments(false)
        .layout_tests(false)
        .prepend_enum_name(false)
        .merge_extern_blocks(true)
        .size_t_is_usize(true)
        .sort_semantically(true)
        .rust_target(bindgen::RustTarget::stable(85, 0).map_err(|_| "bindgen knows no Rust 1.85")?)
        .rust_edition(bindgen::RustEdition::Edition2024)
        .wrap_unsafe_ops(true)
        .formatter(bindgen::Formatter::Prettyplease)
        .generate()
        .map(|bindings| bindings.to_string())
        .map_err(|why| format!("bindgen: {why} (it needs libclang and its headers)"))
}
