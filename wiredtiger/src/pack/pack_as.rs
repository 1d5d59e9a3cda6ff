//! Types of the user, packed as another type.

use super::{Pack, decode, sealed};
use crate::error::Result;

/// A type of your own that is stored as another one: an identifier as its number, an enumeration as
/// a byte.
///
/// The bytes are always those of [`Packed`](Self::Packed), so nothing that you write here can
/// harm a table; a type with this trait is one with [`Pack`]. For structures with one field the
/// macro [`pack_as!`](crate::pack_as) writes it.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Pack, PackAs, Table, TableOptions};
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// enum Colour { Red, Green }
///
/// impl PackAs for Colour {
///     type Packed = u8;
///     type Ref<'a> = Self;
///
///     fn to_packed<'a>(value: Self::Ref<'a>) -> <u8 as Pack>::Ref<'a> {
///         match value { Self::Red => 1, Self::Green => 2 }
///     }
///
///     fn from_packed<'a>(packed: <u8 as Pack>::Ref<'a>) -> Option<Self::Ref<'a>> {
///         match packed { 1 => Some(Self::Red), 2 => Some(Self::Green), _ => None }
///     }
///
///     fn to_owned(value: Self) -> Self {
///         value
///     }
/// }
///
/// let colours: Table<String, Colour> = session.create_table("c", &TableOptions::new())?;
/// session.put(&colours, "grass", Colour::Green)?;
/// assert_eq!(session.get_owned(&colours, "grass")?, Some(Colour::Green));
/// # Ok(())
/// # }
/// ```
pub trait PackAs: Sized + 'static {
    /// The type whose format and bytes are used.
    type Packed: Pack;

    /// The form that calls take and reads hand out.
    type Ref<'a>: Copy;

    /// The value that is stored.
    fn to_packed<'a>(value: Self::Ref<'a>) -> <Self::Packed as Pack>::Ref<'a>;

    /// The value that was stored; nothing if it is none of this type, which a read reports as
    /// [`Decode`](crate::ErrorKind::Decode).
    fn from_packed<'a>(packed: <Self::Packed as Pack>::Ref<'a>) -> Option<Self::Ref<'a>>;

    /// A copy that does not depend on the engine's memory.
    fn to_owned(value: Self::Ref<'_>) -> Self;
}

#[inline]
fn from_packed<T: PackAs>(packed: <T::Packed as Pack>::Ref<'_>) -> Result<T::Ref<'_>> {
    T::from_packed(packed).ok_or_else(|| {
        decode(&format!(
            "the stored value is none of {}",
            std::any::type_name::<T>()
        ))
    })
}

impl<T: PackAs> sealed::Sealed for T {}

impl<T: PackAs> Pack for T {
    type Ref<'a> = <T as PackAs>::Ref<'a>;

    const FORMAT: &'static str = T::Packed::FORMAT;
    const USES_SCRATCH: bool = T::Packed::USES_SCRATCH;

    #[inline]
    fn pack<'v, 's, 'o>(value: <T as PackAs>::Ref<'v>, scratch: &'s mut Vec<u8>) -> Result<&'o [u8]>
    where
        'v: 'o,
        's: 'o,
    {
        T::Packed::pack(T::to_packed(value), scratch)
    }

    #[inline]
    fn unpack(bytes: &[u8]) -> Result<<T as PackAs>::Ref<'_>> {
        from_packed::<T>(T::Packed::unpack(bytes)?)
    }

    #[inline]
    fn to_owned(value: <T as PackAs>::Ref<'_>) -> Self {
        <T as PackAs>::to_owned(value)
    }

    #[inline]
    fn append(value: <T as PackAs>::Ref<'_>, last: bool, out: &mut Vec<u8>) -> Result<()> {
        T::Packed::append(T::to_packed(value), last, out)
    }

    #[inline]
    fn take<'a>(bytes: &mut &'a [u8], last: bool) -> Result<<T as PackAs>::Ref<'a>> {
        from_packed::<T>(T::Packed::take(bytes, last)?)
    }
}

/// Implements [`PackAs`](crate::PackAs) for a structure of one unnamed field.
///
/// `pack_as!(UserId as u64)` is for structures that are `Copy`: calls take and hand out the
/// structure itself. `pack_as!(Email as ref String)` is for others: calls take and hand out what
/// the field is borrowed as, a `&str` here.
///
/// # Examples
/// ```
/// # fn main() -> wiredtiger::Result<()> {
/// # let connection = wiredtiger::Connection::options().open_in_memory()?;
/// # let mut session = connection.open_session()?;
/// use wiredtiger::{Table, TableOptions};
///
/// #[derive(Clone, Copy, Debug, PartialEq)]
/// struct UserId(u64);
/// wiredtiger::pack_as!(UserId as u64);
///
/// #[derive(Debug, PartialEq)]
/// struct Email(String);
/// wiredtiger::pack_as!(Email as ref String);
///
/// let users: Table<UserId, Email> = session.create_table("users", &TableOptions::new())?;
/// session.put(&users, UserId(7), "ada@example.com")?;
/// let email = session.get_owned(&users, UserId(7))?;
/// assert_eq!(email, Some(Email("ada@example.com".into())));
/// # Ok(())
/// # }
/// ```
#[macro_export]
macro_rules! pack_as {
    ($type:ty as ref $packed:ty) => {
        impl $crate::PackAs for $type {
            type Packed = $packed;
            type Ref<'a> = <$packed as $crate::Pack>::Ref<'a>;

            fn to_packed<'a>(
                value: <$packed as $crate::Pack>::Ref<'a>,
            ) -> <$packed as $crate::Pack>::Ref<'a> {
                value
            }

            fn from_packed<'a>(
                packed: <$packed as $crate::Pack>::Ref<'a>,
            ) -> ::core::option::Option<<$packed as $crate::Pack>::Ref<'a>> {
                ::core::option::Option::Some(packed)
            }

            fn to_owned(value: <$packed as $crate::Pack>::Ref<'_>) -> Self {
                Self(<$packed as $crate::Pack>::to_owned(value))
            }
        }
    };
    ($type:ty as $packed:ty) => {
        impl $crate::PackAs for $type {
            type Packed = $packed;
            type Ref<'a> = Self;

            fn to_packed<'a>(value: Self::Ref<'a>) -> <$packed as $crate::Pack>::Ref<'a> {
                value.0
            }

            fn from_packed<'a>(
                packed: <$packed as $crate::Pack>::Ref<'a>,
            ) -> ::core::option::Option<Self::Ref<'a>> {
                ::core::option::Option::Some(Self(packed))
            }

            fn to_owned(value: Self) -> Self {
                value
            }
        }
    };
}
