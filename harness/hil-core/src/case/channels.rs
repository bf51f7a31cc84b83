//! From the names people write to channels: groups, ranges of indices, banks, and the nearest right
//! name when there is none.

use crate::channel::{Channel, FAMILIES, Family, IndexKind};
use crate::diagnostic::{Diagnostic, Rule};
use crate::document::{Piece, Reader};

/// Short names of groups and what they stand for.
const GROUPS: &[(&str, &str)] = &[
    ("cells.voltage", "cell[all].voltage"),
    ("cells.temperature", "cell[all].temperature"),
    ("boards.power", "board[all].power"),
];

/// How many cells and banks there are to choose from.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// Cells in series.
    pub cells: u16,
    /// Banks in parallel.
    pub banks: u8,
}

/// The channels a name stands for: one, or several with `[all]`, `[1..3]`, `[2..]`, `[!3]` (all but 3)
/// or a group's name. Never none: an empty range such as `[3..2]` is outside the pack.
pub fn resolve(piece: &Piece, extent: Extent, reader: &mut Reader) -> Option<Vec<Channel>> {
    match find(piece.text.trim(), extent) {
        Ok(channels) => Some(channels),
        Err(problem) => {
            let complaint = complain(problem, piece, reader);
            reader.complain(complaint);
            None
        }
    }
}

enum Problem {
    Unknown { nearest: Option<String> },
    Outside { what: &'static str, last: u16 },
}

fn find(name: &str, extent: Extent) -> Result<Vec<Channel>, Problem> {
    let unknown = || Problem::Unknown {
        nearest: nearest(name),
    };
    let (banks, rest) = match name.strip_prefix("bank[").and_then(|n| n.split_once("].")) {
        Some((index, rest)) => {
            let outside = Problem::Outside {
                what: "bank",
                last: u16::from(extent.banks),
            };
            let range = range(index, 1, u16::from(extent.banks)).ok_or_else(unknown)?;
            (range.ok_or(outside)?, rest)
        }
        None => ((1, 1), name),
    };
    let group = GROUPS.iter().find(|(short, _)| *short == rest);
    let rest = group.map_or(rest, |(_, long)| *long);
    let (family, index) = family(rest).ok_or_else(unknown)?;
    let (low, high, what) = match family.index {
        IndexKind::None => (0, 0, ""),
        IndexKind::Cell => (1, extent.cells, "cell"),
        IndexKind::Link => (1, extent.cells - 1, "link"),
        IndexKind::Sensor => (1, 2, "sensor"),
        IndexKind::Key => (0, 18, "key"),
    };
    let indices = match index {
        None => vec![0],
        Some(index) => {
            let (index, but) = index
                .strip_prefix('!')
                .map_or((index, false), |i| (i, true));
            let outside = || Problem::Outside { what, last: high };
            let range = range(index, low, high).ok_or_else(unknown)?;
            let (first, last) = range.ok_or_else(outside)?;
            let chosen = |i: &u16| (first..=last).contains(i) != but;
            (low..=high).filter(chosen).collect()
        }
    };
    if indices.is_empty() {
        return Err(Problem::Outside { what, last: high });
    }
    let channel = |bank: u16, index| Channel {
        bank: bank as u8,
        signal: family.signal,
        index,
    };
    Ok((banks.0..=banks.1)
        .flat_map(|bank| indices.iter().map(move |index| channel(bank, *index)))
        .collect())
}

/// The family of a name and what stands in its brackets.
fn family(name: &str) -> Option<(&'static Family, Option<&str>)> {
    let Some((head, tail)) = name.split_once('[') else {
        let family = FAMILIES.iter().find(|family| family.pattern == name)?;
        return Some((family, None));
    };
    let (index, tail) = tail.split_once(']')?;
    FAMILIES.iter().find_map(|family| {
        let (h, t) = family.pattern.split_once('[')?;
        let (_, t) = t.split_once(']')?;
        (h == head && t == tail).then_some((family, Some(index)))
    })
}

/// Reads `3`, `1..3`, `2..`, `..3` or `all`. `None`: not an index. `Some(None)`: outside or
/// empty.
fn range(text: &str, low: u16, high: u16) -> Option<Option<(u16, u16)>> {
    let number = |text: &str| text.trim().parse::<i32>().ok();
    let (first, last) = match text.split_once("..") {
        _ if text.trim() == "all" => return Some(Some((low, high))),
        Some((first, last)) => {
            let first = if first.trim().is_empty() {
                i32::from(low)
            } else {
                number(first)?
            };
            let last = if last.trim().is_empty() {
                i32::from(high)
            } else {
                number(last)?
            };
            (first, last)
        }
        None => (number(text)?, number(text)?),
    };
    let fits = |n: i32| (i32::from(low)..=i32::from(high)).contains(&n);
    let chosen = fits(first) && fits(last) && first <= last;
    Some(chosen.then_some((first as u16, last as u16)))
}

fn complain(problem: Problem, piece: &Piece, reader: &Reader) -> Diagnostic {
    let name = piece.text.trim();
    match problem {
        Problem::Unknown { nearest } => {
            let message = format!("no channel is called `{name}`");
            let mut complaint = reader.at(Rule::UnknownChannel, piece.span.clone(), message);
            complaint.nearest = nearest;
            complaint
        }
        Problem::Outside { what, last } => {
            let message = format!("`{name}` is outside the pack");
            reader
                .at(Rule::OutsidePack, piece.span.clone(), message)
                .expected(format!("a {what} up to {last}"))
        }
    }
}

/// The nearest right name, with the writer's own index.
fn nearest(name: &str) -> Option<String> {
    let index = name
        .split_once('[')
        .and_then(|(_, tail)| tail.split_once(']'))
        .map(|(index, _)| index);
    let concrete = |pattern: &str| match (pattern.split_once('['), index) {
        (Some((head, tail)), Some(index)) => {
            let tail = tail.split_once(']').map_or("", |(_, tail)| tail);
            format!("{head}[{index}]{tail}")
        }
        _ => pattern.to_owned(),
    };
    let names: Vec<String> = FAMILIES
        .iter()
        .map(|family| concrete(family.pattern))
        .chain(GROUPS.iter().map(|(short, _)| (*short).to_owned()))
        .collect();
    crate::diagnostic::nearest(name, names.iter().map(String::as_str))
}
