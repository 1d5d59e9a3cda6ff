//! The engine's packing of values into bytes, by a format and by types.

use wiredtiger::{Format, Pack, Value};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // A format that is known when the program runs.
    let format: Format = "iSh".parse()?;
    let values = [Value::Int(42), Value::Str("hello, world"), Value::Int(-3)];
    let mut buffer = [0; 50];
    let size = format.pack_into(&values, &mut buffer)?;
    println!("{format}: {size} bytes, {}", buffer[..size].escape_ascii());
    for value in format.row(&buffer[..size])? {
        println!("  {:?}", value?);
    }

    // The same by a type: nothing is left to check when the program runs.
    type Columns = (i32, String, i16);
    let mut scratch = Vec::new();
    let packed = Columns::pack((42, "hello, world", -3), &mut scratch)?;
    assert_eq!(packed, &buffer[..size]);
    let (number, text, other) = Columns::unpack(packed)?;
    println!("{}: {number}, {text:?}, {other}", Columns::FORMAT);

    // The order of the bytes is that of the numbers.
    let mut numbers = [70_000i64, -1, 0, 64, -70_000, 8256];
    let packed = |number: &i64| i64::pack(*number, &mut Vec::new()).map(<[u8]>::to_vec);
    numbers.sort_by_key(|number| packed(number).unwrap_or_default());
    println!("{numbers:?}");

    // What does not fit, and what is cut off, is an error.
    for error in [
        format
            .pack(&[Value::Int(1 << 40), Value::Str(""), Value::Int(0)])
            .err(),
        format.unpack(&buffer[..size - 1]).err(),
    ] {
        println!("{}", error.ok_or("it should not fit")?);
    }
    Ok(())
}
