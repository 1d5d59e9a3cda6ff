//! The committed bindings against the C compiler.
//!
//! Every size, alignment, offset, constant and signature of `src/bindings.rs` is compared with
//! what the C compiler says about the engine's headers. The items are taken from the bindings
//! themselves, so nothing has to be listed here, and an item that the test does not understand
//! fails it.

#![allow(clippy::unwrap_used, reason = "helpers of tests")]

#[path = "abi/bindings.rs"]
mod bindings;
#[path = "abi/declaration.rs"]
mod declaration;
#[path = "abi/signatures.rs"]
mod signatures;
#[path = "abi/tools.rs"]
mod tools;
#[path = "abi/values.rs"]
mod values;

use bindings::Bindings;
use tools::Tools;

const COMMITTED: &str = include_str!("../src/bindings.rs");

/// Each place where the bindings and the headers do not say the same.
fn differences(text: &str) -> Result<Vec<String>, String> {
    let bindings = Bindings::parse(text)?;
    let tools = Tools::new()?;
    let mut found = signatures::compare(&bindings, &tools)?;
    found.extend(values::compare(&bindings, text, &tools)?);
    Ok(found)
}

#[test]
fn committed_bindings_agree_with_the_headers() {
    let found = differences(COMMITTED).unwrap();
    assert!(
        found.is_empty(),
        "src/bindings.rs and the headers differ; run build-scripts/bindings\n{}",
        found.join("\n")
    );
}

/// Guards the test above: were the bindings parsed to nothing, it would find no difference.
#[test]
fn everything_is_looked_at() {
    let bindings = Bindings::parse(COMMITTED).unwrap();
    let count = |start: &str| {
        COMMITTED
            .lines()
            .filter(|line| line.starts_with(start))
            .count()
    };
    assert_eq!(bindings.structs.len(), count("pub struct "));
    assert_eq!(bindings.constants.len(), count("pub const "));
    assert_eq!(bindings.aliases.len(), count("pub type "));
    assert_eq!(bindings.functions.len(), count("    pub fn "));
    let fields: usize = bindings.structs.iter().map(|each| each.fields.len()).sum();
    assert_eq!(fields, count("    pub ") - count("    pub fn "));
    assert!(bindings.functions.len() >= 22 && bindings.constants.len() > 1000);
}

#[test]
fn wrong_values_and_types_are_found() {
    let changes = [
        // Two fields of one type changed places: only the offsets tell.
        (
            "    pub offset: usize,\n    pub size: usize,\n",
            "    pub size: usize,\n    pub offset: usize,\n",
        ),
        // A constant, an enumeration's value and a text.
        ("WT_NOTFOUND: i32 = -31803;", "WT_NOTFOUND: i32 = -31802;"),
        (
            "WT_VERBOSE_INFO: WT_VERBOSE_LEVEL = 0;",
            "WT_VERBOSE_INFO: WT_VERBOSE_LEVEL = 7;",
        ),
        (
            "&[u8; 18] = b\"WiredTiger 11.3.1\\0\"",
            "&[u8; 19] = b\"WiredTiger 11.3.10\\0\"",
        ),
        // A parameter of a method, and the const of a function's pointer.
        (
            "            nentries: ::core::ffi::c_int,\n",
            "            nentries: i64,\n",
        ),
        (
            "        oldv: *const WT_ITEM,\n",
            "        oldv: *mut WT_ITEM,\n",
        ),
        // A function's result, and the kind of an enumeration.
        (
            "fn wiredtiger_crc32c_func() -> ::core",
            "fn wiredtiger_crc32c_func() -> *mut ::core",
        ),
        (
            "WT_TS_TXN_TYPE = ::core::ffi::c_uint",
            "WT_TS_TXN_TYPE = ::core::ffi::c_int",
        ),
        // A field that takes less room, where padding hides it from all but its own size.
        (
            "    pub memsize: usize,\n    pub flags: u32,\n",
            "    pub memsize: usize,\n    pub flags: u16,\n",
        ),
    ];
    let expected = [
        "offset of __wt_modify.offset",
        "offset of __wt_modify.size",
        "constant WT_NOTFOUND",
        "constant WT_VERBOSE_INFO",
        "constant WIREDTIGER_VERSION_STRING",
        "field __wt_cursor.modify",
        "function wiredtiger_calc_modify",
        "function wiredtiger_crc32c_func",
        "type WT_TS_TXN_TYPE",
        "size of __wt_item.flags",
        "field __wt_item.flags",
    ];
    assert_found(&changes, &expected);
    // And nothing is found wrong that is right.
    assert_eq!(differences(&alter(&changes)).unwrap().len(), expected.len());
}

#[test]
fn fields_that_only_one_side_has_are_found() {
    assert_found(
        &[("    pub app_private: *mut ::core::ffi::c_void,\n", "")],
        &["size of __wt_session", "offset of __wt_session.close"],
    );
    assert_found(
        &[(
            "pub struct __wt_modify {\n",
            "pub struct __wt_modify {\n    pub extra: u64,\n",
        )],
        &["no member named 'extra'"],
    );
    // A struct that the headers only declare, and one that they define.
    assert_found(
        &[(
            "pub struct __wt_config_arg {\n",
            "pub struct __wt_config_arg {\n    pub extra: u64,\n",
        )],
        &["__wt_config_arg"],
    );
    assert_found(
        &[(
            "    pub data: WT_ITEM,\n    pub offset: usize,\n    pub size: usize,\n",
            "",
        )],
        &["__wt_modify"],
    );
}

#[test]
fn what_is_not_understood_is_an_error() {
    for foreign in [
        "pub union WT_STRANGE { pub a: u32, pub b: u64 }",
        "pub enum WT_STRANGE { A, B }",
        "pub static WT_STRANGE: u32 = 0;",
        "#[repr(C)] pub struct WT_STRANGE(u32);",
        "pub struct WT_STRANGE { pub a: u32 }",
        "pub const WT_STRANGE: f64 = 0.5;",
        "unsafe extern \"C\" { pub static WT_STRANGE: u32; }",
        "unsafe extern \"system\" { pub fn wt_strange(); }",
        "pub type WT_STRANGE = i128;",
        "pub type WT_STRANGE = extern \"C\" fn();",
        "unsafe extern \"C\" { pub fn wt_strange(a: WT_UNKNOWN); }",
    ] {
        let result = differences(&format!("{COMMITTED}\n{foreign}\n"));
        assert!(
            result.is_err(),
            "{foreign}: passed over silently: {result:?}"
        );
    }
}

fn assert_found(changes: &[(&str, &str)], expected: &[&str]) {
    let found = differences(&alter(changes)).unwrap();
    for each in expected {
        assert!(
            found.iter().any(|line| line.contains(each)),
            "{each}: not found wrong, only:\n{}",
            found.join("\n")
        );
    }
}

/// The committed bindings with texts replaced, each of which is there exactly once.
fn alter(changes: &[(&str, &str)]) -> String {
    let mut text = COMMITTED.to_owned();
    for (old, new) in changes {
        assert_eq!(
            text.matches(old).count(),
            1,
            "{old}: choose another place to alter"
        );
        text = text.replace(old, new);
    }
    text
}
