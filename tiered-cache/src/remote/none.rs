//! The store of a cache that has none behind it.

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, ready};

use super::{
    ConnectRequest, RemoteAnswers, RemoteError, RemoteErrorKind, RemoteLane, RemoteReply,
    RemoteStore,
};

/// Refuses everything.
#[derive(Debug)]
pub(crate) struct NoRemote;

impl NoRemote {
    fn refuse<T: Send + 'static>() -> BoxFuture<'static, Result<T, RemoteError>> {
        let why = RemoteError::new(RemoteErrorKind::Refusing, "this cache has no remote");
        ready(Err(why)).boxed()
    }
}

impl RemoteStore for NoRemote {
    fn read<'a>(&'a self, _: &'a [Bytes]) -> BoxFuture<'a, RemoteAnswers> {
        Self::refuse()
    }

    fn execute<'a>(&'a self, _: &'a [Bytes]) -> BoxFuture<'a, Result<RemoteReply, RemoteError>> {
        Self::refuse()
    }

    fn connect<'a>(
        &'a self,
        _: ConnectRequest<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn RemoteLane>, RemoteError>> {
        Self::refuse()
    }
}
