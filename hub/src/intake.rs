//! What every door for sites does with a batch once it is unpacked: is it a batch, is it this feed's, and the answer after
//! the commit. Must not know over what it came.

use gateway_proto::{
    answer::{Ack, Code, Rejection},
    batch::Batch,
};
use tokio::{sync::oneshot, task::spawn_blocking};

use crate::{
    clock,
    store::{Answer, NotQueued, Store, StoredFeed},
};

/// Bytes of a batch that is read where it came, in about a tenth of a millisecond; a longer one would hold up the live
/// feeds and goes to a thread for such work.
const QUICK_LEN_MAX: usize = 8 * 1024;

/// Takes a batch for the feed whose token it came with. Returns when it is committed.
///
/// # Errors
/// What the site is to be told instead of an ack.
pub(crate) async fn take(store: &Store, feed: &StoredFeed, json: Vec<u8>) -> Result<Ack, Rejection> {
    let answered = if json.len() > QUICK_LEN_MAX {
        let (store, feed) = (store.clone(), feed.clone());
        let taken = spawn_blocking(move || queue(&store, &feed, &json)).await;
        taken.map_err(|_| Rejection::new(Code::Busy, "the hub is stopping"))??
    } else {
        queue(store, feed, &json)?
    };
    // The answer comes when the batch is committed. Where the writer has died, nobody knows: the site asks again.
    answered.await.map_err(|_| Rejection::new(Code::Busy, "the hub is stopping"))?
}

/// Reads a batch, follows its chain and queues it for its commit.
fn queue(store: &Store, feed: &StoredFeed, json: &[u8]) -> Result<oneshot::Receiver<Answer>, Rejection> {
    let batch = Batch::parse(json).map_err(|error| {
        let code = if error.is_too_large() { Code::TooLarge } else { Code::BadBatch };
        Rejection::new(code, error.to_string())
    })?;
    if batch.site != feed.key.site || batch.feed != feed.key.name {
        return Err(Rejection::new(Code::Unauthorized, "this token is another site's or feed's"));
    }
    store.take(feed, batch, clock::now()).map_err(|why| {
        let detail = match why {
            NotQueued::Full => "too many batches at once",
            NotQueued::Stopped => "the hub is stopping",
        };
        Rejection::new(Code::Busy, detail)
    })
}
