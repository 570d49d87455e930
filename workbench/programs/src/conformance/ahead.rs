//! Whether lines that are there before they are its turn change what a program says.

use std::time::Duration;

use lockstep::{AHEAD, Event, VERSION};

use super::probes::at;
use super::requests::Requests;
use super::session::{Bench, Session, Turn};
use super::{Breach, Found, Rule};

/// How many requests there are at once.
const AT_ONCE: usize = 100;

/// One life is told requests one after the other, and another with the same seed, in version 2, all
/// at once.
pub(super) fn probe(
    bench: &Bench,
    found: &mut Found,
    requests: &Requests,
) -> std::io::Result<Result<(), Breach>> {
    let mut beside = bench.spawn_in(&[VERSION, AHEAD])?;
    let agreed = match beside.agree_on() {
        Ok(version) => version,
        Err(breach) => return Ok(Err(breach)),
    };
    if agreed != AHEAD {
        found.not_tried(Rule::Ahead, "it goes in version 1");
        return Ok(Ok(()));
    }
    let told_alone = match bench.start()? {
        Ok(mut alone) => told(&mut alone, requests, false),
        Err(breach) => return Ok(Err(breach)),
    };
    Ok(told_alone.and_then(|one_by_one| {
        let at_once = at(Rule::Ahead, told(&mut beside, requests, true))?;
        let pairs = one_by_one.iter().zip(&at_once);
        for (place, (one, other)) in pairs.enumerate() {
            if one != other {
                let expected = format!("as when it was told one after the other: {:?}", one.lines);
                let came = format!("in turn {} of {AT_ONCE}: {:?}", place + 1, other.lines);
                return Err(beside.breach(Rule::Ahead, expected, came));
            }
        }
        let how = format!("{AT_ONCE} lines at once, and the same was said");
        found.kept(Rule::Ahead, how);
        Ok(())
    }))
}

fn told(session: &mut Session, requests: &Requests, at_once: bool) -> Result<Vec<Turn>, Breach> {
    session.init(1)?;
    session.now += Duration::from_millis(1);
    let mut lines = Vec::new();
    for client in 1..=AT_ONCE {
        let (_, line) = session.request_line(&format!("c{client}"), &requests.first);
        lines.push(line);
    }
    match at_once {
        true => session.tell_ahead(&lines),
        false => lines
            .iter()
            .map(|line| session.tell(Event::Message(line)))
            .collect(),
    }
}
