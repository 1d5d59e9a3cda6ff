//! Dumps, backups, bulk loads and what is done to whole tables.

use crate::home::{self, Entries, name};
use crate::sample::Sample;
use crate::tool::{load, wt};
use crate::{Folder, dump};
use wiredtiger::{Change, Table, TableOptions};

fn text_of<K: Sample, V: Sample>(session: &wiredtiger::Session) -> Vec<u8> {
    let mut text = Vec::new();
    let count = session.dump(&name::<K, V>(), &mut text).expect("a dump");
    assert_eq!(count, home::filled::<K, V>().len() as u64);
    text
}

#[test]
fn dumps_go_there_and_back() {
    fn there_and_back<K: Sample, V: Sample>() {
        let folder = Folder::new();
        let (ours, upstreams, again) = (
            folder.path("ours"),
            folder.empty("upstream's"),
            folder.path("again"),
        );
        let text = home::with(&ours, |session| {
            home::fill::<K, V>(session);
            text_of::<K, V>(session)
        });
        let stored = home::stored(&home::filled::<K, V>());
        // Line by line what upstream's tool writes, after the settings.
        let theirs = dump::check(&ours, &stored);
        let data = text.len() - theirs.data().len();
        dump::same(&stored.uri, &text[data..], theirs.data());
        load(&upstreams, &[], &text);
        dump::check(&upstreams, &stored);

        // In hexadecimal, and as it is printed.
        let printed = wt(&ours, &["dump", &stored.uri]);
        for text in [&theirs.text, &printed] {
            home::with(&again, |session| {
                let reports = session.load(&mut &text[..]).expect("a table");
                assert_eq!(reports[0].entries, stored.entries.len() as u64);
                home::check(session, &home::filled::<K, V>());
                session.drop_table(&reports[0].table).expect("no table");
            });
        }
    }
    there_and_back::<u64, String>();
    there_and_back::<String, Vec<u8>>();
}

#[test]
fn whole_tables_stay_upstreams() {
    let folder = Folder::new();
    let (home, copy) = (folder.path("home"), folder.path("copy"));
    let mut entries: Entries<u64, Vec<u8>> = Entries::new();
    home::with(&home, |session| {
        let name = name::<u64, Vec<u8>>();
        let table: Table<u64, Vec<u8>> = session
            .create_table("other", &TableOptions::new())
            .expect("a table");
        let mut loader = session.bulk_load(&table).expect("an empty table");
        for number in 0..20_000_u64 {
            let value = vec![number.to_le_bytes()[0]; 100];
            loader.insert(number, &value).expect("in order");
            entries.insert(number, value);
        }
        loader.finish().expect("all of it");
        session.rename_table(&table, &name).expect("another name");
        let table = session.open_table::<u64, Vec<u8>>(&name).expect("it");
        session.truncate(&table, 3000..9000).expect("a range");
        entries.retain(|key, _| !(3000..9000).contains(key));

        let mut txn = session.begin().expect("begin");
        let mut cursor = txn.cursor_mut(&table).expect("a cursor");
        for number in 100..200_u64 {
            let changes = [Change::replace(10..20, b"changed"), Change::insert(0, b"x")];
            assert!(cursor.modify(number, &changes).expect("modify"));
            let value = entries.get_mut(&number).expect("an entry");
            value.splice(10..20, *b"changed");
            value.insert(0, b'x');
        }
        drop(cursor);
        txn.commit().expect("commit");
        session.backup_to(&copy).expect("a backup");
        let options = wiredtiger::VerifyOptions::new().strict(true);
        session.verify(&table, &options).expect("a sound table");
        let options = wiredtiger::AlterOptions::new().app_metadata("altered");
        session.alter(&table, &options).expect("other settings");
    });
    let stored = home::stored(&entries);
    for home in [&home, &copy] {
        // The backup has a log to be recovered from.
        wt(home, &["-R", "verify"]);
        dump::check(home, &stored);
    }
}
