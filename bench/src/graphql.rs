//! GraphQL over HTTP: Fieldbook beside `PostGraphile` on the same database, and beside `pgbench` with the same SQL as the
//! limit, in one run; then Fieldbook again with more readings.
//!
//! Fieldbook is a process of this build, `PostGraphile` one of its own Node, the database a private server; all of them and
//! `wrk` with its sixteen connections share the machine. The readings of a sensor lie together, as after an import.

pub(crate) mod data;
pub(crate) mod load;
pub(crate) mod peer;
mod question;

use std::collections::HashMap;

use self::data::Layout;
use self::load::Load;
use self::peer::Peer;
use self::question::{QUESTIONS, Question};
use crate::report::{Median, median};
use crate::server::Server;

/// Readings of the reference data.
const MILLIONS: usize = 2;

pub(crate) async fn run(runs: usize, millions: &[usize]) -> anyhow::Result<()> {
    let server = Server::start().await?;
    data::fill(&server.db, Layout::BySensor, 0, MILLIONS).await?;
    let ours = Peer::fieldbook(&server.url).await?;
    let theirs = Peer::postgraphile(&server.url).await?;
    for question in &QUESTIONS {
        question.check(&ours, &theirs).await?;
    }
    let load = Load::new(&server)?;
    let mut figures: HashMap<(&str, &str), Vec<f64>> = HashMap::new();
    // The first round warms up.
    for run in 0..=runs {
        for question in &QUESTIONS {
            let round = [
                ("ours", load.wrk(&ours, question.ours).await?),
                ("theirs", load.wrk(&theirs, question.theirs).await?),
                ("limit", load.pgbench(question.sql).await?),
            ];
            for (who, rate) in round.into_iter().filter(|_| run > 0) {
                figures.entry((question.name, who)).or_default().push(rate);
            }
        }
    }
    theirs.stop().await?;
    let figure = |question: &Question, who| median(figures[&(question.name, who)].iter().copied());
    for question in &QUESTIONS {
        let (ours, theirs, limit) = (
            figure(question, "ours"),
            figure(question, "theirs"),
            figure(question, "limit"),
        );
        println!(
            "{}: ours {ours} requests/s, PostGraphile {theirs}: {:.1}; pgbench with {} {limit}: {:.2}",
            question.name,
            ours.middle / theirs.middle,
            question.limit,
            ours.middle / limit.middle,
        );
    }
    let before: Vec<Median> = QUESTIONS
        .iter()
        .map(|question| figure(question, "ours"))
        .collect();
    let mut filled = MILLIONS;
    for &millions in millions {
        data::fill(&server.db, Layout::BySensor, filled, millions).await?;
        filled = millions;
        for (question, before) in QUESTIONS.iter().zip(&before) {
            let mut rates = Vec::new();
            for run in 0..=runs {
                let rate = load.wrk(&ours, question.ours).await?;
                rates.extend((run > 0).then_some(rate));
            }
            let rate = median(rates);
            println!(
                "{}, {millions} million readings: {rate} requests/s, {:.2} of the time with {MILLIONS} million",
                question.name,
                before.middle / rate.middle,
            );
        }
    }
    ours.stop().await?;
    server.stop().await
}
