//! The database of a call centre: two tables, found by other columns than their keys.
//!
//! A customer calls: who is it, by the telephone number, and what were the latest calls?

use std::cmp::Ordering;

use wiredtiger::{Connection, Index, IndexOptions, RecordNumber, Session, Table, TableOptions};

/// (name, address, phone)
type Customers = Table<RecordNumber, (String, String, String)>;

/// (call_date, cust_id, emp_id, call_type, notes)
type Calls = Table<RecordNumber, (u64, RecordNumber, RecordNumber, String, String)>;

const CUSTOMERS: [(&str, &str, &str); 2] = [
    ("Professor Oak", "LeafGreen Avenue", "123-456-7890"),
    ("Lorelei", "Sevii Islands", "098-765-4321"),
];

/// Day, customer, employee, type, notes.
const CALLS: [(u64, u64, u64, &str, &str); 6] = [
    (32, 1, 2, "billing", "unavailable"),
    (33, 1, 2, "billing", "available"),
    (34, 1, 2, "reminder", "unavailable"),
    (35, 1, 2, "reminder", "available"),
    (36, 2, 2, "billing", "available"),
    (37, 2, 2, "reminder", "unavailable"),
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let home = tempfile::tempdir()?;
    let connection = Connection::create(home.path())?;
    let mut session = connection.open_session()?;

    let options = TableOptions::new().columns(["id", "name", "address", "phone"]);
    let customers: Customers = session.create_table("customers", &options)?;
    session.create_index(&customers, "phone", &["phone"], &IndexOptions::new())?;
    for customer in CUSTOMERS {
        session.append(&customers, customer)?;
    }

    let options =
        TableOptions::new().columns(["id", "call_date", "cust_id", "emp_id", "call_type", "notes"]);
    let calls: Calls = session.create_table("calls", &options)?;
    session.create_index(
        &calls,
        "cust_date",
        &["cust_id", "call_date"],
        &IndexOptions::new(),
    )?;
    for (day, customer, employee, kind, notes) in CALLS {
        let (customer, employee) = (customer.try_into()?, employee.try_into()?);
        session.append(&calls, (day, customer, employee, kind, notes))?;
    }

    let customer = caller(&session, &customers, "123-456-7890")?;
    latest_calls(&session, &calls, customer)?;

    drop(session);
    connection.close()?;
    Ok(())
}

/// SELECT id, name FROM customers WHERE phone=?
fn caller(
    session: &Session,
    customers: &Customers,
    phone: &str,
) -> Result<RecordNumber, Box<dyn std::error::Error>> {
    let phones: Index<String, (RecordNumber, String)> =
        session.open_index(customers, "phone", &["id", "name"])?;
    let mut cursor = session.index_cursor(&phones)?;
    if !cursor.search(phone)? {
        return Err("nobody has this number".into());
    }
    let (id, name) = cursor.value()?;
    println!("{phone} is customer {id}, {name}");
    Ok(id)
}

/// SELECT call_date, call_type, notes FROM calls WHERE cust_id=? ORDER BY call_date DESC LIMIT 3
fn latest_calls(
    session: &Session,
    calls: &Calls,
    customer: RecordNumber,
) -> Result<(), Box<dyn std::error::Error>> {
    let by_customer: Index<(RecordNumber, u64), (String, String)> =
        session.open_index(calls, "cust_date", &["call_type", "notes"])?;
    let mut cursor = session.index_cursor(&by_customer)?;
    // The position before all calls of the next customer.
    let next = RecordNumber::try_from(customer.get() + 1)?;
    let mut more = match cursor.search_near((next, 0))? {
        Some(Ordering::Less) => true,
        Some(_) => cursor.prev()?,
        None => false,
    };
    let mut shown = 0;
    while more && shown < 3 {
        let ((of, day), (kind, notes)) = cursor.entry()?;
        if of != customer {
            break;
        }
        println!("  day {day}: {kind}, {notes}");
        shown += 1;
        more = cursor.prev()?;
    }
    Ok(())
}
