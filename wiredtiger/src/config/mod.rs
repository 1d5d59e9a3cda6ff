//! Configuration strings: one writer that quotes and validates, so that no text of a caller can
//! change the meaning of another setting, or reach the parser in a form that it mishandles.

mod escape;
mod pairs;
mod refused;

pub(crate) use pairs::pairs;

use std::ffi::c_char;
use std::fmt::Write as _;
use std::time::Duration;

use bytesize::ByteSize;

use crate::error::{Error, ErrorKind, Result};
use crate::timestamp::Timestamp;

/// The engine method that a configuration is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Open,
    OpenSession,
    Create,
    BeginTransaction,
    Reconfigure,
}

/// Zero bytes after the string. The engine's parser reads past the end of a string that ends in
/// a category without a value (docs/engine-facts.md, rule 10).
const PADDING: usize = 64;

/// A configuration that is being written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    text: String,
}

/// A finished configuration: NUL-terminated and padded.
#[derive(Debug)]
pub(crate) struct ConfigString(Vec<u8>);

/// A value that needs no quotes.
pub(crate) trait Value {
    fn write(&self, text: &mut String);
}

impl Config {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    fn key(&mut self, key: &str) {
        if !self.text.is_empty() && !self.text.ends_with('(') {
            self.text.push(',');
        }
        self.text.push_str(key);
        self.text.push('=');
    }

    /// `key=value`.
    pub(crate) fn set(&mut self, key: &str, value: impl Value) -> &mut Self {
        self.key(key);
        value.write(&mut self.text);
        self
    }

    /// `key=value` where there is a value: the engine's default holds where there is none.
    pub(crate) fn set_opt(&mut self, key: &str, value: Option<impl Value>) -> &mut Self {
        if let Some(value) = value {
            self.set(key, value);
        }
        self
    }

    /// `key="text"`: any text but NUL, quotes and backslashes, which the parser would interpret.
    pub(crate) fn quoted(&mut self, key: &str, text: &str) -> Result<&mut Self> {
        self.key(key);
        self.quote(key, text)
    }

    /// `"text"`, for the setting `key`.
    fn quote(&mut self, key: &str, text: &str) -> Result<&mut Self> {
        if let Some(bad) = text
            .chars()
            .find(|c| *c == '"' || *c == '\\' || c.is_control())
        {
            let kind = if bad == '\0' {
                ErrorKind::InteriorNul
            } else {
                ErrorKind::InvalidArgument
            };
            return Err(Error::new(
                kind,
                "configuration",
                format!("{key}: the character {bad:?} is not allowed in {text:?}"),
            ));
        }
        self.text.push('"');
        self.text.push_str(text);
        self.text.push('"');
        Ok(self)
    }

    /// `key=word`: a number or a name that needs no quotes, from elsewhere.
    pub(crate) fn word(&mut self, key: &str, word: &str) -> Result<&mut Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.%".contains(c);
        if let Some(bad) = word.chars().find(|c| !plain(*c)) {
            let why = format!("{key}: the character {bad:?} is not allowed in {word:?}");
            return Err(Error::new(ErrorKind::InvalidArgument, "configuration", why));
        }
        self.key(key);
        self.text.push_str(word);
        Ok(self)
    }

    /// `key=("text",…)`.
    pub(crate) fn list(&mut self, key: &str, texts: &[impl AsRef<str>]) -> Result<&mut Self> {
        self.group(key, |list| {
            for text in texts {
                if !list.text.ends_with('(') {
                    list.text.push(',');
                }
                list.quote(key, text.as_ref())?;
            }
            Ok(())
        })
    }

    /// `key=(…)`; nothing where the group stays empty.
    pub(crate) fn group(
        &mut self,
        key: &str,
        write: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<&mut Self> {
        let before = self.text.len();
        self.key(key);
        self.text.push('(');
        let start = self.text.len();
        write(self)?;
        if self.text.len() == start {
            self.text.truncate(before);
        } else {
            self.text.push(')');
        }
        Ok(self)
    }

    /// `key=(word,word)`, of words that need no quotes.
    pub(crate) fn words(&mut self, key: &str, words: &[String]) -> &mut Self {
        self.key(key);
        self.text.push('(');
        self.text.push_str(&words.join(","));
        self.text.push(')');
        self
    }

    /// Text in the engine's own language, after a check that it is well formed and holds nothing
    /// that `method` must not be told by safe code.
    pub(crate) fn raw(&mut self, method: Method, text: &str) -> Result<&mut Self> {
        escape::check(method, text)?;
        if !self.text.is_empty() && !text.is_empty() {
            self.text.push(',');
        }
        self.text.push_str(text);
        Ok(self)
    }

    pub(crate) fn finish(&self) -> ConfigString {
        let mut bytes = Vec::with_capacity(self.text.len() + 1 + PADDING);
        bytes.extend_from_slice(self.text.as_bytes());
        bytes.resize(self.text.len() + 1 + PADDING, 0);
        ConfigString(bytes)
    }

    #[cfg(test)]
    fn text(&self) -> &str {
        &self.text
    }
}

impl Default for ConfigString {
    /// No settings.
    fn default() -> Self {
        Config::new().finish()
    }
}

impl ConfigString {
    /// The same with more settings at the end, where they take the place of earlier ones.
    pub(crate) fn and(&self, more: &str) -> Self {
        let text = &self.0[..self.0.len() - PADDING - 1];
        let mut bytes = text.to_vec();
        if !text.is_empty() && !more.is_empty() {
            bytes.push(b',');
        }
        bytes.extend_from_slice(more.as_bytes());
        bytes.resize(bytes.len() + 1 + PADDING, 0);
        Self(bytes)
    }

    /// The text with one NUL at the end, for what is kept.
    pub(crate) fn as_c_str(&self) -> &std::ffi::CStr {
        std::ffi::CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }

    /// A pointer to the NUL-terminated text, valid as long as `self`.
    pub(crate) fn as_ptr(&self) -> *const c_char {
        self.0.as_ptr().cast()
    }
}

impl Value for bool {
    fn write(&self, text: &mut String) {
        text.push_str(if *self { "true" } else { "false" });
    }
}

impl Value for u64 {
    fn write(&self, text: &mut String) {
        // Writing to a string cannot fail.
        let _ = write!(text, "{self}");
    }
}

impl Value for i64 {
    fn write(&self, text: &mut String) {
        let _ = write!(text, "{self}");
    }
}

impl Value for u32 {
    fn write(&self, text: &mut String) {
        u64::from(*self).write(text);
    }
}

impl Value for ByteSize {
    fn write(&self, text: &mut String) {
        self.as_u64().write(text);
    }
}

/// A word of this crate's own, such as `snapshot`.
impl Value for &'static str {
    fn write(&self, text: &mut String) {
        text.push_str(self);
    }
}

/// A format, which was found to be one: letters and digits.
impl Value for &crate::pack::Format {
    fn write(&self, text: &mut String) {
        text.push_str(self.as_str());
    }
}

/// As the engine writes timestamps: in hexadecimal.
impl Value for Timestamp {
    fn write(&self, text: &mut String) {
        let _ = write!(text, "{:x}", self.get());
    }
}

/// A time in whole milliseconds, rounded up and at least one: zero is "no limit" to the engine.
pub(crate) struct Millis(pub(crate) Duration);

impl Value for Millis {
    fn write(&self, text: &mut String) {
        let millis = self.0.as_nanos().div_ceil(1_000_000);
        // The engine's numbers are signed.
        i64::try_from(millis.max(1)).unwrap_or(i64::MAX).write(text);
    }
}

/// A time in whole seconds, rounded up.
pub(crate) struct Seconds(pub(crate) Duration);

impl Value for Seconds {
    fn write(&self, text: &mut String) {
        u64::try_from(self.0.as_nanos().div_ceil(1_000_000_000))
            .unwrap_or(u64::MAX)
            .write(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_joined_and_groups_nest() {
        let mut config = Config::new();
        config
            .set("create", true)
            .set("cache_size", ByteSize::mib(1));
        config
            .group("log", |log| {
                log.set("enabled", true).set_opt("file_max", None::<u64>);
                Ok(())
            })
            .unwrap();
        config.group("eviction", |_| Ok(())).unwrap();
        config.set("operation_timeout_ms", Millis(Duration::from_micros(1)));
        assert_eq!(
            config.text(),
            "create=true,cache_size=1048576,log=(enabled=true),operation_timeout_ms=1"
        );
    }

    #[test]
    fn quoted_text_cannot_leave_its_quotes() {
        for text in ["a\"b", "a\\", "a\0b", "a\nb"] {
            assert!(
                Config::new().quoted("app_metadata", text).is_err(),
                "{text:?}"
            );
        }
        let mut config = Config::new();
        config.quoted("app_metadata", "grün,(x)=y").unwrap();
        assert_eq!(config.text(), "app_metadata=\"grün,(x)=y\"");
    }

    #[test]
    fn a_finished_string_is_padded_with_zeros() {
        let config = Config::new().finish();
        assert_eq!(config.0, vec![0; 1 + PADDING]);
    }
}
