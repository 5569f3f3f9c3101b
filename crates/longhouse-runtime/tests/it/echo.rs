//! What only the echo runtime does: it fails on demand.

use std::time::Duration;

use longhouse_domain::lifecycle::Observed;
use longhouse_link::proto::CreateTerminalRequest;
use longhouse_runtime::echo::{EchoRuntime, Trouble};
use longhouse_runtime::{ProvisionError, Runtime};

use crate::fixture::{Fixture, create_terminal, within};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_comes_in_the_order_in_which_it_was_expected_and_then_ends() {
    let mut fixture = Fixture::<EchoRuntime>::new();
    fixture
        .runtime
        .expect(Trouble::Fails("the disk is full".to_owned()));
    fixture
        .runtime
        .expect(Trouble::Takes(Duration::from_millis(50)));
    fixture.runtime.expect(Trouble::DiesOnceAttached);

    let failure = fixture.runtime.provision(&fixture.plan).await.unwrap_err();
    assert!(matches!(failure, ProvisionError::Failed(text) if text == "the disk is full"));
    assert!(matches!(fixture.observe(None).await, Observed::Gone { .. }));

    let begin = tokio::time::Instant::now();
    fixture.start().await;
    assert!(begin.elapsed() >= Duration::from_millis(50));

    let (handle, link) = fixture.start().await;
    within(
        link.client()
            .create_terminal(CreateTerminalRequest::default()),
    )
    .await
    .unwrap_err();
    within(link.closed()).await;
    assert!(fixture.gone(&handle).await.contains("unexpectedly"));

    let (_handle, link) = fixture.start().await;
    assert!(create_terminal(&link, "", false).await.running);
    within(fixture.runtime.shutdown()).await;
    within(link.closed()).await;
    fixture.finish().await;
}
