//! What cannot be made: refused at once with the field that is wrong, or ended with a reason, and nothing is left of it.

use serde_json::json;

use super::engine::{Yard, of_session};
use crate::support::wait_for;

/// The field that is wrong, and the body that has it so.
const WRONG: &str = r##"
image {"image":"evil; id"}
image {"image":"-v/:/h"}
image {"image":"../../etc"}
image {"image":"a?b=c#d"}
cpuLimit {"cpuLimit":0}
cpuLimit {"cpuLimit":-1}
cpuLimit {"cpuLimit":1e9}
cpuLimit {"cpuLimit":100000}
cpuLimit {"cpuLimit":0.001}
memoryLimit {"memoryLimit":0}
memoryLimit {"memoryLimit":-5}
memoryLimit {"memoryLimit":1}
memoryLimit {"memoryLimit":900000000}
memoryLimit {"memoryLimit":18446744073709551615}
pidsLimit {"pidsLimit":0}
pidsLimit {"pidsLimit":1}
pidsLimit {"pidsLimit":4000000000}
network {"network":"git"}
allowHosts {"network":"none","allowHosts":["example.org"]}
allowHosts {"network":"open","allowHosts":["example.org"]}
allowHosts[1] {"network":"allowlist","allowHosts":["example.org","http://example.org"]}
allowHosts[0] {"network":"allowlist","allowHosts":["0177.0.0.1"]}
network {"network":"host"}
template {"template":"privileged"}
workdir {"workdir":"/etc"}
multiplexer {"multiplexer":"tmux"}
ports[0].host {"ports":[{"container":80,"host":80}]}
diskLimit {"diskLimit":10}
diskLimit {"diskLimit":0}
diskLimit {"diskLimit":-1}
hostConfig {"hostConfig":{"Privileged":true}}
privileged {"privileged":true}
binds {"binds":["/:/h"]}
volumeDriver {"volumeDriver":"local"}
"##;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_container_cannot_have_is_refused_by_the_fields_name() {
    let yard = Yard::started();
    let client = yard.house.client().await;
    let mut cases: Vec<(String, serde_json::Value)> = WRONG
        .trim()
        .lines()
        .map(|line| {
            let (field, body) = line.split_once(' ').unwrap();
            (field.to_owned(), serde_json::from_str(body).unwrap())
        })
        .collect();
    let many: serde_json::Map<_, _> = (0..1000).map(|n| (format!("V{n}"), json!("x"))).collect();
    cases.push(("env".to_owned(), json!({"env": many})));
    cases.push((
        "env".to_owned(),
        json!({"env": {"BIG": "x".repeat(1 << 20)}}),
    ));
    for (field, mut body) in cases {
        body["name"] = json!("refused");
        body["runtime"] = json!("docker");
        let answer = client.post("/api/sessions", &body).await;
        // A body that is too large as a whole is refused for that.
        let too_large = answer.status == 413;
        assert!(
            answer.status == 422 || too_large,
            "{body}: {} {}",
            answer.status,
            answer.text
        );
        if !too_large {
            assert_eq!(answer.body["code"], "request.invalid", "{body}");
            assert_eq!(answer.body["errors"][0]["field"], field, "{}", answer.text);
        }
    }
    let sessions = client.get("/api/sessions").await.created();
    assert_eq!(sessions["total"], 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_whose_image_cannot_be_had_ends_in_error_and_names_it() {
    let yard = Yard::started();
    let client = yard.house.client().await;
    let image = "localhost:1/no/such:7";
    let body = json!({"name": "imageless", "runtime": "docker", "image": image});
    let made = client.post("/api/sessions", &body).await.created();
    assert_eq!(made["status"], "starting");
    let id = made["id"].as_str().unwrap();
    let failed = wait_for("it fails", async || client.session_in(id, "error").await).await;
    let reason = failed["statusReason"].as_str().unwrap();
    assert!(
        reason.contains(image) && reason.contains("refused"),
        "{reason}"
    );
    assert_eq!(of_session(id), (Vec::new(), Vec::new()));
    yard.delete(&client, id).await;
}
