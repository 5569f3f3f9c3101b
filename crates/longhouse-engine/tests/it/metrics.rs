//! What sessions use: one stream however many follow, trouble told once, the history.

use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::BoxStream;
use longhouse_domain::metrics::MetricsRange;
use longhouse_domain::{Role, Status};
use longhouse_engine::{EngineError, MetricsNews, UnsavedWork};
use longhouse_link::proto::UsageReply;
use longhouse_runtime::echo::{METERED_MEMORY, Trouble};

use crate::house::{House, actor, in_time, shell};

const OFTEN: Duration = Duration::from_millis(20);

async fn until(
    news: &mut BoxStream<'static, MetricsNews>,
    wanted: impl Fn(&MetricsNews) -> bool,
) -> MetricsNews {
    in_time("the news", async {
        loop {
            let piece = news.next().await.unwrap();
            if wanted(&piece) {
                return piece;
            }
        }
    })
    .await
}

fn is_update(news: &MetricsNews) -> bool {
    matches!(news, MetricsNews::Update(_))
}

fn is_away(news: &MetricsNews) -> bool {
    matches!(news, MetricsNews::Away(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn any_number_of_followers_share_one_stream_which_ends_after_the_last() {
    let house = House::with_meter().await;
    house.running("a").await;
    let meter = house.runtime.meter().unwrap().clone();
    let mut followers = Vec::new();
    for _ in 0..20 {
        let follow = house.engine.follow_metrics(&house.ann, "a", OFTEN);
        followers.push(follow.await.unwrap());
    }
    for news in &mut followers {
        until(news, is_update).await;
        until(news, is_update).await;
    }
    assert_eq!((meter.open(), meter.opened()), (1, 1));
    // Who asks once asks the same stream.
    let now = house.engine.session_metrics(&house.ann, "a").await.unwrap();
    assert_eq!(now.memory_bytes, Some(METERED_MEMORY));
    assert_eq!(now.memory_percent(), Some(25.0));
    assert_eq!(now.cpu_percent, Some(50.0));
    // From inside.
    assert_eq!(
        (now.disk_bytes, now.agent_active),
        (Some(4096), Some(false))
    );
    assert_eq!((meter.open(), meter.opened()), (1, 1));
    followers.truncate(1);
    until(&mut followers[0], is_update).await;
    assert_eq!(meter.open(), 1);
    drop(followers);
    in_time("the stream's end", async {
        while meter.open() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    // And the next follower has a new one.
    let again = house.engine.follow_metrics(&house.ann, "a", OFTEN);
    until(&mut again.await.unwrap(), is_update).await;
    assert_eq!(meter.opened(), 2);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_is_told_once_and_the_figures_come_back_by_themselves() {
    let house = House::with_meter().await;
    let session = house.running("a").await.session.id;
    let follow = house.engine.follow_metrics(&house.ann, "a", OFTEN);
    let mut news = follow.await.unwrap();
    until(&mut news, is_update).await;
    let meter = house.runtime.meter().unwrap().clone();
    meter.set_away(true);
    let told = until(&mut news, is_away).await;
    assert_eq!(told, MetricsNews::Away("the counters are away".to_owned()));
    let now = house.engine.session_metrics(&house.ann, "a").await;
    assert!(
        matches!(
            now,
            Err(EngineError::Unavailable {
                code: "metrics.unavailable",
                ..
            })
        ),
        "{now:?}"
    );
    // It is tried again and again, and not told of again.
    let opened = meter.opened();
    in_time("another attempt", async {
        while meter.opened() < opened + 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await;
    meter.set_away(false);
    let next = in_time("the next news", news.next()).await.unwrap();
    assert!(is_update(&next), "{next:?}");
    // A session at rest has no figures; started again it has.
    house.engine.stop_session(&house.ann, "a").await.unwrap();
    let told = until(&mut news, is_away).await;
    assert_eq!(
        told,
        MetricsNews::Away("the session does not run".to_owned())
    );
    let now = house.engine.session_metrics(&house.ann, "a").await;
    assert!(matches!(now, Err(EngineError::Conflict { .. })), "{now:?}");
    assert_eq!(house.engine.last_metrics(session), None);
    house.engine.start_session(&house.ann, "a").await.unwrap();
    until(&mut news, is_update).await;
    house
        .engine
        .delete_session(&house.ann, "a", UnsavedWork::GivenUp)
        .await
        .unwrap();
    in_time("the end of the news", async {
        while news.next().await.is_some() {}
    })
    .await;
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_session_says_of_itself_is_believed_only_where_it_can_be_true() {
    let house = House::new().await;
    let session = house.running("a").await.session.id;
    let metrics = async || house.engine.session_metrics(&house.ann, "a").await.unwrap();
    let plain = metrics().await;
    assert!(
        plain
            .cpu_percent
            .is_some_and(|cpu| (cpu - 50.0).abs() < 1.0),
        "{plain:?}"
    );
    assert_eq!(
        (plain.memory_bytes, plain.memory_percent()),
        (Some(32 << 20), None)
    );
    // Nobody counts a host session's network.
    assert_eq!(
        (plain.network_rx_bytes, plain.network_tx_bytes),
        (None, None)
    );
    let nonsense = UsageReply {
        cpu_us: u64::MAX,
        passed_us: u64::MAX,
        memory_bytes: u64::MAX,
        tasks: u32::MAX,
        disk_bytes: Some(u64::MAX),
        agent_active: None,
    };
    house.runtime.say_usage(session, nonsense);
    let odd = in_time("nonsense", async {
        loop {
            let now = metrics().await;
            if now.tasks.is_none() {
                return now;
            }
        }
    })
    .await;
    let expected = longhouse_domain::metrics::Reading::default();
    let cpu = odd.cpu_percent;
    assert!(cpu.is_none_or(|cpu| cpu <= 819_200.0), "{cpu:?}");
    let rest = longhouse_domain::metrics::Metrics {
        cpu_percent: None,
        ..odd
    };
    assert_eq!(rest, expected.metrics(None, odd.at));
    // A stranger learns nothing.
    let bob = actor("bob", Role::Member);
    let denied = house.engine.session_metrics(&bob, "a").await;
    assert!(
        matches!(denied, Err(EngineError::SessionNotFound)),
        "{denied:?}"
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sessiond_that_is_older_than_the_question_leaves_the_figures_empty() {
    let house = House::new().await;
    house.runtime.expect(Trouble::KnowsNoFiles);
    house.running("a").await;
    let now = house.engine.session_metrics(&house.ann, "a").await.unwrap();
    assert_eq!(
        (now.cpu_percent, now.memory_bytes, now.tasks),
        (None, None, None)
    );
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn running_sessions_leave_a_history_that_outlives_the_server() {
    let mut house = House::new().await;
    house.running("a").await;
    house
        .engine
        .create_session(&house.ann, shell("b"), None)
        .await
        .unwrap();
    let history = async |house: &House, name: &str| {
        let history = house
            .engine
            .metrics_history(&house.ann, name, MetricsRange::Hour);
        history.await.unwrap()
    };
    // The second reading of a session is the first that knows a share of the processor.
    let kept = in_time("a point with all figures", async {
        loop {
            let kept = history(&house, "a").await;
            if kept.points.iter().any(|point| point.cpu_percent.is_some()) {
                return kept;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    assert_eq!(kept.resolution, Duration::from_secs(60));
    assert!(kept.current.is_some());
    let point = kept.points.last().unwrap();
    assert_eq!(
        (point.memory_bytes, point.network_rx_bytes),
        (Some(32 << 20), None)
    );
    house.engine.stop_session(&house.ann, "a").await.unwrap();
    house.wait_for_status("a", Status::Stopped).await;
    house.restart(async |_, _| {}).await;
    let later = history(&house, "a").await;
    assert_eq!(later.current, None);
    assert!(!later.points.is_empty());
    house.close().await;
}
