// Rule 24: only types with a format of the engine can be stored.
use wiredtiger::{Result, Session};

fn case(session: &Session) -> Result<()> {
    session.open_table::<f64, u64>("t")?; //~ E0277
    session.open_table::<u64, &str>("t")?; //~ E0277
    session.open_table::<u64, [u8]>("t")?; //~ E0277
    Ok(())
}

fn main() {}
