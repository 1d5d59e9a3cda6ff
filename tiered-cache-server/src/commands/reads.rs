//! Reads of what is here, so that those which come together are done together.

use std::sync::LazyLock;

use tiered_cache::{Error, Peek, Peeks, TieredCache};

use crate::reply::Reply;
use crate::request::Args;
use crate::table;

struct Numbers {
    get: usize,
    mget: usize,
}

static NUMBERS: LazyLock<Numbers> = LazyLock::new(|| Numbers {
    get: table::number(b"get"),
    mget: table::number(b"mget"),
});

/// Where reads look.
pub(crate) trait Look {
    /// Replies with the value of a key, if it is known here.
    fn look(&mut self, key: &[u8], reply: &mut Reply) -> bool;
}

impl Look for &TieredCache {
    fn look(&mut self, key: &[u8], reply: &mut Reply) -> bool {
        told(self.peek(key, |value, _| reply.bulk(value)), reply)
    }
}

/// For several reads: they share what each would have to get for itself.
impl Look for Peeks<'_> {
    fn look(&mut self, key: &[u8], reply: &mut Reply) -> bool {
        told(self.peek(key, |value, _| reply.bulk(value)), reply)
    }
}

fn told(found: Result<Peek<()>, Error>, reply: &mut Reply) -> bool {
    match found {
        Ok(Peek::Value(())) => true,
        Ok(Peek::Absent) => {
            reply.null();
            true
        }
        // The way of all other commands says what is wrong.
        Ok(Peek::Unknown) | Err(_) => false,
    }
}

/// Whether a command may be one that what is here can answer.
pub(crate) fn is_read(args: Args<'_>) -> bool {
    args.len() == 2 && args.is(0, "get") || args.len() >= 2 && args.is(0, "mget")
}

/// Replies to a command by what is here, and answers with the command's number; `None`, and no reply,
/// if it is another command, or the remote has to be asked, or something is wrong.
pub(crate) fn answer(place: &mut impl Look, args: Args<'_>, reply: &mut Reply) -> Option<usize> {
    if args.len() == 2 && args.is(0, "get") {
        return place.look(&args[1], reply).then_some(NUMBERS.get);
    }
    if !is_read(args) {
        return None;
    }
    // What is here goes straight into the reply.
    let before = reply.bytes.len();
    reply.array(args.len() - 1);
    if args.from(1).all(|key| place.look(key, reply)) {
        return Some(NUMBERS.mget);
    }
    reply.bytes.truncate(before);
    None
}
