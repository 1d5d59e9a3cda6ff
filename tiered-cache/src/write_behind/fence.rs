//! Which connections may still carry writes.

use parking_lot::Mutex;

use crate::error::Result;
use crate::local::Local;
use crate::remote::ConnectionId;

/// The connections on which writes of this home may be under way, those of earlier processes
/// included. The list is stored before the first write on a connection, and a connection leaves it
/// when it has been ended at the remote, or when all that was sent on it has been answered.
pub(crate) struct Fences(Mutex<Vec<Open>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Open {
    id: ConnectionId,
    /// `None`: of an earlier process, whose lanes may have had other keys.
    lane: Option<usize>,
}

impl Fences {
    pub(crate) fn load(local: &Local) -> Result<Self> {
        let earlier = local.stored_connections()?.into_iter();
        Ok(Self(Mutex::new(
            earlier.map(|id| Open { id, lane: None }).collect(),
        )))
    }

    /// What has to end before the lane writes on a new connection.
    pub(crate) fn before(&self, lane: usize) -> Vec<ConnectionId> {
        self.0
            .lock()
            .iter()
            .filter(|open| open.lane.is_none_or(|owner| owner == lane))
            .map(|open| open.id)
            .collect()
    }

    /// The connections in `ended` have ended, and the lane has a new one.
    pub(crate) fn opened(
        &self,
        local: &Local,
        lane: usize,
        ended: &[ConnectionId],
        id: ConnectionId,
    ) -> Result<()> {
        let mut open = self.0.lock();
        open.retain(|each| !ended.contains(&each.id));
        open.push(Open {
            id,
            lane: Some(lane),
        });
        local.store_connections(&open.iter().map(|each| each.id).collect::<Vec<_>>())
    }

    /// All that was sent on the connection has been answered.
    pub(crate) fn answered(&self, id: ConnectionId) {
        // Stored with the next one that opens: ending a connection that is gone does nothing.
        self.0.lock().retain(|each| each.id != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{FeedConfig, LocalConfig};

    const fn id(number: u64) -> ConnectionId {
        ConnectionId(number)
    }

    #[test]
    fn the_list_has_what_may_be_open_and_no_more() {
        let dir = tempfile::tempdir().unwrap();
        let (config, feed) = (LocalConfig::default(), FeedConfig::default());
        let local = Local::open(dir.path(), &config, &feed).unwrap();
        let fences = Fences::load(&local).unwrap();
        fences.opened(&local, 0, &[], id(1)).unwrap();
        fences.opened(&local, 1, &[], id(2)).unwrap();
        assert_eq!(fences.before(0), [id(1)], "of this lane only");
        // Lost, and fenced by the next one, again and again.
        for number in 3..100 {
            let ended = fences.before(0);
            fences.opened(&local, 0, &ended, id(number)).unwrap();
        }
        assert_eq!(local.stored_connections().unwrap(), [id(2), id(99)]);
        fences.answered(id(99));
        assert!(fences.before(0).is_empty());

        // An earlier process's connections concern every lane.
        let later = Fences::load(&local).unwrap();
        assert_eq!(later.before(5), [id(2), id(99)]);
        later.opened(&local, 5, &[id(2), id(99)], id(100)).unwrap();
        assert!(later.before(6).is_empty());
    }
}
