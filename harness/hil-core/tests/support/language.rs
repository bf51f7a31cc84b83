//! The tiny language of the judge's tables, told in `tests/judge/README.md`.

use hil_core::plan::{Claim, Condition, Expectation, Op, Statistic};
use hil_core::ports::{LogLine, Sample};
use hil_core::{Channel, Span, Time};

/// One table entry.
pub struct Block {
    pub name: String,
    pub expectation: Expectation,
    pub open: Time,
    pub close: Time,
    pub samples: Vec<Sample>,
    pub logs: Vec<LogLine>,
    pub judgement: String,
}

/// A line of a board's log.
pub fn line(at: Time, board: u16, text: &str) -> LogLine {
    LogLine {
        at,
        board,
        level: "info".to_string(),
        text: text.to_string(),
    }
}

/// Seconds as a point in time.
pub fn micros(seconds: &str) -> Time {
    let seconds: f64 = seconds
        .parse()
        .unwrap_or_else(|_| panic!("time {seconds:?}"));
    Time((seconds * 1e6).round() as u64)
}

fn span(seconds: &str) -> Span {
    Span(micros(seconds).0)
}

/// The longest delay, or the shortest and the longest: `2`, `1..2`.
fn delay(words: &str) -> (Span, Span) {
    match words.split_once("..") {
        Some((earliest, latest)) => (span(earliest), span(latest)),
        None => (Span::ZERO, span(words)),
    }
}

pub fn channel(name: &str) -> Channel {
    Channel::parse(name).unwrap_or_else(|| panic!("channel {name:?}"))
}

/// A number, a state's word, or `?` for unknown.
pub fn value(channel: Channel, word: &str) -> f64 {
    let state = channel.states().iter().position(|state| *state == word);
    match (word, state) {
        ("?", _) => f64::NAN,
        (_, Some(state)) => state as f64,
        _ => word.parse().unwrap_or_else(|_| panic!("value {word:?}")),
    }
}

fn limit(word: &str) -> Option<f64> {
    (word != "-").then(|| word.parse().unwrap_or_else(|_| panic!("limit {word:?}")))
}

/// `relay.charge = allowed and cell[1].voltage > 3.5`
pub fn condition(words: &[&str]) -> Condition {
    let parts: Vec<Condition> = words.split(|word| *word == "and").map(compare).collect();
    match <[Condition; 1]>::try_from(parts) {
        Ok([only]) => only,
        Err(parts) => Condition::All(parts),
    }
}

fn compare(words: &[&str]) -> Condition {
    let [name, op, word] = words else {
        panic!("condition {words:?}")
    };
    let op = match *op {
        "<" => Op::Lt,
        "<=" => Op::Le,
        "=" => Op::Eq,
        "!=" => Op::Ne,
        ">=" => Op::Ge,
        ">" => Op::Gt,
        other => panic!("operator {other:?}"),
    };
    Condition::Compare {
        channel: channel(name),
        op,
        value: value(channel(name), word),
    }
}

fn statistic(word: &str) -> Statistic {
    match word {
        "each" => Statistic::Each,
        "mean" => Statistic::Mean,
        "last" => Statistic::Last,
        "change" => Statistic::Change,
        other => panic!("statistic {other:?}"),
    }
}

/// The words after the signal's name.
pub fn claim(signal: Channel, words: &[&str]) -> Claim {
    let state = |word: &str| value(signal, word) as u8;
    match words {
        ["stays", s] => Claim::Stays { state: state(s) },
        ["never", s] => Claim::Never { state: state(s) },
        ["is", s] => Claim::Is { state: state(s) },
        ["becomes", s, "within", w, "hold", h] => Claim::Becomes {
            state: state(s),
            within: delay(w),
            hold: span(h),
        },
        ["unknown", "within", w, "hold", h] => Claim::Unknown {
            within: delay(w),
            hold: span(h),
        },
        ["settles", low, high, "within", w, "hold", h] => Claim::Settles {
            low: limit(low),
            high: limit(high),
            within: delay(w),
            hold: span(h),
        },
        ["between", low, high, of] => Claim::Between {
            of: statistic(of),
            low: limit(low),
            high: limit(high),
        },
        ["changes", low, high] => Claim::Changes {
            low: limit(low),
            high: limit(high),
        },
        ["less", minus, low, high, of] => Claim::Difference {
            minus: channel(minus),
            of: statistic(of),
            low: limit(low),
            high: limit(high),
        },
        ["logs", text, "within", w] => Claim::Logged {
            text: (*text).to_string(),
            within: delay(w),
        },
        ["never-logs", text] => Claim::NeverLogged {
            text: (*text).to_string(),
        },
        ["at", low, high, "when", at @ ..] => Claim::At {
            at: condition(at),
            low: limit(low),
            high: limit(high),
        },
        ["blinks", short, long, "on", least, most, "times", n] => Claim::Blinks {
            period: (span(short), span(long)),
            on: (*least != "-").then(|| (span(least), span(most))),
            periods: n.parse().unwrap_or_else(|_| panic!("periods {n:?}")),
        },
        other => panic!("claim {other:?}"),
    }
}

/// An expectation from `relay.charge stays allowed` and its conditions.
pub fn expectation(text: &str) -> Expectation {
    let words: Vec<&str> = text.split_whitespace().collect();
    let signal = channel(words[0]);
    Expectation {
        text: text.to_string(),
        line: 1,
        signal,
        claim: claim(signal, &words[1..]),
        after: None,
        during: None,
        lasting: None,
    }
}

/// Reads one table entry.
pub fn block(text: &str) -> Block {
    let mut lines = text.lines().map(str::trim).filter(|l| !l.starts_with('#'));
    let name = lines.next().unwrap_or_default().to_string();
    let mut expectation = expectation(lines.next().unwrap_or_default());
    let (mut open, mut close) = (Time::ZERO, Time::ZERO);
    let mut samples: Vec<Sample> = Vec::new();
    let mut logs = Vec::new();
    let mut judgement = String::new();
    for line in lines {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["after", rest @ ..] => expectation.after = Some(condition(rest)),
            ["during", rest @ ..] => expectation.during = Some(condition(rest)),
            ["lasting", time] => expectation.lasting = Some(span(time)),
            ["window", from, to] => (open, close) = (micros(from), micros(to)),
            ["=", ..] => judgement = line[1..].trim().to_string(),
            ["line", board, at, text @ ..] => {
                let board = board.parse().unwrap_or_else(|_| panic!("board {board:?}"));
                logs.push(self::line(micros(at), board, &text.join(" ")));
            }
            [name, trace @ ..] => {
                let channel = channel(name);
                samples.extend(trace.chunks(2).map(|pair| Sample {
                    channel,
                    at: micros(pair[0]),
                    value: value(channel, pair[1]),
                }));
            }
            [] => {}
        }
    }
    samples.sort_by_key(|s| s.at);
    Block {
        name,
        expectation,
        open,
        close,
        samples,
        logs,
        judgement,
    }
}
