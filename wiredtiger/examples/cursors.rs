//! What a cursor does: stepping both ways, searching, searching near a key, bounds, writing at a
//! position, comparing. After the engine's `ex_cursor.c`.

use std::cmp::Ordering;

use wiredtiger::{Connection, Table, TableOptions};

fn main() -> wiredtiger::Result<()> {
    let connection = Connection::options().open_in_memory()?;
    let mut session = connection.open_session()?;
    let world: Table<String, u64> = session.create_table("world", &TableOptions::new())?;

    let mut cursor = session.cursor_mut(&world)?;
    for (country, people) in [("Chile", 20), ("Ghana", 34), ("Japan", 123), ("Kenya", 55)] {
        cursor.insert(country, people)?;
    }
    drop(cursor);

    let mut cursor = session.cursor(&world)?;
    print!("forward:");
    while cursor.next()? {
        print!(" {}", cursor.key()?);
    }
    print!("\nbackward:");
    while cursor.prev()? {
        print!(" {}", cursor.key()?);
    }
    println!();

    assert!(cursor.search("Ghana")?);
    println!("Ghana has {}", cursor.value()?);
    println!("Atlantis is there: {}", cursor.search("Atlantis")?);

    match cursor.search_near("India")? {
        Some(Ordering::Equal) => println!("India is there"),
        Some(Ordering::Greater) => println!("after India comes {}", cursor.key()?),
        Some(Ordering::Less) => println!("before India comes {}", cursor.key()?),
        None => println!("the table is empty"),
    }

    // Two positions in one table.
    let mut other = session.cursor(&world)?;
    other.search("Kenya")?;
    println!("Japan compared to Kenya: {:?}", cursor.compare(&other)?);
    println!("the largest key is {:?}", other.largest_key()?);

    cursor.set_bounds("D".."K")?;
    print!("from D to K:");
    while cursor.next()? {
        print!(" {}", cursor.key()?);
    }
    println!();
    drop((cursor, other));

    // Writing at a position.
    let mut cursor = session.cursor_mut(&world)?;
    while cursor.next()? {
        let people = cursor.value()?;
        if people < 30 {
            cursor.remove_current()?;
        } else {
            cursor.update_current(people + 1)?;
        }
    }
    drop(cursor);
    for entry in session.range(&world, ..)? {
        let (country, people) = entry?;
        println!("{country}: {people}");
    }
    Ok(())
}
