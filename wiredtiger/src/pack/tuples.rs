//! Several columns as one key or value.

use std::marker::PhantomData;

use super::column::{pack_alone, unpack_alone};
use super::{Pack, sealed};
use crate::error::Result;

/// The text of a format that is put together while compiling.
pub(super) struct FormatText {
    bytes: [u8; Self::MAX],
    len: usize,
}

impl FormatText {
    /// Tuples of tuples of long formats do not compile.
    const MAX: usize = 256;

    const fn empty() -> Self {
        Self {
            bytes: [0; Self::MAX],
            len: 0,
        }
    }

    const fn and(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut at = 0;
        while at < text.len() {
            self = self.and_byte(text[at]);
            at += 1;
        }
        self
    }

    const fn and_byte(mut self, byte: u8) -> Self {
        self.bytes[self.len] = byte;
        self.len += 1;
        self
    }

    const fn and_number(self, number: usize) -> Self {
        let digit = b'0' + (number % 10) as u8;
        if number < 10 {
            self.and_byte(digit)
        } else {
            self.and_number(number / 10).and_byte(digit)
        }
    }

    pub(super) const fn as_str(&'static self) -> &'static str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            // Formats are ASCII.
            Err(_) => "",
        }
    }

    /// A number and a letter.
    pub(super) const fn sized(number: usize, letter: u8) -> Self {
        Self::empty().and_number(number).and_byte(letter)
    }
}

/// Where the format of a tuple is put together.
struct Joined<T>(PhantomData<T>);

macro_rules! tuples {
    ($(($($name:ident $value:ident),+))*) => {
        $(
            impl<$($name: Pack),+> Joined<($($name,)+)> {
                const FORMAT: &'static FormatText =
                    &FormatText::empty()$(.and($name::FORMAT))+;
            }

            impl<$($name: Pack),+> sealed::Sealed for ($($name,)+) {}

            impl<$($name: Pack),+> Pack for ($($name,)+) {
                type Ref<'a> = ($($name::Ref<'a>,)+);

                const FORMAT: &'static str = Joined::<Self>::FORMAT.as_str();

                #[inline]
                fn pack<'v, 's, 'o>(
                    value: Self::Ref<'v>,
                    scratch: &'s mut Vec<u8>,
                ) -> Result<&'o [u8]>
                where
                    'v: 'o,
                    's: 'o,
                {
                    pack_alone::<Self>(value, scratch)
                }

                #[inline]
                fn unpack(bytes: &[u8]) -> Result<Self::Ref<'_>> {
                    unpack_alone::<Self>(bytes)
                }

                #[inline]
                fn to_owned(($($value,)+): Self::Ref<'_>) -> Self {
                    ($($name::to_owned($value),)+)
                }

                #[inline]
                fn append(
                    ($($value,)+): Self::Ref<'_>,
                    last: bool,
                    out: &mut Vec<u8>,
                ) -> Result<()> {
                    let mut left = [$(stringify!($name)),+].len();
                    $(
                        left -= 1;
                        $name::append($value, last && left == 0, out)?;
                    )+
                    Ok(())
                }

                #[inline]
                fn take<'a>(bytes: &mut &'a [u8], last: bool) -> Result<Self::Ref<'a>> {
                    let mut left = [$(stringify!($name)),+].len();
                    $(
                        left -= 1;
                        let $value = $name::take(bytes, last && left == 0)?;
                    )+
                    Ok(($($value,)+))
                }
            }
        )*
    };
}

tuples! {
    (A a)
    (A a, B b)
    (A a, B b, C c)
    (A a, B b, C c, D d)
    (A a, B b, C c, D d, E e)
    (A a, B b, C c, D d, E e, F f)
    (A a, B b, C c, D d, E e, F f, G g)
    (A a, B b, C c, D d, E e, F f, G g, H h)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::error::ErrorKind;
    use crate::pack::{Bits, Format, RecordNumber, Value};

    fn packed<T: Pack>(value: T::Ref<'_>) -> Vec<u8> {
        T::pack(value, &mut Vec::new()).unwrap().to_vec()
    }

    type Mixed = (i32, String, Vec<u8>, i64);

    #[test]
    fn formats_are_those_of_the_columns() {
        assert_eq!(Mixed::FORMAT, "iSuq");
        assert_eq!(<((u8, Vec<u8>), bool)>::FORMAT, "BuB");
        assert_eq!(<([u8; 16], [u8; 3], Bits<7>)>::FORMAT, "16u3u7t");
        assert_eq!(<(i8, i16, u16, u32, RecordNumber)>::FORMAT, "bhHIr");
        for format in [Mixed::FORMAT, <((u8, Vec<u8>), bool)>::FORMAT] {
            Format::new(format).unwrap();
        }
    }

    #[test]
    fn bytes_have_their_length_in_front_unless_they_are_last() {
        let (one, two): (&[u8], &[u8]) = (b"a", b"bc");
        assert_eq!(packed::<(Vec<u8>, Vec<u8>)>((one, two)), b"\x81abc");
        assert_eq!(packed::<((u8, Vec<u8>),)>(((7, two),)), b"\x07bc");
        assert_eq!(
            packed::<((u8, Vec<u8>), u8)>(((7, two), 9)),
            b"\x07\x82bc\x09"
        );
    }

    #[test]
    fn values_out_of_their_range_are_refused() {
        for (bytes, refused) in [
            (
                packed::<i64>(32_768),
                i16::unpack(&packed::<i64>(32_768)).is_err(),
            ),
            (
                packed::<u64>(65_536),
                u16::unpack(&packed::<u64>(65_536)).is_err(),
            ),
            (
                packed::<i64>(1 << 31),
                i32::unpack(&packed::<i64>(1 << 31)).is_err(),
            ),
            (
                packed::<u64>(1 << 32),
                u32::unpack(&packed::<u64>(1 << 32)).is_err(),
            ),
            (vec![2], bool::unpack(&[2]).is_err()),
            (vec![8], Bits::<3>::unpack(&[8]).is_err()),
            (
                packed::<u64>(0),
                RecordNumber::unpack(&packed::<u64>(0)).is_err(),
            ),
            (vec![1, 2], <[u8; 3]>::unpack(&[1, 2]).is_err()),
            (vec![1, 2], u8::unpack(&[1, 2]).is_err()),
            (vec![], <(u8,)>::unpack(&[]).is_err()),
        ] {
            assert!(refused, "{bytes:?}");
        }
        assert_eq!(RecordNumber::new(0), None);
        assert_eq!(RecordNumber::new(1 << 63), None);
        assert_eq!(Bits::<3>::new(8), None);
        let nul = <(String, u8)>::pack(("a\0", 1), &mut Vec::new()).unwrap_err();
        assert_eq!(nul.kind(), ErrorKind::InteriorNul);
    }

    proptest! {
        #[test]
        fn tuples_survive_and_agree_with_their_format(
            a: i32, b in "[^\0]{0,9}", c: Vec<u8>, d: i64
        ) {
            let bytes = packed::<Mixed>((a, &b, &c, d));
            prop_assert_eq!(Mixed::unpack(&bytes).unwrap(), (a, &b[..], &c[..], d));
            let format = Format::new(Mixed::FORMAT).unwrap();
            let values: [Value; 4] = [a.into(), b[..].into(), c[..].into(), d.into()];
            prop_assert_eq!(format.pack(&values).unwrap(), bytes);
        }

        #[test]
        fn small_integers_keep_their_order(a: (i8, i16, i32), b: (i8, i16, i32)) {
            let bytes = |value| packed::<(i8, i16, i32)>(value);
            prop_assert_eq!(bytes(a).cmp(&bytes(b)), a.cmp(&b));
        }

        #[test]
        fn unsigned_integers_and_text_keep_their_order(
            a: (u8, u16, u32), b: (u8, u16, u32), s in "[^\0]{0,4}", t in "[^\0]{0,4}"
        ) {
            let bytes = |value| packed::<(u8, u16, u32)>(value);
            prop_assert_eq!(bytes(a).cmp(&bytes(b)), a.cmp(&b));
            let bytes = |text, number| packed::<(String, u8)>((text, number));
            prop_assert_eq!(bytes(&s, a.0).cmp(&bytes(&t, b.0)), (&s, a.0).cmp(&(&t, b.0)));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            if let Ok(value) = Mixed::unpack(&bytes) {
                prop_assert_eq!(packed::<Mixed>(value), bytes.clone());
            }
            type Others = (bool, i8, Bits<5>, [u8; 2], RecordNumber, u16, (Vec<u8>, u8));
            if let Ok(value) = Others::unpack(&bytes) {
                prop_assert_eq!(packed::<Others>(value), bytes);
            }
        }
    }
}
