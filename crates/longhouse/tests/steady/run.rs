//! The course of the run: the sessions are made, the viewers let in, the server killed, everything measured, and all of it ended.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::growth::{self, Allowed, Growth, Held};
use crate::session::{RING, Session};
use crate::support::http::Client;
use crate::support::{House, processes, wait_for};
use crate::viewer::{self, Tally, World};

/// How often is looked what is held.
const LOOK: Duration = Duration::from_secs(2);

/// How long a login is used: a token lasts a quarter of an hour.
const LOGIN: Duration = Duration::from_secs(5 * 60);

/// What is set aside for the end of a long run: every session's history is read.
const END: Duration = Duration::from_secs(45);

/// For this part of a run the server is killed; then it is left alone, for what it holds is judged over one life.
const KILLING: f64 = 0.6;

/// What the server may hold more in the second half of its last life. A second half without a flood beside a first with several is an
/// accident that memory shows.
const SERVER: Allowed = Allowed {
    ratio: 1.15,
    beyond: Held {
        memory: 24 * 1024,
        descriptors: 24,
        tasks: 48,
    },
};

/// What each sessiond may, in the second half of the run.
const DAEMON: Held = Held {
    memory: 256,
    descriptors: 1,
    tasks: 1,
};

/// How much, and for how long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    sessions: usize,
    viewers: u64,
    /// How many of the sessions are recorded.
    recorded: usize,
    /// From the making of the first session to the deletion of the last.
    time: Duration,
    kill_every: Duration,
    flood_every: Duration,
}

impl Plan {
    /// For whoever runs all tests.
    pub(crate) fn short() -> Self {
        Self {
            sessions: 5,
            viewers: 20,
            recorded: 2,
            time: Duration::from_secs(20) + END,
            kill_every: Duration::from_secs(4),
            flood_every: Duration::from_secs(4),
        }
    }

    /// The whole load.
    pub(crate) fn of(time: Duration) -> Self {
        Self {
            sessions: 50,
            viewers: 200,
            recorded: 10,
            time,
            kill_every: (time / 8).min(Duration::from_secs(5 * 60)),
            flood_every: Duration::from_secs(100),
        }
    }
}

/// What came of it.
pub(crate) struct Summary {
    plan: Plan,
    took: Duration,
    kills: u32,
    lines: u64,
    tally: Tally,
    growth: Vec<Growth>,
}

impl Summary {
    pub(crate) fn has_grown(&self) -> bool {
        self.growth.iter().any(Growth::is_too_much)
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan {
            sessions,
            viewers,
            recorded,
            ..
        } = self.plan;
        let of = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let tally = &self.tally;
        let took = self.took.as_secs();
        writeln!(
            f,
            "steady: {sessions} sessions, {recorded} of them recorded, {viewers} viewers, {took} s"
        )?;
        writeln!(f, "  the server was killed       {} times", self.kills)?;
        writeln!(f, "  lines written and found     {}", self.lines)?;
        writeln!(f, "  bytes checked by viewers    {}", of(&tally.bytes))?;
        writeln!(
            f,
            "  viewers joined              {} times, {} at a byte of theirs, {} cut off by a kill",
            of(&tally.joins),
            of(&tally.resumed),
            of(&tally.cut)
        )?;
        writeln!(
            f,
            "  repaints, resizes           {}, {}",
            of(&tally.repaints),
            of(&tally.resizes)
        )?;
        if self.growth.is_empty() {
            writeln!(f, "  growth                      not judged: too short")?;
        }
        for growth in &self.growth {
            let verdict = if growth.is_too_much() {
                "TOO MUCH"
            } else {
                "ok"
            };
            writeln!(f, "  {growth}   {verdict}")?;
        }
        Ok(())
    }
}

/// Runs it. Whatever is not as it should be ends it with what was found.
pub(crate) async fn run(plan: &Plan) -> Summary {
    growth::prove();
    let began = Instant::now();
    let mut house = house();
    house.start();
    let client = house.client().await;
    let mut sessions = Vec::new();
    for number in 0..plan.sessions {
        let recorded = number < plan.recorded;
        sessions.push(Session::begin(&client, number, recorded, plan.flood_every).await);
    }
    let (server, at_work) = watch::channel(Some(client));
    let (over, is_over) = watch::channel(false);
    let world = Arc::new(World {
        targets: sessions.iter().map(Session::target).collect(),
        server: at_work,
        over: is_over,
        tally: Tally::default(),
    });
    let mut viewers = JoinSet::new();
    for seed in 0..plan.viewers {
        viewers.spawn(viewer::live(Arc::clone(&world), seed));
    }
    let mut load = Load {
        house,
        server,
        viewers,
        daemons: sessions.iter().map(|session| session.daemon).collect(),
        kills: 0,
        measured: Measured::default(),
    };
    let until = began + plan.time.saturating_sub(END);
    load.go_on(plan, until).await;
    over.send_replace(true);
    while let Some(gone) = load.viewers.join_next().await {
        gone.unwrap();
    }
    let growth = load.measured.judge(plan.sessions);
    let house = load.house;
    let client = house.client().await;
    let mut lines = 0;
    for session in &sessions {
        lines += session.end(&client, &world.tally).await;
    }
    leave(&house, &client, &sessions).await;
    let world = Arc::into_inner(world).expect("nobody looks any more");
    Summary {
        plan: *plan,
        took: began.elapsed(),
        kills: load.kills,
        lines,
        tally: world.tally,
        growth,
    }
}

fn house() -> House {
    let mut house = House::new();
    let many = "10000";
    let ring = RING.to_string();
    for (name, value) in [
        ("MAX_SESSIONS", many),
        ("MAX_SESSIONS_PER_USER", many),
        ("LIMITS_CONNECTIONS", many),
        ("LIMITS_CONNECTIONS_PER_ADDRESS", many),
        ("LIMITS_SOCKETS", many),
        ("LIMITS_SOCKETS_PER_USER", many),
        ("LIMITS_REQUESTS_PER_SECOND", many),
        ("RECORDINGS_MEGABYTES", "512"),
        ("TERMINAL_RING_BYTES", &ring),
    ] {
        let variable = format!("LONGHOUSE_{name}");
        house.variables.push((variable, value.to_owned()));
    }
    house
}

/// Deletes the sessions; nothing is left of them.
async fn leave(house: &House, client: &Client, sessions: &[Session]) {
    for session in sessions {
        session.delete(client).await;
    }
    let server = house.pid();
    wait_for("no process is left", async || {
        let left = processes::of(house.home());
        left.iter().all(|(pid, _)| *pid == server).then_some(())
    })
    .await;
    wait_for("nothing is left", async || {
        house.leftovers().is_empty().then_some(())
    })
    .await;
    assert!(!house.log().contains("panicked"), "{}", house.log());
}

/// The load, while it lasts.
struct Load {
    house: House,
    server: watch::Sender<Option<Client>>,
    viewers: JoinSet<()>,
    daemons: Vec<u32>,
    kills: u32,
    measured: Measured,
}

impl Load {
    async fn go_on(&mut self, plan: &Plan, until: Instant) {
        let time = until.saturating_duration_since(Instant::now());
        let last_kill = Instant::now() + time.mul_f64(KILLING);
        let mut kill_at = Instant::now() + plan.kill_every;
        let mut login_at = Instant::now() + LOGIN;
        while Instant::now() < until {
            tokio::time::sleep(LOOK.min(plan.kill_every)).await;
            if let Some(gone) = self.viewers.try_join_next() {
                gone.unwrap();
                panic!("a viewer went before the end");
            }
            let now = Instant::now();
            if now >= kill_at && now < last_kill {
                self.kill().await;
                kill_at = Instant::now() + plan.kill_every;
                login_at = Instant::now() + LOGIN;
            } else if now >= login_at {
                self.server.send_replace(Some(self.house.client().await));
                login_at = now + LOGIN;
            }
            self.look().await;
        }
    }

    async fn kill(&mut self) {
        self.server.send_replace(None);
        let house = &mut self.house;
        tokio::task::block_in_place(|| {
            house.kill();
            house.start();
        });
        self.kills += 1;
        self.measured.server.clear();
        self.server.send_replace(Some(self.house.client().await));
    }

    /// Looks what everybody holds, and asks the server for what pages ask it for.
    async fn look(&mut self) {
        let client = self.server.borrow().clone().expect("the server runs");
        let list = client.get("/api/sessions?limit=200").await.created();
        let items = list["items"].as_array().unwrap();
        assert!(
            items.iter().all(|session| session["status"] == "running"),
            "{list}"
        );
        let figures = client.get("/metrics").await.text;
        let tasks = figures
            .lines()
            .find_map(|line| line.strip_prefix("longhouse_tasks "));
        let tasks: f64 = tasks.expect("the server counts its tasks").parse().unwrap();
        let mut server = Held::of(self.house.pid()).expect("the server runs");
        server.tasks += tasks as u64;
        self.measured.server.push(server);
        let daemons = self
            .daemons
            .iter()
            .map(|pid| Held::of(*pid).expect("sessiond runs"));
        self.measured
            .daemons
            .push(daemons.fold(Held::default(), Held::and));
    }
}

/// What was held.
#[derive(Default)]
struct Measured {
    /// By the server, since it was killed last.
    server: Vec<Held>,
    /// By all sessionds together.
    daemons: Vec<Held>,
}

impl Measured {
    fn judge(&self, sessions: usize) -> Vec<Growth> {
        let each = sessions as u64;
        let daemons = Allowed {
            ratio: 1.05,
            beyond: Held {
                memory: DAEMON.memory * each,
                descriptors: DAEMON.descriptors * each,
                tasks: DAEMON.tasks * each,
            },
        };
        let mut growth = growth::judge("server", &self.server, SERVER);
        growth.extend(growth::judge("all sessionds", &self.daemons, daemons));
        growth
    }
}
