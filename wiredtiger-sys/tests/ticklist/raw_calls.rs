//! What the safe crate's `src/raw` calls and provides, by scanning its text. These forms are known
//! there: `ffi::wiredtiger_NAME`; `method!(handle, name, operation)`; the operation that a call
//! names for its errors, `"WT_SESSION.close"`; and a callback struct that is filled in,
//! `ffi::WT_NAME { field: Some(…) }`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names among `bound` that are used in the files of the folder.
pub(crate) fn find(dir: &Path, bound: &BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    let failed = |why: std::io::Error| format!("{}: {why}", dir.display());
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            found.extend(find(&path, bound)?);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = without_comments(&fs::read_to_string(&path).map_err(failed)?);
            functions(&text, &mut found);
            callbacks(&text, &mut found);
            operations(&text, bound, &mut found);
            methods(&text, &mut found).map_err(|why| format!("{}: {why}", path.display()))?;
        }
    }
    match found.iter().find(|name| !bound.contains(*name)) {
        Some(name) => Err(format!("src/raw seems to use {name}, which is not bound")),
        None => Ok(found),
    }
}

fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

fn functions(text: &str, found: &mut BTreeSet<String>) {
    for (at, _) in text.match_indices("ffi::wiredtiger_") {
        found.insert(word(&text[at + "ffi::".len()..]).to_owned());
    }
}

fn callbacks(text: &str, found: &mut BTreeSet<String>) {
    for (at, _) in text.match_indices("ffi::WT_") {
        let name = word(&text[at + "ffi::".len()..]);
        let rest = &text[at + "ffi::".len() + name.len()..];
        let Some(body) = rest.strip_prefix(" {") else {
            continue;
        };
        let body = &body[..body.find('}').unwrap_or(body.len())];
        for (end, _) in body.match_indices(": Some(") {
            let start = body[..end]
                .rfind(|c| !is_word(c))
                .map_or(0, |before| before + 1);
            found.insert(format!("{name}::{}", &body[start..end]));
        }
    }
}

fn operations(text: &str, bound: &BTreeSet<String>, found: &mut BTreeSet<String>) {
    let names = text.split('"').map(|text| text.replacen('.', "::", 1));
    found.extend(names.filter(|name| name.starts_with("WT_") && bound.contains(name)));
}

/// The operation tells whose method it is that `method!` takes. Where a caller passes the
/// operation in, the file's handles tell it.
fn methods(text: &str, found: &mut BTreeSet<String>) -> Result<(), String> {
    for (at, call) in text.match_indices("method!(") {
        let inside = &text[at + call.len()..];
        let inside = &inside[..inside.find(')').unwrap_or(inside.len())];
        let words: Vec<&str> = inside
            .split(',')
            .map(str::trim)
            .filter(|w| !w.is_empty())
            .collect();
        let [_, method, operation] = words[..] else {
            return Err(format!("method!({inside}) has not three arguments"));
        };
        let before = &text[..at];
        let owner = if operation.starts_with('"') {
            owner(operation)
        } else if operation == "OPERATION" {
            let constant = "const OPERATION: &str = ";
            before
                .rfind(constant)
                .and_then(|found| owner(&before[found + constant.len()..]))
        } else {
            None
        };
        let owner = owner
            .or_else(|| only_handle(text))
            .ok_or_else(|| format!("method!({inside}): it cannot be told whose method this is"))?;
        found.insert(format!("{owner}::{method}"));
    }
    Ok(())
}

/// `WT_NAME` of `"WT_NAME.method"`.
fn owner(operation: &str) -> Option<String> {
    let (owner, _) = operation.strip_prefix('"')?.split_once('.')?;
    owner.starts_with("WT_").then(|| owner.to_owned())
}

/// The one type of handle that a file's structs hold.
fn only_handle(text: &str) -> Option<String> {
    let field = "handle: NonNull<ffi::";
    let types: BTreeSet<&str> = text
        .match_indices(field)
        .map(|(at, _)| word(&text[at + field.len()..]))
        .collect();
    let [one] = Vec::from_iter(types)[..] else {
        return None;
    };
    Some(one.to_owned())
}

fn word(text: &str) -> &str {
    &text[..text.find(|c| !is_word(c)).unwrap_or(text.len())]
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}
