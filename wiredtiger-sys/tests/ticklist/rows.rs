//! The rows of the README's `| C | safe crate |` tables.

use std::collections::BTreeMap;

const HEADER: &str = "| C | safe crate |";

/// What a row says about the safe crate.
#[derive(Debug)]
pub(crate) enum Answer {
    /// These public functions of it make the call.
    Paths(Vec<String>),
    /// It makes the call without a public function for it.
    Internal,
    /// It does not make the call.
    None,
}

pub(crate) fn read(text: &str) -> Result<BTreeMap<String, Answer>, String> {
    let mut rows = BTreeMap::new();
    let mut inside = false;
    for line in text.lines() {
        inside = line == HEADER || inside && line.starts_with('|');
        if !inside || line == HEADER || line.starts_with("|-") {
            continue;
        }
        let (name, answer) = row(line).ok_or_else(|| format!("README.md: not a row: {line}"))?;
        if rows.insert(name.clone(), answer).is_some() {
            return Err(format!("README.md: {name} has two rows"));
        }
    }
    Ok(rows)
}

fn row(line: &str) -> Option<(String, Answer)> {
    let (name, answer) = line.strip_prefix('|')?.strip_suffix('|')?.split_once('|')?;
    Some((code(name.trim())?, self::answer(answer.trim())?))
}

fn answer(text: &str) -> Option<Answer> {
    // Both need a reason behind them.
    if text
        .strip_prefix("internal ")
        .is_some_and(|why| !why.trim().is_empty())
    {
        return Some(Answer::Internal);
    }
    if text
        .strip_prefix("— ")
        .is_some_and(|why| !why.trim().is_empty())
    {
        return Some(Answer::None);
    }
    let paths: Option<Vec<String>> = text.split(", ").map(code).collect();
    paths.map(Answer::Paths)
}

/// The text between backticks.
fn code(text: &str) -> Option<String> {
    let inner = text.strip_prefix('`')?.strip_suffix('`')?;
    (!inner.is_empty() && !inner.contains(['`', '|', ' '])).then(|| inner.to_owned())
}
