//! Values: one program in C and one in Rust print the same list, each from its own compiler.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::bindings::{Bindings, ConstantKind};
use crate::tools::Tools;

const C_HEAD: &str = r##"
#include <stddef.h>
#include <stdio.h>
static void integer(const char *what, int negative, unsigned long long bits) {
    if (negative)
        printf("%s = %lld\n", what, (long long)bits);
    else
        printf("%s = %llu\n", what, bits);
}
static void text(const char *what, const char *bytes, size_t size) {
    printf("%s = ", what);
    for (size_t i = 0; i < size; i++)
        printf("%02x", (unsigned char)bytes[i]);
    printf("\n");
}
#define NUMBER(what, value) integer(what, (value) < 0, (unsigned long long)(value))
#define INTEGER(name) NUMBER("constant " #name, name)
#define TEXT(name) text("constant " #name, name, sizeof(name))
int main(void) {
"##;

const RUST_HEAD: &str = r#"
#![allow(warnings)]
use std::mem::{align_of, offset_of, size_of};
use bindings::*;
fn size_of_field<S, F>(_: fn(&S) -> &F) -> usize { size_of::<F>() }
fn text(what: &str, bytes: &[u8]) {
    print!("{what} = ");
    bytes.iter().for_each(|byte| print!("{byte:02x}"));
    println!();
}
fn main() {
"#;

/// What the two programs print differently.
pub(crate) fn compare(
    bindings: &Bindings,
    text: &str,
    tools: &Tools,
) -> Result<Vec<String>, String> {
    let mut c = String::from(C_HEAD);
    let mut rust = String::from(RUST_HEAD);
    write_programs(bindings, &mut c, &mut rust).map_err(|why| why.to_string())?;
    c.push_str("    return 0;\n}\n");
    rust.push_str("}\n#[path = \"bindings.rs\"]\nmod bindings;\n");

    let from_rust = tools.run_rust(&rust, text)?;
    let from_c = match tools.run_c(&c)? {
        Ok(output) => output,
        // The headers lack something that the bindings have.
        Err(errors) => return Ok(errors),
    };
    let (in_bindings, in_headers) = (lines(&from_rust)?, lines(&from_c)?);
    let mut found = Vec::new();
    for (what, ours) in &in_bindings {
        match in_headers.get(what) {
            Some(theirs) if theirs == ours || is_dated(what, ours, theirs) => {}
            Some(theirs) => found.push(format!("{what}: {ours}, but {theirs} in the headers")),
            None => return Err(format!("{what}: the C program did not print it")),
        }
    }
    if in_bindings.len() != in_headers.len() {
        return Err("the C program printed more than the Rust program".into());
    }
    Ok(found)
}

/// Upstream's build adds the day to the text of the version, and this crate's does not: a header of
/// the system may have `: (November 15, 2024)` where ours ends.
fn is_dated(what: &str, ours: &str, theirs: &str) -> bool {
    const END: &str = "00";
    const DAY: &str = "3a2028";
    what == "constant WIREDTIGER_VERSION_STRING"
        && ours
            .strip_suffix(END)
            .and_then(|version| theirs.strip_prefix(version))
            .is_some_and(|rest| rest.starts_with(DAY))
}

fn write_programs(bindings: &Bindings, c: &mut String, rust: &mut String) -> std::fmt::Result {
    for each in bindings
        .structs
        .iter()
        .filter(|each| !each.fields.is_empty())
    {
        let name = &each.name;
        let c_name = bindings.c_struct(name);
        writeln!(c, "    NUMBER(\"size of {name}\", sizeof({c_name}));")?;
        writeln!(
            rust,
            "    println!(\"size of {name} = {{}}\", size_of::<{name}>());"
        )?;
        writeln!(
            c,
            "    NUMBER(\"alignment of {name}\", _Alignof({c_name}));"
        )?;
        writeln!(
            rust,
            "    println!(\"alignment of {name} = {{}}\", align_of::<{name}>());"
        )?;
        for field in &each.fields {
            let (ours, theirs) = (&field.name, field.c_name());
            let what = format!("offset of {name}.{ours}");
            writeln!(c, "    NUMBER(\"{what}\", offsetof({c_name}, {theirs}));")?;
            writeln!(
                rust,
                "    println!(\"{what} = {{}}\", offset_of!({name}, {ours}));"
            )?;
            let what = format!("size of {name}.{ours}");
            writeln!(
                c,
                "    NUMBER(\"{what}\", sizeof((({c_name} *)0)->{theirs}));"
            )?;
            writeln!(
                rust,
                "    println!(\"{what} = {{}}\", size_of_field::<{name}, _>(|each| &each.{ours}));"
            )?;
        }
    }
    for constant in &bindings.constants {
        let name = &constant.name;
        match constant.kind {
            ConstantKind::Integer => {
                writeln!(c, "    INTEGER({name});")?;
                writeln!(rust, "    println!(\"constant {name} = {{}}\", {name});")?;
            }
            ConstantKind::Text => {
                writeln!(c, "    TEXT({name});")?;
                writeln!(rust, "    text(\"constant {name}\", {name});")?;
            }
        }
    }
    Ok(())
}

/// `what = value` lines, each of them once.
fn lines(output: &str) -> Result<BTreeMap<&str, &str>, String> {
    let mut all = BTreeMap::new();
    for line in output.lines() {
        let (what, value) = line
            .split_once(" = ")
            .ok_or_else(|| format!("printed: {line}"))?;
        if all.insert(what, value).is_some() {
            return Err(format!("{what}: printed twice"));
        }
    }
    Ok(all)
}
