// Rule 24: a packing that this library does not know could yield any bytes.
use wiredtiger::{Pack, Result};

struct Mine(Vec<u8>);

// A complete implementation, so that nothing but the seal is in its way.
macro_rules! implement_pack {
    ($type:ty) => {
        impl Pack for $type {
            type Ref<'a> = &'a [u8];

            const FORMAT: &'static str = "u";

            fn pack<'v, 's, 'o>(value: &'v [u8], _: &'s mut Vec<u8>) -> Result<&'o [u8]>
            where
                'v: 'o,
                's: 'o,
            {
                Ok(value)
            }

            fn unpack(bytes: &[u8]) -> Result<&[u8]> {
                Ok(bytes)
            }

            fn to_owned(value: &[u8]) -> Self {
                Self(value.into())
            }

            fn append(value: &[u8], _: bool, out: &mut Vec<u8>) -> Result<()> {
                out.extend_from_slice(value);
                Ok(())
            }

            fn take<'a>(bytes: &mut &'a [u8], _: bool) -> Result<&'a [u8]> {
                Ok(std::mem::take(bytes))
            }
        }
    };
}

implement_pack!(Mine); //~ E0277

fn main() {}
