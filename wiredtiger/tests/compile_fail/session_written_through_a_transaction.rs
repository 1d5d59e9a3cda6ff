// Rule 18: a transaction lends its session for reading only, or it could be ended under its values.
use wiredtiger::{Durability, Result, Session, Table, TableOptions, Transaction};

fn by_a_method(txn: &mut Transaction<'_>) -> Result<()> {
    txn.begin()?; //~ E0596
    txn.checkpoint()?; //~ E0596
    txn.reset()?; //~ E0596
    txn.log_flush(Durability::Disk)?; //~ E0596
    txn.create_table::<u64, u64>("new", &TableOptions::new())?; //~ E0596
    Ok(())
}

fn as_an_argument(txn: &mut Transaction<'_>, table: &Table<u64, u64>) -> Result<()> {
    Session::put(txn, table, 1, 1)?; //~ E0596
    Ok(())
}

fn as_a_reference(txn: &mut Transaction<'_>) {
    let session: &mut Session = txn; //~ E0596
}

fn main() {}
