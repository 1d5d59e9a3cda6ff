//! Values of a type, through a codec.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::codec::Codec;
use crate::error::{Error, Result};
use crate::{SetOptions, TieredCache, Written};

/// A [`TieredCache`] whose values have a type, made to bytes by a codec.
///
/// The remote gets the codec's bytes: other programs that read the same keys need to know them.
/// Clones share the cache.
///
/// # Examples
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let dir = tempfile::tempdir()?;
/// # let home = dir.path().join("home");
/// use tiered_cache::codec::Text;
/// use tiered_cache::{MemoryRemote, TieredCache, TypedCache};
///
/// # tokio::runtime::Runtime::new()?.block_on(async {
/// let cache = TieredCache::builder(&home).remote(MemoryRemote::new()).open().await?;
/// let names: TypedCache<String, Text> = cache.typed(Text);
/// names.set("user:1", &"Ada".to_owned()).await?;
/// assert_eq!(names.get("user:1").await?.as_deref(), Some("Ada"));
/// # Ok::<(), tiered_cache::Error>(())
/// # })?;
/// # Ok(())
/// # }
/// ```
pub struct TypedCache<V, C> {
    cache: TieredCache,
    codec: Arc<C>,
    value: PhantomData<fn() -> V>,
}

impl TieredCache {
    /// The same cache, with values of a type.
    #[must_use]
    pub fn typed<V, C: Codec<V>>(&self, codec: C) -> TypedCache<V, C> {
        TypedCache {
            cache: self.clone(),
            codec: Arc::new(codec),
            value: PhantomData,
        }
    }
}

impl<V, C: Codec<V>> TypedCache<V, C> {
    /// The value of `key`, or `None` when it is absent.
    ///
    /// # Errors
    /// [`Codec`](Error::Codec): the bytes are no such value; another program may have written them.
    /// For the rest as [`TieredCache::get`].
    ///
    /// # Cancel safety
    /// As for [`TieredCache::get`].
    pub async fn get(&self, key: impl AsRef<[u8]>) -> Result<Option<V>> {
        match self.cache.get(key).await? {
            Some(bytes) => Ok(Some(self.codec.decode(&bytes)?)),
            None => Ok(None),
        }
    }

    /// The values of many keys, in their order.
    ///
    /// # Errors
    /// As for [`get`](Self::get), for the first key that cannot be answered.
    ///
    /// # Cancel safety
    /// As for [`TieredCache::get`].
    pub async fn get_many<K: AsRef<[u8]>>(&self, keys: &[K]) -> Result<Vec<Option<V>>> {
        let values = self.cache.get_many(keys).await?;
        values
            .into_iter()
            .map(|value| Ok(value.map(|bytes| self.codec.decode(&bytes)).transpose()?))
            .collect()
    }

    /// Sets `key` to `value`.
    ///
    /// # Errors
    /// [`Codec`](Error::Codec): the value cannot be encoded; nothing was written. For the rest as
    /// [`TieredCache::set_with`].
    ///
    /// # Cancel safety
    /// As for [`TieredCache::set_with`].
    pub async fn set(&self, key: impl AsRef<[u8]>, value: &V) -> Result<Written> {
        self.set_with(key, value, SetOptions::new()).await
    }

    /// Sets `key` to `value`, with options.
    ///
    /// # Errors
    /// As for [`set`](Self::set).
    ///
    /// # Cancel safety
    /// As for [`TieredCache::set_with`].
    pub async fn set_with(
        &self,
        key: impl AsRef<[u8]>,
        value: &V,
        options: SetOptions,
    ) -> Result<Written> {
        let bytes = self.codec.encode(value)?;
        self.cache.set_with(key, bytes, options).await
    }

    /// The value of `key`; when it is absent, the one that `load` makes, which is set. One load of a
    /// key runs at a time.
    ///
    /// # Errors
    /// As for [`TieredCache::get_or_insert_with`] and [`get`](Self::get).
    ///
    /// # Cancel safety
    /// As for [`TieredCache::get_or_insert_with`].
    pub async fn get_or_insert_with<E, F, L>(
        &self,
        key: impl AsRef<[u8]>,
        options: SetOptions,
        load: L,
    ) -> Result<V>
    where
        E: Into<Box<dyn std::error::Error + Send + Sync>>,
        F: Future<Output = Result<V, E>>,
        L: FnOnce() -> F,
    {
        let load = || async {
            let value = load().await.map_err(Into::into)?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(self.codec.encode(&value)?)
        };
        let bytes = self.cache.get_or_insert_with(key, options, load).await?;
        Ok(self.codec.decode(&bytes)?)
    }

    /// The cache below, for all that does not depend on the type.
    #[must_use]
    pub fn untyped(&self) -> &TieredCache {
        &self.cache
    }
}

impl<V, C> Clone for TypedCache<V, C> {
    fn clone(&self) -> Self {
        Self {
            cache: self.cache.clone(),
            codec: Arc::clone(&self.codec),
            value: PhantomData,
        }
    }
}

impl<V, C> fmt::Debug for TypedCache<V, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TypedCache")
            .field("cache", &self.cache)
            .field("value", &std::any::type_name::<V>())
            .finish_non_exhaustive()
    }
}

impl From<crate::codec::CodecError> for Error {
    fn from(error: crate::codec::CodecError) -> Self {
        Self::Codec(Arc::new(error))
    }
}
