//! The settings of a string that the engine wrote, taken apart.

/// The settings outside all brackets, as name and value, the value as it stands there. A name alone
/// has an empty value.
///
/// # Errors
/// What is wrong with the text.
pub(crate) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut found = Vec::new();
    let (mut depth, mut quoted, mut start) = (0_u32, false, 0);
    let mut cut = |part: &str| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        let name = name.trim().trim_matches('"');
        if !name.is_empty() {
            found.push((name.to_owned(), value.trim().to_owned()));
        }
    };
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => {
                depth = depth
                    .checked_sub(1)
                    .ok_or(format!("{c:?} closes nothing"))?;
            }
            ',' if depth == 0 => {
                cut(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    if quoted || depth > 0 {
        return Err("a quote or bracket is not closed".into());
    }
    cut(&text[start..]);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_and_quotes_hold_together() {
        let found = pairs("a=1,log=(enabled=true,x=[1,2]),b=,\"c\"=\"x,y=(\",d,").unwrap();
        let found: Vec<_> = found
            .iter()
            .map(|(name, value)| (&name[..], &value[..]))
            .collect();
        assert_eq!(
            found,
            [
                ("a", "1"),
                ("log", "(enabled=true,x=[1,2])"),
                ("b", ""),
                ("c", "\"x,y=(\""),
                ("d", ""),
            ]
        );
        for wrong in ["a=(", "a)", "a=\"b"] {
            assert!(pairs(wrong).is_err(), "{wrong}");
        }
    }
}
