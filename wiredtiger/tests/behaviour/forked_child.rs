//! Rule 7: the child of a fork has none of the engine's threads, and a close there never returns.

use wiredtiger::{Connection, ErrorKind};

use crate::common::{child, role, role_home, strings};

#[test]
fn the_child_is_refused_and_does_not_hang() {
    if role().as_deref() != Some("fork") {
        // In a process of its own: a fork is only safe for one that runs nothing else.
        let (_dir, home) = crate::common::temp();
        let name = "forked_child::the_child_is_refused_and_does_not_hang";
        let output = child(name, "fork")
            .env("TEST_HOME", &home)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        return;
    }
    let connection = Connection::create(role_home()).unwrap();
    let (mut session, table) = strings(&connection);
    session.put(&table, "k", "v").unwrap();
    let value = session.get(&table, "k").unwrap();

    // SAFETY: the child only uses what is under test, and ends by `_exit`.
    let pid = unsafe { libc::fork() };
    if pid == 0 {
        // SAFETY: ends the child if it hangs.
        unsafe { libc::alarm(30) };
        drop(value);
        let forked = |kind| kind == ErrorKind::Forked;
        let refused = forked(connection.open_session().unwrap_err().kind())
            && forked(connection.is_new().unwrap_err().kind())
            && forked(session.get(&table, "k").map(drop).unwrap_err().kind())
            && forked(session.put(&table, "k", "w").unwrap_err().kind())
            && forked(session.begin().map(drop).unwrap_err().kind())
            && forked(
                session
                    .cursor(&table)
                    .and_then(|mut c| c.next())
                    .unwrap_err()
                    .kind(),
            )
            && forked(session.checkpoint().unwrap_err().kind())
            && Connection::open(role_home()).is_err();
        drop(session);
        let closed = connection.close().map_err(|error| error.kind());
        let code = i32::from(!(refused && closed == Err(ErrorKind::Forked)));
        // SAFETY: leaves without running what the parent has registered.
        unsafe { libc::_exit(code) };
    }
    let mut status = -1;
    // SAFETY: waits for the child made above.
    assert_eq!(unsafe { libc::waitpid(pid, &mut status, 0) }, pid);
    assert_eq!(status, 0, "the child was refused everything, and ended");

    // The parent goes on.
    assert_eq!(value.unwrap().get().unwrap(), "v");
    session.put(&table, "k", "x").unwrap();
    drop(session);
    connection.close().unwrap();
}
