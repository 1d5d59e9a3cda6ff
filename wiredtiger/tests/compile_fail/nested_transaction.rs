// Rule 18: a session has one transaction at a time; whoever has it has the session.
use wiredtiger::{Result, Session};

fn case(session: &mut Session) -> Result<()> {
    let outer = session.begin()?;
    let inner = session.begin()?; //~ E0499
    outer.commit()
}

fn main() {}
