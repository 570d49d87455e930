//! Three lives that are told the same: two side by side, one much later. What two that run side
//! by side disagree about is chance; what only the later one sees otherwise is the clock.

use std::io;
use std::time::Duration;

use lockstep::Event;

use super::requests::Requests;
use super::session::{Bench, Session, Turn, shown};
use super::{Breach, Found, Rule};

/// In how many turns they are compared.
const TURNS: usize = 60;
/// How much later than the others the third is told `init` at first, in real time,
const LATER: Duration = Duration::from_millis(600);
/// and how much longer it waits for each turn.
const PAUSE: Duration = Duration::from_millis(5);

/// What they are told in a turn: when, and what by a client.
type Told = (Duration, Option<Vec<u8>>);

/// What makes lives differ.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Cause {
    Chance,
    Clock,
}

pub(super) fn probe(
    bench: &Bench,
    found: &mut Found,
    requests: Option<&Requests>,
) -> io::Result<Result<(), Breach>> {
    let first = compare(bench, found, requests, LATER)?;
    let is_chance = |compared: &Result<(), Breach>| matches!(compared, Err(breach) if breach.rule == Rule::Same);
    if !is_chance(&first) {
        return Ok(first);
    }
    // On a busy machine, two may be as far apart as the third was late. That it is later still
    // tells a clock from chance, which does not care.
    Ok(match compare(bench, found, requests, 4 * LATER)? {
        Err(breach) if breach.rule == Rule::Time => Err(breach),
        _ => first,
    })
}

/// Compares three lives, of which the last is told `init` so much later than the others.
fn compare(
    bench: &Bench,
    found: &mut Found,
    requests: Option<&Requests>,
    late: Duration,
) -> io::Result<Result<(), Breach>> {
    // The same moment is the first for both.
    let (first, second) = (bench.spawn()?, bench.spawn()?);
    let twins = begin(first, Duration::ZERO)
        .and_then(|first| Ok((first, begin(second, Duration::ZERO)?)))
        .and_then(|(mut first, mut second)| {
            let first_said = first.init(3)?;
            let second_said = second.init(3)?;
            let mut said = [vec![first_said], vec![second_said]];
            let script = side_by_side(&mut first, &mut second, &mut said, requests)?;
            Ok((script, said))
        });
    let (script, [ours, theirs]) = match twins {
        Ok(twins) => twins,
        Err(breach) => return Ok(Err(breach)),
    };
    let third = bench.spawn()?;
    let third = begin(third, late).and_then(|mut third| {
        let mut said = vec![third.init(3)?];
        for told in &script {
            pass(PAUSE);
            said.push(tell(&mut third, told)?.lines);
        }
        Ok((third, said))
    });
    let (mut third, later) = match third {
        Ok(third) => third,
        Err(breach) => return Ok(Err(breach)),
    };
    let joined = |said: &[Vec<String>]| -> Vec<String> {
        said.iter().map(|lines| lines.join("; ")).collect()
    };
    let (ours, theirs, later) = (joined(&ours), joined(&theirs), joined(&later));
    let Some((turn, cause)) = difference(&ours, &theirs, &later) else {
        let turns = ours.len();
        found.kept(
            Rule::Same,
            format!("{turns} turns: two lives side by side say the same"),
        );
        let later = (late + PAUSE * turns as u32).as_millis();
        found.kept(
            Rule::Time,
            format!("so does one that is up to {later} ms later"),
        );
        return Ok(Ok(()));
    };
    let (rule, of, other) = match cause {
        Cause::Clock => (
            Rule::Time,
            "one that was told it later, in real time",
            &later,
        ),
        Cause::Chance => (Rule::Same, "another one with the same seed", &theirs),
    };
    third.told = match turn.checked_sub(1).map(|turn| &script[turn]) {
        Some((at, Some(line))) => format!("{} {}", at.as_nanos(), shown(line)),
        Some((at, None)) => at.as_nanos().to_string(),
        None => "init".to_owned(),
    };
    let came = format!("{}, from {of}", shown(other[turn].as_bytes()));
    let expected = format!("what one life of it said, {}", shown(ours[turn].as_bytes()));
    Ok(Err(third.breach(rule, expected, came)))
}

/// A life that has agreed and is told nothing for so long.
fn begin(session: Session, late: Duration) -> Result<Session, Breach> {
    let mut session = session.agree()?;
    // A deadline that has passed may be one by another clock, which is what is looked for.
    session.is_patient = true;
    pass(late);
    Ok(session)
}

fn pass(time: Duration) {
    #[expect(clippy::disallowed_methods, reason = "real time is to pass")]
    std::thread::sleep(time);
}

/// Two lives that are told the same at the same time; what that was.
fn side_by_side(
    first: &mut Session,
    second: &mut Session,
    said: &mut [Vec<Vec<String>>; 2],
    requests: Option<&Requests>,
) -> Result<Vec<Told>, Breach> {
    let mut script: Vec<Told> = Vec::new();
    let before = requests.iter().filter_map(|it| it.before.as_ref());
    let each = requests.iter();
    let each = each.flat_map(|it| std::iter::once(&it.first).chain(&it.read));
    let mut requests = before.chain(each.cycle());
    for turn in 0..TURNS {
        // Every third turn is a request's, if there is one that it takes.
        let request = (turn % 3 == 1).then(|| requests.next()).flatten();
        let told = match request {
            Some(body) => {
                let (_, line) = first.request_line("c1", body);
                (first.now + Duration::from_millis(7), Some(line))
            }
            None => match first.deadline {
                Some(deadline) => (deadline.max(first.now), None),
                None => (first.now + Duration::from_millis(100), None),
            },
        };
        said[0].push(tell(first, &told)?.lines);
        said[1].push(tell(second, &told)?.lines);
        script.push(told);
    }
    Ok(script)
}

fn tell(session: &mut Session, (now, line): &Told) -> Result<Turn, Breach> {
    session.now = *now;
    let mut lines = Vec::new();
    // A sync is done before the next turn.
    if session.sync.is_some() {
        lines = session.synced(Ok(()))?.lines;
    }
    let mut turn = session.tell(match line {
        Some(line) => Event::Message(line),
        None => Event::Nothing,
    })?;
    lines.append(&mut turn.lines);
    turn.lines = lines;
    Ok(turn)
}

/// In which turn lives begin to differ, and by what: two that were told the same at the same
/// time, and one that was told it later.
fn difference(ours: &[String], theirs: &[String], later: &[String]) -> Option<(usize, Cause)> {
    let (mut by_numbers, mut only_later) = (None, None);
    for turn in 0..ours.len() {
        let [first, second, third] = [ours, theirs, later].map(|said| parts(&said[turn]));
        let is_like = |other: &[Part]| texts(&first).eq(texts(other));
        if first == second {
            only_later = only_later.or((first != third).then_some(turn));
        } else if is_like(&second) && is_like(&third) {
            if !is_nearer(&first, &second, &third) {
                return Some((turn, Cause::Chance));
            }
            by_numbers = by_numbers.or(Some(turn));
        } else if !is_like(&second) && by_numbers.is_none() {
            return Some((turn, Cause::Chance));
        }
    }
    Some((by_numbers.or(only_later)?, Cause::Clock))
}

/// Whether in all numbers that differ, the first two are far nearer to each other than to the
/// third: that is how a clock differs, and not how chance does.
fn is_nearer(first: &[Part], second: &[Part], third: &[Part]) -> bool {
    let numbers = first.iter().zip(second).zip(third);
    numbers
        .into_iter()
        .all(|((first, second), third)| match (first, second, third) {
            (Part::Number(first), Part::Number(second), Part::Number(third)) => {
                first == second
                    || first.abs_diff(*second).saturating_mul(8) < first.abs_diff(*third)
            }
            _ => true,
        })
}

/// What is no number.
fn texts(parts: &[Part]) -> impl Iterator<Item = &str> {
    parts.iter().map(|part| match part {
        Part::Text(text) => text.as_str(),
        Part::Number(_) => "",
    })
}

/// A text without digits, or a number.
#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Number(u128),
}

/// A line, cut where numbers begin and end.
fn parts(line: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let is_digit = rest.starts_with(|c: char| c.is_ascii_digit());
        let end = rest
            .find(|c: char| c.is_ascii_digit() != is_digit)
            .unwrap_or(rest.len());
        let (part, behind) = rest.split_at(end);
        parts.push(match part.parse() {
            Ok(number) if is_digit => Part::Number(number),
            _ => Part::Text(part.to_owned()),
        });
        rest = behind;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_told_from_chance() {
        let said = |lines: &[&str]| -> Vec<String> {
            lines.iter().map(|line| (*line).to_owned()).collect()
        };
        let of = |ours: &[&str], theirs: &[&str], later: &[&str]| {
            difference(&said(ours), &said(theirs), &said(later))
        };
        let clock = |turn| Some((turn, Cause::Clock));
        let chance = |turn| Some((turn, Cause::Chance));
        assert_eq!(of(&["= 1", "= -"], &["= 1", "= -"], &["= 1", "= -"]), None);
        assert_eq!(
            of(&["= 1", "= 1000"], &["= 1", "= 1010"], &["= 1", "= 2000"]),
            clock(1)
        );
        assert_eq!(of(&["a", "= 9"], &["a", "= 9"], &["b", "= 9"]), clock(0));
        assert_eq!(
            of(&["= 1", "= 1000"], &["= 1", "= 7000"], &["= 1", "= 2000"]),
            chance(1)
        );
        assert_eq!(of(&["a", "b"], &["a", "c"], &["c", "b"]), chance(1));
        // What follows from a clock may be as far apart as anything.
        assert_eq!(
            of(&["= 1000", "a"], &["= 1010", "b"], &["= 2000", "a"]),
            clock(0)
        );
    }
}
