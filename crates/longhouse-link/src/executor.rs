//! Runs the tasks of a connection so that one which wakes itself goes on at once.
//!
//! hyper's task that carries a request's body asks to hear of its stream's reset before it sends, and by that is woken by its own sending.
//! To tokio a task that was woken while it ran is one that gives way with work left, for which it wakes a second thread: with each key that is
//! typed. Here such a task is polled once more instead.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use futures_util::task::AtomicWaker;
use hyper::rt::Executor;

/// How often a task is polled in one turn. One that wakes itself even then gives way like any other.
const POLLS: usize = 2;

/// Spawns on tokio. See the module.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GoesOn;

impl<F> Executor<F> for GoesOn
where
    F: Future<Output = ()> + Send + Unpin + 'static,
{
    fn execute(&self, future: F) {
        tokio::spawn(Task::new(future));
    }
}

struct Task<F> {
    future: F,
    woken: Arc<Woken>,
    waker: Waker,
}

impl<F> Task<F> {
    fn new(future: F) -> Self {
        let woken = Arc::new(Woken::default());
        Self {
            future,
            waker: Waker::from(Arc::clone(&woken)),
            woken,
        }
    }
}

impl<F: Future + Unpin> Future for Task<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let task = &mut *self;
        task.woken.task.register(cx.waker());
        for _ in 0..POLLS {
            task.woken.state.store(POLLED, Ordering::Release);
            let polled = Pin::new(&mut task.future).poll(&mut Context::from_waker(&task.waker));
            if polled.is_ready() || task.woken.leave() {
                return polled;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Nobody polls the task: who wakes it wakes its runtime.
const LEFT: u8 = 0;
/// The task is being polled.
const POLLED: u8 = 1;
/// It was woken meanwhile.
const AGAIN: u8 = 2;

/// What wakes a task, and whether it was woken while it was polled.
#[derive(Default)]
struct Woken {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Woken {
    /// The end of a poll. Says whether nothing came meanwhile.
    fn leave(&self) -> bool {
        self.state.swap(LEFT, Ordering::AcqRel) == POLLED
    }
}

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let noted = self
            .state
            .compare_exchange(POLLED, AGAIN, Ordering::AcqRel, Ordering::Acquire);
        if noted == Err(LEFT) {
            self.task.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;
    use std::time::Duration;

    use tokio::sync::{mpsc, oneshot};

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Polls a task once from outside; how often it was polled inside, and how often it woke its runtime.
    fn polls(wakes_itself: usize) -> (usize, usize) {
        let mut polled = 0;
        let future = std::future::poll_fn(|cx| {
            polled += 1;
            if polled <= wakes_itself {
                cx.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        });
        let mut task = Task::new(Box::pin(future));
        let count = Arc::new(Count::default());
        let waker = Waker::from(Arc::clone(&count));
        assert!(
            Pin::new(&mut task)
                .poll(&mut Context::from_waker(&waker))
                .is_pending()
        );
        drop(task);
        (polled, count.0.load(Ordering::Relaxed))
    }

    #[test]
    fn a_task_that_wakes_itself_goes_on_but_not_for_ever() {
        assert_eq!(polls(0), (1, 0));
        assert_eq!(polls(1), (2, 0));
        assert_eq!(polls(2), (2, 1));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_message_is_missed_by_a_task_that_others_wake_while_it_runs() {
        const MESSAGES: usize = 200_000;
        let (sender, mut receiver) = mpsc::channel(1);
        let (done, all) = oneshot::channel();
        let receive = async move {
            for expected in 0..MESSAGES {
                assert_eq!(receiver.recv().await, Some(expected));
            }
            // Who asked may have given up.
            let _ = done.send(());
        };
        GoesOn.execute(Box::pin(receive));
        let send = async {
            for message in 0..MESSAGES {
                sender.send(message).await.unwrap();
            }
            all.await.unwrap();
        };
        tokio::time::timeout(Duration::from_secs(60), send)
            .await
            .unwrap();
    }
}
