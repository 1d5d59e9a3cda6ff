//! What the engine says: to `tracing`, and to the error of the call that it is about.
//!
//! The engine reports an error to its event handler on the thread of the failing call, before the
//! call returns. The text is kept for that thread until the call's error takes it.

use std::cell::RefCell;

/// More text than any single failure produces; it bounds what a thread holds on to.
const KEEP: usize = 4 * 1024;

/// The target of the events, for a filter such as `wiredtiger::engine=info`.
const TARGET: &str = "wiredtiger::engine";

thread_local! {
    /// What was said on this thread with which code, since an error last took it.
    static SAID: RefCell<(i32, String)> = const { RefCell::new((0, String::new())) };
}

/// Keeps the message of an error for the failing call. Must not panic: it runs inside the engine.
pub(crate) fn keep(code: i32, message: &str) {
    let text = strip_prefix(message);
    // A thread that is ending has no such storage, and no caller that could ask for it.
    let _ = SAID.try_with(|said| {
        if let Ok(mut said) = said.try_borrow_mut() {
            // What led to a panic or to a damaged database stays in front of that.
            if said.0 != code && !ends_all(code) {
                said.1.clear();
            }
            said.0 = code;
            if said.1.contains(text) {
                // Told on several levels of the engine.
                return;
            }
            if !said.1.is_empty() {
                said.1.push_str("; ");
            }
            let room = KEEP.saturating_sub(said.1.len());
            let fits = |(at, letter): &(usize, char)| at + letter.len_utf8() <= room;
            said.1.extend(
                text.char_indices()
                    .take_while(fits)
                    .map(|(_, letter)| letter),
            );
        }
    });
}

/// Codes that the engine puts in place of the one that it spoke of.
fn ends_all(code: i32) -> bool {
    use wiredtiger_sys::{WT_PANIC, WT_RUN_RECOVERY, WT_TRY_SALVAGE};
    [WT_PANIC, WT_RUN_RECOVERY, WT_TRY_SALVAGE].contains(&code)
}

/// What was said on this thread about `code`.
pub(crate) fn take_message(code: i32) -> String {
    SAID.try_with(|said| {
        let (about, text) = said
            .try_borrow_mut()
            .map(|mut said| std::mem::take(&mut *said))
            .ok()?;
        (about == code || ends_all(code)).then_some(text)
    })
    .ok()
    .flatten()
    .unwrap_or_default()
}

/// An error message of the engine, from a call or from one of its own threads.
pub(crate) fn error(code: i32, message: &str) {
    let Stamp { category, text, .. } = stamp(message);
    tracing::warn!(target: TARGET, code, category, "{text}");
}

/// A message of the engine that is no error, at the level that the engine gives it.
pub(crate) fn message(message: &str) {
    let stamp = stamp(message);
    let Stamp { category, text, .. } = stamp;
    match stamp.level {
        "ERROR" | "WARNING" => tracing::warn!(target: TARGET, category, "{text}"),
        "DEBUG" | "DEBUG_1" => tracing::debug!(target: TARGET, category, "{text}"),
        level if level.starts_with("DEBUG") => tracing::trace!(target: TARGET, category, "{text}"),
        _ => tracing::info!(target: TARGET, category, "{text}"),
    }
}

/// The progress of a long operation.
pub(crate) fn progress(operation: &str, done: u64) {
    tracing::debug!(target: TARGET, operation, done, "progress");
}

/// A message and what the engine's stamp on it says.
#[derive(Debug, PartialEq, Eq)]
struct Stamp<'m> {
    /// What it is about: `checkpoint`, `recovery`, … Nothing where there is no stamp.
    category: Option<&'m str>,
    /// `ERROR`, `INFO`, …
    level: &'m str,
    text: &'m str,
}

/// Takes off the stamp of time, thread, object, method, category and level: `tracing` has its own
/// for some, and the error has the others.
fn stamp(message: &str) -> Stamp<'_> {
    const CATEGORY: &str = ": [WT_VERB_";
    let stamped = message.find(CATEGORY).and_then(|start| {
        let (category, rest) = message[start + CATEGORY.len()..].split_once("][")?;
        let (level, text) = rest.split_once("]: ")?;
        Some(Stamp {
            category: Some(category),
            level,
            text: text.trim(),
        })
    });
    stamped.unwrap_or(Stamp {
        category: None,
        level: "",
        text: message.trim(),
    })
}

/// The message without the engine's stamp.
pub(crate) fn strip_prefix(message: &str) -> &str {
    stamp(message).text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_is_left_out() {
        let message = "[1:2][3:0x4], t, WT_SESSION.create: [WT_VERB_DEFAULT][ERROR]: \
                       __f, 7: unknown key: Invalid argument";
        assert_eq!(
            strip_prefix(message),
            "__f, 7: unknown key: Invalid argument"
        );
        assert_eq!(strip_prefix("plain"), "plain");
        let Stamp {
            category, level, ..
        } = stamp(message);
        assert_eq!((category, level), (Some("DEFAULT"), "ERROR"));
        assert_eq!(stamp("plain").category, None);
    }

    #[test]
    fn a_message_belongs_to_its_code_and_is_taken_once() {
        keep(22, "first");
        keep(22, "second");
        assert_eq!(take_message(22), "first; second");
        assert_eq!(take_message(22), "");
        keep(22, "about another error");
        assert_eq!(take_message(16), "");
        assert_eq!(take_message(22), "");
        keep(5, &"ä".repeat(KEEP));
        assert!(take_message(5).len() <= KEEP);
    }
}
