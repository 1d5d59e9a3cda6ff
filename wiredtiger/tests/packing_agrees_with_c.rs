//! The packing of this crate beside that of the engine, for random formats and values.

#![allow(
    clippy::unwrap_used,
    missing_docs,
    reason = "tests say what they expect in one word"
)]

use std::ffi::CString;
use std::ptr;

use proptest::prelude::*;
use wiredtiger::{Format, Value};
use wiredtiger_sys as ffi;

/// More than all columns of a case take.
const ROOM: usize = 4096;
const COLUMNS: usize = 4;

/// A column: its format, its value, and the argument for C's function.
#[derive(Clone, Debug)]
struct Column {
    format: String,
    value: Owned,
}

#[derive(Clone, Debug)]
enum Owned {
    Int(i64),
    Uint(u64),
    Text(CString),
    Bytes(Vec<u8>),
    /// Bytes that C takes as a pointer to as many as the format says.
    Chars(Vec<u8>),
}

impl Column {
    fn value(&self) -> Value<'_> {
        match &self.value {
            Owned::Int(number) => Value::Int(*number),
            Owned::Uint(number) => Value::Uint(*number),
            Owned::Text(text) => Value::Str(text.to_str().unwrap()),
            Owned::Bytes(bytes) | Owned::Chars(bytes) => Value::Bytes(bytes),
        }
    }
}

fn column() -> impl Strategy<Value = Column> {
    let text = || "[^\\x00]{0,20}".prop_map(|text| CString::new(text).unwrap());
    let values = prop_oneof![
        any::<i8>().prop_map(|n| ("b".into(), Owned::Int(n.into()))),
        any::<i16>().prop_map(|n| ("h".into(), Owned::Int(n.into()))),
        any::<i32>().prop_map(|n| ("i".into(), Owned::Int(n.into()))),
        any::<i32>().prop_map(|n| ("l".into(), Owned::Int(n.into()))),
        any::<i64>().prop_map(|n| ("q".into(), Owned::Int(n))),
        (-70_000i64..70_000).prop_map(|n| ("q".into(), Owned::Int(n))),
        any::<u8>().prop_map(|n| ("B".into(), Owned::Uint(n.into()))),
        any::<u16>().prop_map(|n| ("H".into(), Owned::Uint(n.into()))),
        any::<u32>().prop_map(|n| ("I".into(), Owned::Uint(n.into()))),
        any::<u32>().prop_map(|n| ("L".into(), Owned::Uint(n.into()))),
        any::<u64>().prop_map(|n| ("Q".into(), Owned::Uint(n))),
        any::<u64>().prop_map(|n| ("R".into(), Owned::Uint(n))),
        (1..1u64 << 63).prop_map(|n| ("r".into(), Owned::Uint(n))),
        (1..=8u32, any::<u8>())
            .prop_map(|(bits, n)| (format!("{bits}t"), Owned::Uint(u64::from(n) >> (8 - bits)))),
        text().prop_map(|text| ("S".into(), Owned::Text(text))),
        (text(), 80..90u32).prop_map(|(text, size)| (format!("{size}S"), Owned::Text(text))),
        ("[a-z]{0,9}", 1..9u32).prop_map(|(text, size)| (
            format!("{size}S"),
            Owned::Text(CString::new(text).unwrap())
        )),
        prop::collection::vec(any::<u8>(), 1..20)
            .prop_map(|bytes| (format!("{}s", bytes.len()), Owned::Chars(bytes))),
        prop::collection::vec(any::<u8>(), 0..90)
            .prop_map(|bytes| ("u".into(), Owned::Bytes(bytes))),
        prop::collection::vec(any::<u8>(), 0..90)
            .prop_map(|bytes| ("U".into(), Owned::Bytes(bytes))),
        (prop::collection::vec(any::<u8>(), 0..90), 0..90u32)
            .prop_map(|(bytes, size)| (format!("{size}u"), Owned::Bytes(bytes))),
    ];
    (values, prop::option::of(1..4u32)).prop_map(|((format, value), pad): ((String, _), _)| {
        let pad = pad.map_or_else(String::new, |size| format!("{size}x"));
        Column {
            format: format!("{pad}{format}"),
            value,
        }
    })
}

/// What C makes of it. Each argument is passed as 64 bits, of which C reads as many as it wants:
/// that is how all platforms of this crate pass numbers and pointers.
fn packed_by_c(format: &str, columns: &[Column]) -> Vec<u8> {
    let mut items: Vec<ffi::WT_ITEM> = columns
        .iter()
        .map(|column| {
            let bytes = match &column.value {
                Owned::Bytes(bytes) => &bytes[..],
                _ => &[],
            };
            ffi::WT_ITEM {
                data: bytes.as_ptr().cast(),
                size: bytes.len(),
                mem: ptr::null_mut(),
                memsize: 0,
                flags: 0,
            }
        })
        .collect();
    let mut arguments = [0u64; COLUMNS];
    for ((column, item), argument) in columns.iter().zip(&mut items).zip(&mut arguments) {
        *argument = match &column.value {
            Owned::Int(number) => number.cast_unsigned(),
            Owned::Uint(number) => *number,
            Owned::Text(text) => text.as_ptr().expose_provenance() as u64,
            Owned::Chars(bytes) => bytes.as_ptr().expose_provenance() as u64,
            Owned::Bytes(_) => ptr::from_mut(item).expose_provenance() as u64,
        };
    }
    let format = CString::new(format).unwrap();
    let [a, b, c, d] = arguments;
    let mut len = 0;
    // SAFETY: the format is one that C knows, and the arguments are those of its columns. Without
    // an error the session is not looked at.
    let code = unsafe {
        ffi::wiredtiger_struct_size(ptr::null_mut(), &mut len, format.as_ptr(), a, b, c, d)
    };
    assert_eq!(code, 0, "{format:?}");
    assert!(len <= ROOM);
    let mut buffer = vec![0u8; ROOM];
    // SAFETY: as above; there is more room than is needed.
    let code = unsafe {
        ffi::wiredtiger_struct_pack(
            ptr::null_mut(),
            buffer.as_mut_ptr().cast(),
            ROOM,
            format.as_ptr(),
            a,
            b,
            c,
            d,
        )
    };
    assert_eq!(code, 0, "{format:?}");
    buffer.truncate(len);
    buffer
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_bytes_are_the_same(
        columns in prop::collection::vec(column(), 1..=COLUMNS), dot: bool
    ) {
        let mut text = String::from(if dot { "." } else { "" });
        text.extend(columns.iter().map(|column| &column.format[..]));
        let format = Format::new(&text).unwrap();
        let values: Vec<_> = columns.iter().map(Column::value).collect();
        let ours = format.pack(&values).unwrap();
        prop_assert_eq!(&ours, &packed_by_c(&text, &columns), "{} {:?}", text, values);
        // What C has packed can be read, and is the same again.
        let read = format.unpack(&ours).unwrap();
        prop_assert_eq!(format.pack(&read).unwrap(), ours);
    }
}
