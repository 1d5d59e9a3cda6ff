//! Commands in one line, typed by hand.

/// Splits a line into arguments, with quotes and escapes as redis-cli has them. False: a quote is
/// open.
pub(super) fn split(line: &[u8], data: &mut Vec<u8>, ranges: &mut Vec<(usize, usize)>) -> bool {
    let is_space = |byte: u8| byte.is_ascii_whitespace() || byte == 0x0b;
    let mut at = 0;
    loop {
        while line.get(at).copied().is_some_and(is_space) {
            at += 1;
        }
        if at == line.len() || line[at] == 0 {
            return true;
        }
        let from = data.len();
        let mut quote = None;
        loop {
            let byte = line.get(at).copied();
            match (quote, byte) {
                (None, None | Some(0)) => break,
                // Fewer than between words: Redis takes the others as letters here.
                (None, Some(b' ' | b'\t' | b'\n' | b'\r')) => break,
                (None, Some(byte @ (b'"' | b'\''))) => quote = Some(byte),
                (None, Some(byte)) => data.push(byte),
                (Some(_), None) => return false,
                (Some(open), Some(byte)) if byte == open => {
                    // Behind a quote comes a space, or nothing.
                    if line.get(at + 1).is_some_and(|next| !is_space(*next)) {
                        return false;
                    }
                    at += 1;
                    break;
                }
                (Some(b'"'), Some(b'\\')) => at += escape(&line[at..], data),
                (Some(_), Some(b'\\')) if line.get(at + 1) == Some(&b'\'') => {
                    data.push(b'\'');
                    at += 1;
                }
                (Some(_), Some(byte)) => data.push(byte),
            }
            at += 1;
        }
        ranges.push((from, data.len()));
    }
}

/// What a backslash in double quotes means; the answer is how many bytes it takes besides itself.
fn escape(text: &[u8], data: &mut Vec<u8>) -> usize {
    let hex = |byte: u8| char::from(byte).to_digit(16);
    if let [_, b'x', high, low, ..] = text
        && let (Some(high), Some(low)) = (hex(*high), hex(*low))
    {
        // Two hexadecimal digits are a byte.
        data.push(u8::try_from(high * 16 + low).unwrap_or(0));
        return 3;
    }
    let Some(byte) = text.get(1) else {
        data.push(b'\\');
        return 0;
    };
    data.push(match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'b' => 8,
        b'a' => 7,
        other => *other,
    });
    1
}
