//! `MULTI`, `EXEC`, `WATCH`: the commands of a transaction wait at the remote, which does them.

use std::collections::BTreeSet;
use std::io;

use super::forward::{Everything, exchange, forget, part_and_keys, redis_is_there, settle};
use super::introspection::{SETTINGS, is_not_offered};
use super::{Context, Flow, client, connection, text_of};
use crate::request::Args;
use crate::session::{Session, Transaction};
use crate::table::Spec;

pub(super) fn is_about_them(spec: &Spec) -> bool {
    matches!(
        spec.name,
        "multi" | "exec" | "discard" | "watch" | "unwatch"
    )
}

/// Forgets a transaction, and what was watched for it.
pub(super) fn end(session: &mut Session) {
    session.transaction = None;
    session.watched.clear();
}

/// Does a command of a transaction: it begins, ends, or belongs to it.
///
/// # Errors
/// The client is gone.
pub(super) async fn run(
    context: &mut Context<'_>,
    spec: &'static Spec,
    args: Args<'_>,
) -> io::Result<Flow> {
    if !redis_is_there(context, spec.name) {
        return Ok(Flow::Continue);
    }
    if let Some(transaction) = &mut context.session.transaction
        && let Some(fault) = refused(spec, args)
    {
        transaction.refused = true;
        fault.tell(context.reply);
        return Ok(Flow::Continue);
    }
    let (_, keys) = part_and_keys(spec, args);
    let session = &mut *context.session;
    match (spec.name, &mut session.transaction) {
        // A change that another client makes here shows itself at the end.
        ("watch", None) => session.watched.extend(keys.iter().cloned()),
        (_, Some(transaction)) => {
            transaction.keys.extend(keys.iter().cloned());
            transaction.clears |= Everything::of(spec.name) == Some(Everything::Changes);
        }
        _ => {}
    }
    let ending = match &session.transaction {
        Some(transaction) if spec.name == "exec" => Some(transaction),
        _ => None,
    };
    if ending.is_some_and(|transaction| transaction.refused) {
        // The remote knows nothing of that: with its connection it forgets the others, too.
        session.upstream = None;
        end(session);
        let text = "EXECABORT Transaction discarded because of previous errors.";
        context.reply.error(text);
        return Ok(Flow::Continue);
    }
    let clears = ending.is_some_and(|transaction| transaction.clears);
    let all = clears.then_some(Everything::Changes);
    let keys: BTreeSet<Vec<u8>> = match ending {
        Some(transaction) => transaction.keys.union(&session.watched).cloned().collect(),
        None => keys.into_iter().collect(),
    };
    if let Err(error) = settle(&context.session.shared, &keys, all).await {
        // The remote must not go on with a transaction that lacks a command.
        context.session.upstream = None;
        end(context.session);
        context.reply.error(&text_of(&error));
        return Ok(Flow::Continue);
    }
    let done = exchange(context, args, false).await?;
    let ok = matches!(&done, Ok(frame) if !frame.is_error());
    let begun = context.session.transaction.is_some();
    match spec.name {
        "multi" if ok && !begun => context.session.transaction = Some(Transaction::default()),
        // From now on the remote notices changes: what is here of the key may be older than that.
        "watch" if ok && !begun => forget(&context.session.shared, &keys, None).await,
        "exec" => {
            forget(&context.session.shared, &keys, all).await;
            end(context.session);
        }
        "discard" => end(context.session),
        "unwatch" if !begun => context.session.watched.clear(),
        _ => {}
    }
    match done {
        Ok(frame) => context.reply.bytes.extend_from_slice(&frame.bytes),
        Err(away) => {
            end(context.session);
            context.reply.error(&away.text());
        }
    }
    Ok(Flow::Continue)
}

/// Why a command cannot wait at the remote: it would be about the connection there, or do what is not
/// offered here.
fn refused(spec: &Spec, args: Args<'_>) -> Option<super::Fault> {
    let name = spec.name;
    if is_not_offered(name) {
        return Some(client::not_offered(name));
    }
    if name == "config" && !args.is(1, "get") {
        return Some(SETTINGS.into());
    }
    let about_the_connection = connection::is_about_the_connection(spec);
    let refused = about_the_connection && !matches!(name, "ping" | "echo");
    (refused || name.starts_with("tiered."))
        .then(|| "ERR Command not allowed inside a transaction".into())
}
