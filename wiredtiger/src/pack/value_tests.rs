use proptest::prelude::*;

use super::*;

/// Packed by `wiredtiger_struct_pack` of release 11.3.1: format, values, bytes.
fn golden() -> Vec<(&'static str, Vec<Value<'static>>, &'static [u8])> {
    use Value::{Bytes, Int, Str, Uint};
    let three = Bytes(b"\x01\x02\x03");
    vec![
        ("q", vec![Int(-65537)], b"\x15\xfe\xff\xff"),
        ("Q", vec![Uint(1 << 32)], b"\xe4\xff\xff\xdf\xc0"),
        ("b", vec![Int(-1)], b"\x7f"),
        ("b", vec![Int(127)], b"\xff"),
        ("B", vec![Uint(255)], b"\xff"),
        ("h", vec![Int(-300)], b"\x3f\x14"),
        ("H", vec![Uint(65535)], b"\xe2\xdf\xbf"),
        ("i", vec![Int(-2_147_483_648)], b"\x14\x80\0\0\0"),
        ("I", vec![Uint(4_294_967_295)], b"\xe4\xff\xff\xdf\xbf"),
        ("r", vec![Uint(1)], b"\x81"),
        (
            "R",
            vec![Uint(0x1122_3344_5566_7788)],
            b"\x88\x77\x66\x55\x44\x33\x22\x11",
        ),
        ("S", vec![Str("hi")], b"hi\0"),
        ("S", vec![Str("")], b"\0"),
        ("SS", vec![Str("a"), Str("bc")], b"a\0bc\0"),
        ("5s", vec![Bytes(b"hello")], b"hello"),
        ("5S", vec![Str("hi")], b"hi\0\0\0"),
        ("5S", vec![Str("hello")], b"hello"),
        ("u", vec![three], b"\x01\x02\x03"),
        ("uu", vec![three, three], b"\x83\x01\x02\x03\x01\x02\x03"),
        ("Su", vec![Str("k"), three], b"k\0\x01\x02\x03"),
        ("uS", vec![three, Str("k")], b"\x83\x01\x02\x03k\0"),
        ("uB", vec![Bytes(b""), Uint(1)], b"\x80\x01"),
        ("5u", vec![Bytes(b"\x01\x02\x03\0\0")], b"\x01\x02\x03\0\0"),
        ("2uB", vec![Bytes(b"\x01\x02"), Uint(9)], b"\x01\x02\x09"),
        ("U", vec![three], b"\x83\x01\x02\x03"),
        ("xB", vec![Uint(7)], b"\0\x07"),
        ("3xB", vec![Uint(7)], b"\0\0\0\x07"),
        ("8t", vec![Uint(200)], b"\xc8"),
        ("4tB", vec![Uint(15), Uint(7)], b"\x0f\x07"),
        ("3i", vec![Int(1), Int(-1), Int(64)], b"\x81\x7f\xc0\0"),
        (".i", vec![Int(5)], b"\x85"),
        (
            "iSuq",
            vec![Int(7), Str("s"), three, Int(-1)],
            b"\x87s\0\x83\x01\x02\x03\x7f",
        ),
        (
            "5sHq",
            vec![Bytes(b"USA\0\0"), Uint(1990), Int(300_000_000)],
            b"USA\0\0\xc7\x86\xe4\x11\xe1\x82\xc0",
        ),
    ]
}

#[test]
fn the_bytes_are_those_of_the_c_library() {
    for (text, values, bytes) in golden() {
        let format = Format::new(text).unwrap();
        assert_eq!(format.pack(&values).unwrap(), bytes, "{text} {values:?}");
        assert_eq!(format.unpack(bytes).unwrap(), values, "{text}");
        let row = format.row(bytes).unwrap();
        assert_eq!(row.values().unwrap(), values);
        assert!(row.get(values.len()).is_err());
        for end in 0..bytes.len() {
            // All but bytes without a length end where they are cut.
            if !format.text_ends_in_bytes() {
                let error = format.unpack(&bytes[..end]).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Decode, "{text} cut to {end}");
            }
        }
    }
}

impl Format {
    fn text_ends_in_bytes(&self) -> bool {
        self.fields().last() == Some(&Field::Rest)
    }
}

#[test]
fn text_and_bytes_are_fitted_into_a_fixed_size_as_the_engine_does() {
    let pack = |format: &str, value: Value<'_>| Format::new(format).unwrap().pack(&[value]);
    assert_eq!(pack("3S", "hello".into()).unwrap(), b"hel");
    assert_eq!(pack("2u", b"\x01\x02\x03".into()).unwrap(), b"\x01\x02");
    assert_eq!(
        pack("5u", b"\x01\x02\x03".into()).unwrap(),
        b"\x01\x02\x03\0\0"
    );
    assert_eq!(pack("5s", "USA".into()).unwrap(), b"USA\0\0");
    // What the engine would store and nobody could read is refused.
    for error in [
        pack("2S", "aä".into()).unwrap_err(),
        pack("2s", "abc".into()).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Encode);
    }
}

#[test]
fn values_that_do_not_fit_are_refused() {
    let cases: &[(&str, Value<'_>)] = &[
        ("b", Value::Int(128)),
        ("b", Value::Int(-129)),
        ("B", Value::Int(-1)),
        ("B", Value::Uint(256)),
        ("h", Value::Int(1 << 15)),
        ("H", Value::Uint(1 << 16)),
        ("i", Value::Int(1 << 31)),
        ("I", Value::Uint(1 << 32)),
        ("q", Value::Uint(1 << 63)),
        ("Q", Value::Int(-1)),
        ("r", Value::Uint(0)),
        ("r", Value::Uint(1 << 63)),
        ("3t", Value::Uint(8)),
        ("S", Value::Uint(1)),
        ("u", Value::Int(1)),
        ("q", Value::Str("1")),
        ("Q", Value::Bytes(b"1")),
    ];
    for (format, value) in cases {
        let error = Format::new(format).unwrap().pack(&[*value]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Encode, "{format} {value:?}");
        assert!(error.message().contains(*format), "{error}");
    }
    let format = Format::new("SxS").unwrap();
    for values in [&["a".into()][..], &["a".into(), "b".into(), "c".into()]] {
        assert_eq!(format.pack(values).unwrap_err().kind(), ErrorKind::Encode);
    }
    let nul = format.pack(&["a".into(), "b\0".into()]).unwrap_err();
    assert_eq!(nul.kind(), ErrorKind::InteriorNul);
    // Never is so much memory taken.
    let huge = Format::new("4294967295x4294967295xB").unwrap();
    assert_eq!(
        huge.pack(&[1.into()]).unwrap_err().kind(),
        ErrorKind::Encode
    );
}

#[test]
fn bytes_that_are_not_of_the_format_are_refused() {
    let cases: &[(&str, &[u8])] = &[
        ("q", b""),
        ("q", b"\x80\x80"),
        ("q", b"\x0f"),
        ("q", b"\xe9\x01\x02\x03\x04\x05\x06\x07\x08\x09"),
        ("q", b"\x18"),
        ("b", b"\x80\x80"),
        ("h", b"\xe2\x80\x00"),
        ("r", b"\x80"),
        ("r", b"\xe8\xff\xff\xff\xff\xff\xff\xdf\xbf"),
        ("3t", b"\x08"),
        ("R", b"1234567"),
        ("S", b"a"),
        ("S", b"a\0b"),
        ("S", b"\xff\0"),
        ("3S", b"a\0b"),
        ("3S", b"ab"),
        ("5s", b"abcd"),
        ("2uB", b"\x01\x02"),
        ("U", b"\x83\x01\x02"),
        ("U", b"\xe8\xff\xff\xff\xff\xff\xff\xdf\xbf"),
        ("2U", b"\x83\x01\x02\x03"),
        ("xB", b"\x01\x07"),
    ];
    for (format, bytes) in cases {
        let format = Format::new(format).unwrap();
        let error = format.unpack(bytes).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{format} {bytes:x?}");
        assert!(format.row(bytes).is_err());
    }
}

#[test]
fn a_given_buffer_is_used_and_not_overrun() {
    let format = Format::new("SU").unwrap();
    let values = ["ab".into(), b"cd".into()];
    assert_eq!(format.packed_len(&values).unwrap(), 6);
    let mut buffer = [9; 8];
    assert_eq!(format.pack_into(&values, &mut buffer).unwrap(), 6);
    assert_eq!(&buffer, b"ab\0\x82cd\x09\x09");
    let mut small = [9; 5];
    let error = format.pack_into(&values, &mut small).unwrap_err();
    assert_eq!((error.kind(), small), (ErrorKind::Encode, [9; 5]));
}

/// A column and a value that it takes and gives back.
fn column() -> impl Strategy<Value = (String, Owned)> {
    prop_oneof![
        any::<i8>().prop_map(|n| ("b".into(), Owned::Int(n.into()))),
        any::<i16>().prop_map(|n| ("h".into(), Owned::Int(n.into()))),
        any::<i32>().prop_map(|n| ("l".into(), Owned::Int(n.into()))),
        any::<i64>().prop_map(|n| ("q".into(), Owned::Int(n))),
        any::<u8>().prop_map(|n| ("B".into(), Owned::Uint(n.into()))),
        any::<u16>().prop_map(|n| ("H".into(), Owned::Uint(n.into()))),
        any::<u32>().prop_map(|n| ("I".into(), Owned::Uint(n.into()))),
        any::<u64>().prop_map(|n| ("Q".into(), Owned::Uint(n))),
        any::<u64>().prop_map(|n| ("R".into(), Owned::Uint(n))),
        (1..1u64 << 63).prop_map(|n| ("r".into(), Owned::Uint(n))),
        (1..=8u32, any::<u8>())
            .prop_map(|(bits, n)| (format!("{bits}t"), Owned::Uint(u64::from(n) >> (8 - bits)))),
        "[^\\x00]{0,9}".prop_map(|text| ("S".into(), Owned::Str(text))),
        "[^\\x00]{0,9}".prop_map(|text| (format!("{}S", text.len() + 3), Owned::Str(text))),
        any::<Vec<u8>>().prop_map(|bytes| ("u".into(), Owned::Bytes(bytes))),
        any::<Vec<u8>>().prop_map(|bytes| ("U".into(), Owned::Bytes(bytes))),
        any::<Vec<u8>>().prop_map(|bytes| (format!("{}u", bytes.len()), Owned::Bytes(bytes))),
        any::<[u8; 3]>().prop_map(|bytes| ("3s".into(), Owned::Bytes(bytes.into()))),
    ]
}

#[derive(Clone, Debug)]
enum Owned {
    Int(i64),
    Uint(u64),
    Str(String),
    Bytes(Vec<u8>),
}

impl Owned {
    fn value(&self) -> Value<'_> {
        match self {
            Self::Int(number) => Value::Int(*number),
            Self::Uint(number) => Value::Uint(*number),
            Self::Str(text) => Value::Str(text),
            Self::Bytes(bytes) => Value::Bytes(bytes),
        }
    }
}

proptest! {
    #[test]
    fn rows_survive(columns in prop::collection::vec((column(), any::<bool>()), 1..8)) {
        let mut text = String::new();
        for ((format, _), pad) in &columns {
            text += format;
            if *pad {
                text += "2x";
            }
        }
        let format = Format::new(&text).unwrap();
        let values: Vec<_> = columns.iter().map(|((_, value), _)| value.value()).collect();
        let bytes = format.pack(&values).unwrap();
        prop_assert_eq!(format.unpack(&bytes).unwrap(), values.clone());
        let mut buffer = vec![0; bytes.len()];
        prop_assert_eq!(format.pack_into(&values, &mut buffer).unwrap(), bytes.len());
        prop_assert_eq!(buffer, bytes);
    }

    #[test]
    fn arbitrary_formats_and_bytes_never_panic(text in "[.0-9bhilqBHILQrRtSsuUxjz@]{0,9}", bytes: Vec<u8>) {
        if let Ok(format) = Format::new(&text)
            && let Ok(values) = format.unpack(&bytes)
        {
            // What is accepted packs to the same bytes again.
            prop_assert_eq!(format.pack(&values).unwrap(), bytes);
        }
    }
}
