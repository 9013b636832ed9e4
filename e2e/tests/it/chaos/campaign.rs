//! Rounds: messages flow, things go wrong, all is mended, and the judge looks.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::fault::{FAULTS, Fault};
use super::gates::{Held, broker, database, store};
use super::judge::{Judge, Verdict};
use super::ledger::{Ledger, Meaning};
use super::producer;
use super::random::Random;
use super::small_disk::SmallDisk;
use super::world::World;

/// How long an instant is waited for; most come within a second.
const COMES_WITHIN: Duration = Duration::from_secs(6);

/// What is published in a flash.
const AT_ONCE: Duration = Duration::ZERO;

pub(super) struct Campaign {
    pub(super) world: World,
    pub(super) ledger: Ledger,
    pub(super) judge: Judge,
    /// Whether a round may take as long as the longest patience of a client.
    pub(super) patient: bool,
    /// What was full when a disk was.
    pub(super) full_disk: &'static str,
}

/// What came of a round.
pub(super) struct Round {
    /// What has really gone wrong.
    pub(super) struck: Vec<Fault>,
    pub(super) verdict: Verdict,
}

impl Campaign {
    pub(super) async fn begin() -> Self {
        let mut campaign = Self {
            world: World::new().await,
            ledger: Ledger::new(),
            judge: Judge::default(),
            patient: false,
            full_disk: "none",
        };
        // From its first subscription on the broker keeps what comes.
        campaign.settle(&mut Random::new(0)).await;
        campaign
    }

    /// One round; the seed decides what goes wrong and when, and the machine how things then fall.
    pub(super) async fn round(&mut self, seed: u64) -> Round {
        let mut random = Random::new(seed);
        let faults = faults_of(seed, &mut random);
        self.prepare(&faults, &mut random).await;
        let count = random.between(100, 600);
        let payloads = self.ledger.mixture(&mut random, count);
        let within = random.millis(200, 1_500);
        let sending = tokio::spawn(producer::send(self.world.broker_address(), payloads, within));
        let mut struck = Vec::new();
        for fault in faults.iter().copied().filter(|fault| !fault.comes_alone()) {
            if self.strike(fault, &mut random).await {
                struck.push(fault);
            }
        }
        self.world.heal().await;
        self.finish(sending).await;
        if self.world.ingest_has_bad_disk() {
            self.world.kill_ingest(None).await;
        }
        Box::pin(self.settle(&mut random)).await;
        for fault in faults.into_iter().filter(|fault| fault.comes_alone()) {
            if Box::pin(self.strike_alone(fault, &mut random)).await {
                struck.push(fault);
            }
        }
        let verdict = self.judge().await;
        Round { struck, verdict }
    }

    /// Asks the judge; nothing is under way.
    pub(super) async fn judge(&mut self) -> Verdict {
        let directory = self.world.store_directory();
        let mut verdict = self.judge.judge(&directory, &self.world.pool, &self.ledger).await;
        verdict.wrong.append(&mut self.world.surprises);
        verdict
    }

    /// Gives the ingest the disk of this round.
    async fn prepare(&mut self, faults: &[Fault], random: &mut Random) {
        if let Some(fault) = faults.iter().copied().find(|fault| fault.is_of_the_disk()) {
            let disk = bad_disk(fault, random);
            self.world.kill_ingest(Some(disk)).await;
        }
    }

    /// Lets something go wrong; `false` when it never came to that.
    async fn strike(&mut self, fault: Fault, random: &mut Random) -> bool {
        match fault {
            Fault::Kill | Fault::PowerLoss => {
                self.nap(random.millis(20, 900)).await;
                self.world.kill_ingest(None).await;
                true
            }
            Fault::SlowDisk => {
                self.nap(random.millis(100, 900)).await;
                if random.percent(50) {
                    self.world.kill_ingest(None).await;
                }
                true
            }
            Fault::PowerLossAtInstant | Fault::DiskError => self.disk_strikes().await,
            Fault::KillAtAcknowledgement => {
                let held = self.world.broker_gate.trap(broker::Moment::Acknowledgement);
                self.kill_there(held).await
            }
            Fault::KillAtCommit => {
                let held = self.world.database_gate.trap(random.pick(&database::MOMENTS));
                self.kill_there(held).await
            }
            Fault::KillAtUpload => {
                let moment = random.pick(&[store::Moment::Half, store::Moment::Stored]);
                let held = self.world.store_gate.trap(moment);
                self.kill_there(held).await
            }
            Fault::DatabaseRestart | Fault::CutAfterCommit | Fault::CutBeforeCommit | Fault::DatabaseAway => {
                self.strike_database(fault, random).await
            }
            Fault::StoreRefuses
            | Fault::StoreHangs
            | Fault::StoredAndCut
            | Fault::UploadCut
            | Fault::StoreAway => self.strike_store(fault, random).await,
            Fault::BrokerRestart => {
                self.nap(random.millis(0, 500)).await;
                self.world.restart_broker(random.millis(0, 800), false).await;
                true
            }
            Fault::DeliveryCut => {
                let held = self.world.broker_gate.trap(broker::Moment::Delivery);
                self.sprung(held).await.is_some()
            }
            Fault::BrokerForgets | Fault::DiskFull => unreachable!("it comes alone"),
        }
    }

    async fn strike_database(&mut self, fault: Fault, random: &mut Random) -> bool {
        let moment = match fault {
            Fault::DatabaseAway => {
                self.world.database_gate.shut();
                self.nap(random.millis(100, 2_000)).await;
                self.world.database_gate.heal();
                return true;
            }
            Fault::CutAfterCommit => database::Moment::Committed,
            Fault::CutBeforeCommit => random.pick(&database::MOMENTS[..3]),
            _ => random.pick(&database::MOMENTS),
        };
        let held = self.world.database_gate.trap(moment);
        let Some(held) = self.sprung(held).await else {
            return false;
        };
        if fault == Fault::DatabaseRestart {
            self.world.crash_database().await;
            drop(held);
            self.nap(random.millis(0, 700)).await;
            self.world.start_database().await;
        }
        true
    }

    async fn strike_store(&mut self, fault: Fault, random: &mut Random) -> bool {
        let fares = match fault {
            Fault::StoreRefuses => store::Mood::Refuse,
            Fault::StoreHangs => store::Mood::Hang,
            Fault::StoreAway => {
                self.world.store_gate.shut();
                self.nap(random.millis(500, 2_000)).await;
                self.world.store_gate.heal();
                return true;
            }
            Fault::UploadCut | Fault::StoredAndCut => {
                let moment = if fault == Fault::UploadCut {
                    store::Moment::Half
                } else {
                    store::Moment::Stored
                };
                let held = self.world.store_gate.trap(moment);
                return self.sprung(held).await.is_some();
            }
            _ => unreachable!("not of the store"),
        };
        let fared = self.world.store_gate.fare(fares);
        let came = tokio::time::timeout(COMES_WITHIN, fared).await.is_ok();
        // Now and then longer than the client's own patience, which is 30 s.
        let long = self.patient && fault == Fault::StoreHangs && random.percent(10);
        self.nap(if long {
            Duration::from_secs(32)
        } else {
            random.millis(0, 2_000)
        })
        .await;
        self.world.store_gate.heal();
        came
    }

    /// What needs everything else to be well: all is loaded and archived.
    async fn strike_alone(&mut self, fault: Fault, random: &mut Random) -> bool {
        match fault {
            Fault::BrokerForgets => {
                self.world.restart_broker(random.millis(0, 500), true).await;
                // Until it knows the ingest again, it has nobody for what comes, and says so.
                self.settle(random).await;
                let payloads = self.ledger.mixture(random, 100);
                let sending = producer::send(self.world.broker_address(), payloads, AT_ONCE);
                self.finish(tokio::spawn(sending)).await;
                self.settle(random).await;
                true
            }
            Fault::DiskFull => self.fill_the_disk(random).await,
            _ => unreachable!("it comes with others"),
        }
    }

    /// More comes than the journal has room for while S3 is away, and then S3 comes back.
    async fn fill_the_disk(&mut self, random: &mut Random) -> bool {
        self.world.stop_ingest().await;
        let disk = SmallDisk::mount(self.world.small_disk_directory());
        let messages = if let Some(disk) = &disk {
            self.world.journal_to(disk);
            self.full_disk = "a tmpfs";
            600
        } else {
            self.full_disk = "nobody may mount a tmpfs here, so it was the journal's budget";
            4_500
        };
        self.world.store_gate.shut();
        self.world.start_ingest_on(disk.as_ref());
        let payloads = (0..messages)
            .map(|_| self.ledger.reading(random, 16_000))
            .collect();
        let sending = producer::send(self.world.broker_address(), payloads, AT_ONCE);
        self.finish(tokio::spawn(sending)).await;
        self.wait_full().await;
        if random.percent(50) {
            self.world.end_ingest().await;
            self.world.start_ingest_on(disk.as_ref());
            self.wait_full().await;
        }
        self.world.store_gate.heal();
        self.settle(random).await;
        self.world.stop_ingest().await;
        if let Some(disk) = disk {
            self.world.journal_from(&disk);
        }
        self.world.start_ingest(None);
        true
    }

    async fn wait_full(&mut self) {
        self.world
            .wait_for("the journal is full", async |world| {
                world.metric("fieldbook_ingest_journal_full").await == Some(1)
            })
            .await;
    }

    /// SIGKILL at an instant.
    async fn kill_there(&mut self, held: oneshot::Receiver<Held>) -> bool {
        let Some(held) = self.sprung(held).await else {
            return false;
        };
        self.world.end_ingest().await;
        drop(held);
        self.world.start_ingest(None);
        true
    }

    /// Waits for an instant.
    pub(super) async fn sprung(&mut self, mut held: oneshot::Receiver<Held>) -> Option<Held> {
        let begin = Instant::now();
        while begin.elapsed() < COMES_WITHIN {
            tokio::select! {
                held = &mut held => return held.ok(),
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
            self.world.tend_ingest();
        }
        None
    }

    /// Waits for the disk to end the ingest.
    async fn disk_strikes(&mut self) -> bool {
        let begin = Instant::now();
        while self.world.ingest_has_bad_disk() {
            if begin.elapsed() > COMES_WITHIN {
                return false;
            }
            self.nap(Duration::from_millis(20)).await;
        }
        true
    }

    /// Waits, and looks after the ingest.
    pub(super) async fn nap(&mut self, duration: Duration) {
        let end = Instant::now() + duration;
        loop {
            self.world.tend_ingest();
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(Duration::from_millis(20))).await;
        }
    }

    /// Waits until a producer has been acknowledged everything.
    pub(super) async fn finish(&mut self, sending: tokio::task::JoinHandle<Vec<Vec<u8>>>) -> usize {
        self.world
            .wait_for("the broker takes all messages", async |_| sending.is_finished())
            .await;
        let kept = sending.await.expect("no panic");
        self.ledger.acknowledged(kept.iter().map(Vec::as_slice));
        kept.len()
    }

    /// A fresh message goes through, and with it all that was before: it is in the database, and everything is on S3.
    pub(super) async fn settle(&mut self, random: &mut Random) {
        self.world.heal().await;
        let begin = Instant::now();
        let probe = loop {
            let probe = self.ledger.reading(random, 0);
            let sending = producer::send(self.world.broker_address(), vec![probe.clone()], AT_ONCE);
            if self.finish(tokio::spawn(sending)).await > 0 {
                break probe;
            }
            assert!(
                begin.elapsed() < crate::harness::DEADLINE,
                "the broker has nobody for a message\n{}",
                self.world.log()
            );
            self.nap(Duration::from_millis(50)).await;
        };
        let Some(Meaning::Reading(reading)) = self.ledger.find(&probe).map(|sent| sent.meaning) else {
            unreachable!("a probe is a reading");
        };
        let time = chrono::DateTime::from_timestamp_micros(reading.time_us).expect("a time");
        self.world
            .wait_for("a fresh message is in the database", async |world| {
                let sql = "SELECT count(*) FROM reading WHERE time = $1";
                let found = sqlx::query_scalar::<_, i64>(sql)
                    .bind(time)
                    .fetch_one(&world.pool);
                found.await.is_ok_and(|found| found == 1)
            })
            .await;
        // Twice, a while apart: what came twice may follow on the probe.
        let mut before = None;
        self.world
            .wait_for("everything is on S3", async |world| {
                let sql = "SELECT CASE WHEN c.seq = (SELECT max(last_seq) FROM segment WHERE object_key IS NOT NULL)
                                  THEN c.seq ELSE 0 END
                           FROM ingest_checkpoint c ORDER BY c.seq DESC LIMIT 1";
                let now = world.number(sql).await.filter(|seq| *seq > 0);
                let still = now.is_some() && now == before;
                before = now;
                if now.is_some() && !still {
                    tokio::time::sleep(Duration::from_millis(150)).await;
                }
                still
            })
            .await;
    }
}

/// What goes wrong in a round: one kind by the seed's remainder, and by chance one or two more.
pub(super) fn faults_of(seed: u64, random: &mut Random) -> Vec<Fault> {
    let first = usize::try_from(seed % FAULTS.len() as u64).expect("small");
    let mut faults = vec![FAULTS[first]];
    let more = random.pick(&[0, 0, 1, 1, 2]);
    for _ in 0..more {
        let other = random.pick(&FAULTS);
        let disk_is_taken = other.is_of_the_disk() && faults.iter().any(|fault| fault.is_of_the_disk());
        if !disk_is_taken && !faults.contains(&other) && !other.comes_alone() {
            faults.push(other);
        }
    }
    faults
}

/// How bad the disk is, in the words of [`e2e::bad_disk`].
fn bad_disk(fault: Fault, random: &mut Random) -> String {
    let slow = random.pick(&[0, 2, 10, 100]);
    match fault {
        Fault::SlowDisk => format!("slow={}", random.pick(&[2, 10, 100])),
        Fault::PowerLoss => format!("forgets,slow={slow}"),
        _ => {
            // How many of each a second brings, about.
            let (op, most) = random.pick(&[
                ("segment-write", 60),
                ("segment-write", 60),
                ("segment-sync", 60),
                ("segment-sync", 60),
                ("cursor-write", 12),
                ("cursor-sync", 12),
                ("allocate", 4),
                ("rename", 3),
                ("remove", 3),
                ("directory-sync", 5),
            ]);
            let nth = random.between(1, most + 1);
            if fault == Fault::DiskError {
                return format!("fail={op}:{nth}");
            }
            let when = random.pick(&["before", "half", "after"]);
            format!("forgets,kill={op}:{when}:{nth}")
        }
    }
}
