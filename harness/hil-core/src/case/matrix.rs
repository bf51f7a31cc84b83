//! The instances of a case: every combination of what `each` gives, with stable ids and packs.

use crate::diagnostic::Rule;
use crate::document::{Entries, Node, Reader, Spanned, Text};
use crate::plan::{BoardRole, Hardware};

use super::file::CaseFile;
use super::names::{Names, Value};

/// A case may have so many instances; more is a slip.
const MAX_INSTANCES: usize = 1024;

/// The boards that may be alone on a rig.
const ROLES: &[(&str, BoardRole)] = &[
    ("begin", BoardRole::Begin),
    ("between", BoardRole::Between),
    ("end", BoardRole::End),
];

/// The revisions of the End board.
const REVISIONS: &[(&str, Hardware)] = &[("HW1", Hardware::Hw1), ("HW2", Hardware::Hw2)];

/// Where the settings of the DUT come from.
const SETTINGS: &[(&str, bool)] = &[("profile", false), ("factory", true)];

/// One instance of a case: its names and its pack.
#[derive(Clone, Debug)]
pub struct Instance {
    /// `charge-vmax/cell=3`.
    pub id: String,
    /// What `each` gives it.
    pub names: Names,
    /// Cells in series per bank.
    pub cells: u16,
    /// Banks in parallel.
    pub banks: u8,
    /// Name of the profile.
    pub profile: String,
    /// The only real board.
    pub board: Option<BoardRole>,
    /// Revision of the End board.
    pub hardware: Hardware,
    /// Whether the DUT keeps the settings of a new board, whatever the profile says.
    pub keeps_factory: bool,
}

/// All instances of a case, in the order of its file; none when something is wrong.
pub fn instances(case: &CaseFile, reader: &mut Reader) -> Vec<Instance> {
    let before = reader.diagnostics.len();
    let mut found = Vec::new();
    match &case.each {
        None => found.extend(instance(case, String::new(), Vec::new(), reader)),
        Some(each) => match each.get_ref() {
            Node::Table(keys) if !keys.0.is_empty() => {
                combine(case, &keys.0, &mut Vec::new(), reader, &mut found);
            }
            Node::List(rows) if !rows.is_empty() => {
                for row in rows {
                    found.extend(named(case, row, reader));
                }
            }
            _ => {
                let complaint = reader
                    .at(
                        Rule::ImpossibleMatrix,
                        each.span(),
                        "`each` gives no instance",
                    )
                    .expected("a table such as { cell = \"all\" }, or a list of tables");
                reader.complain(complaint);
            }
        },
    }
    for (at, instance) in found.iter().enumerate() {
        if found[..at].iter().any(|other| other.id == instance.id) {
            let span = case.each.as_ref().map_or(0..0, Spanned::span);
            let message = format!("two instances are called `{}`", instance.id);
            let complaint = reader.at(Rule::ImpossibleMatrix, span, message);
            reader.complain(complaint);
        }
    }
    if reader.diagnostics.len() > before {
        found.clear();
    }
    found
}

/// Goes through every combination, first key slowest.
fn combine(
    case: &CaseFile,
    keys: &[(Text, Spanned<Node>)],
    names: &mut Vec<(String, Value)>,
    reader: &mut Reader,
    found: &mut Vec<Instance>,
) {
    let Some(((key, node), rest)) = keys.split_first() else {
        let words: Vec<_> = names
            .iter()
            .map(|(n, v)| format!("{n}={}", slug(v)))
            .collect();
        found.extend(instance(case, words.join(","), names.clone(), reader));
        return;
    };
    for value in choices(case, key, node, names, reader) {
        if found.len() > MAX_INSTANCES {
            let message = format!("`each` gives more than {MAX_INSTANCES} instances");
            let complaint = reader.at(Rule::ImpossibleMatrix, node.span(), message);
            reader.complain(complaint);
            return;
        }
        names.push((key.get_ref().clone(), value));
        combine(case, rest, names, reader, found);
        names.pop();
    }
}

/// What a key of `each` runs through.
fn choices(
    case: &CaseFile,
    key: &Text,
    node: &Spanned<Node>,
    names: &[(String, Value)],
    reader: &mut Reader,
) -> Vec<Value> {
    let found: Option<Vec<Value>> = match node.get_ref() {
        Node::List(items) => items.iter().map(|item| scalar(item.get_ref())).collect(),
        Node::Text(text) => {
            let whole = |text: &str| text.trim().parse::<u16>().ok();
            let range = match text.split_once("..") {
                Some((low, high)) => whole(low).zip(whole(high)),
                None if text == "all" => cells(case, names, reader).map(|n| (1, n)),
                None if text == "links" => cells(case, names, reader).map(|n| (1, n - 1)),
                None => None,
            };
            let numbers: Option<Vec<u16>> = match text.as_str() {
                "boundary" => cells(case, names, reader).map(boundary),
                "boundary-links" => cells(case, names, reader).map(|n| boundary(n - 1)),
                _ => range.map(|(low, high)| (low..=high).collect()),
            };
            let whole = |n| Value::Whole(i64::from(n));
            numbers.map(|numbers| numbers.into_iter().map(whole).collect())
        }
        _ => None,
    };
    match found {
        Some(values) if !values.is_empty() => values,
        _ => {
            let message = format!("`{}` runs through nothing", key.get_ref());
            let complaint = reader
                .at(Rule::ImpossibleMatrix, node.span(), message)
                .expected("\"all\", \"boundary\", \"links\", \"boundary-links\", \"1..3\", or a list of texts or whole numbers");
            reader.complain(complaint);
            Vec::new()
        }
    }
}

/// The places 1 to n at which something may go wrong first: both ends, next to them, the middle.
fn boundary(n: u16) -> Vec<u16> {
    let mut places = vec![1, 2, n / 2, n - 1, n];
    places.retain(|place| (1..=n).contains(place));
    places.sort_unstable();
    places.dedup();
    places
}

fn scalar(node: &Node) -> Option<Value> {
    match node {
        Node::Text(text) => Some(Value::Word(text.clone())),
        Node::Number(number) if number.fract() == 0.0 => Some(Value::Whole(*number as i64)),
        _ => None,
    }
}

/// An instance from a row of a list, called by its `name`.
fn named(case: &CaseFile, row: &Spanned<Node>, reader: &mut Reader) -> Option<Instance> {
    let values = match row.get_ref() {
        Node::Table(Entries(entries)) => entries
            .iter()
            .map(|(key, node)| Some((key.get_ref().clone(), scalar(node.get_ref())?)))
            .collect::<Option<Vec<_>>>(),
        _ => None,
    };
    let name = values.as_ref().and_then(|values| {
        let (_, name) = values.iter().find(|(key, _)| key == "name")?;
        Some(slug(name))
    });
    let (Some(values), Some(name)) = (values, name) else {
        let complaint = reader
            .at(
                Rule::ImpossibleMatrix,
                row.span(),
                "this row makes no instance",
            )
            .expected("a table of texts and whole numbers with a `name`");
        reader.complain(complaint);
        return None;
    };
    let instance = instance(case, name, values, reader)?;
    instance.names.used.borrow_mut().insert("name".to_owned());
    Some(instance)
}

/// The value as a part of an id, of a file name and of a filter.
fn slug(value: &Value) -> String {
    let legal = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '+' | '_');
    value.to_string().chars().filter(legal).collect()
}

fn instance(
    case: &CaseFile,
    words: String,
    names: Vec<(String, Value)>,
    reader: &mut Reader,
) -> Option<Instance> {
    let cells = cells(case, &names, reader)?;
    let names = Names {
        all: names,
        ..Names::default()
    };
    let banks = match &case.pack.banks {
        Some(node) => whole(node, &names, "banks", 1, 255, reader)?,
        None => 1,
    };
    whole(&case.pack.cells, &names, "cells", 2, 255, reader)?;
    let piece = reader.piece(&text_node(&case.pack.profile))?;
    let profile = names.fill(piece, reader)?.text;
    let board = choice(&case.pack.board, &names, ROLES, reader);
    let hardware = choice(&case.pack.hardware, &names, REVISIONS, reader);
    let keeps_factory = choice(&case.pack.settings, &names, SETTINGS, reader);
    let board = board?;
    if board == Some(BoardRole::Between) && cells < 3 {
        let span = case.pack.board.as_ref().map_or(0..0, Spanned::span);
        let message = "a pack of 2 cells has no Between board";
        let complaint = reader.at(Rule::BadPack, span, message);
        reader.complain(complaint.expected("cells = 3 or more"));
        return None;
    }
    let family = case.id.get_ref();
    Some(Instance {
        id: if words.is_empty() {
            family.clone()
        } else {
            format!("{family}/{words}")
        },
        names,
        cells,
        banks: banks as u8,
        profile,
        board,
        hardware: hardware?.unwrap_or_default(),
        keeps_factory: keeps_factory?.unwrap_or(false),
    })
}

/// What a word of the pack stands for; `None` when it is wrong, `Some(None)` when it is not given.
#[expect(
    clippy::option_option,
    reason = "absent, given and wrong, given and right are three cases"
)]
fn choice<T: Copy>(
    text: &Option<Text>,
    names: &Names,
    choices: &[(&str, T)],
    reader: &mut Reader,
) -> Option<Option<T>> {
    let Some(text) = text else {
        return Some(None);
    };
    let piece = reader.piece(&text_node(text))?;
    let piece = names.fill(piece, reader)?;
    let found = choices.iter().find(|(word, _)| *word == piece.text);
    if found.is_none() {
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        let message = format!("`{}` does not exist", piece.text);
        let complaint = reader
            .at(Rule::BadPack, piece.span, message)
            .expected(format!("one of {}", words.join(", ")))
            .nearest(&piece.text, words);
        reader.complain(complaint);
    }
    found.map(|(_, value)| Some(*value))
}

fn text_node(text: &Text) -> Spanned<Node> {
    Spanned::new(text.span(), Node::Text(text.get_ref().clone()))
}

fn cells(case: &CaseFile, names: &[(String, Value)], reader: &mut Reader) -> Option<u16> {
    let names = Names {
        all: names.to_vec(),
        ..Names::default()
    };
    whole(&case.pack.cells, &names, "cells", 2, 255, reader)
}

fn whole(
    node: &Spanned<Node>,
    names: &Names,
    what: &str,
    low: u16,
    high: u16,
    reader: &mut Reader,
) -> Option<u16> {
    let piece = reader.piece(node)?;
    let piece = names.fill(piece, reader)?;
    let number = piece.text.trim().parse::<u16>().ok();
    let found = number.filter(|number| (low..=high).contains(number));
    if found.is_none() {
        let message = format!("a pack of `{}` {what} does not exist", piece.text);
        let complaint = reader.at(Rule::BadPack, piece.span, message);
        reader.complain(complaint.expected(format!("a whole number within {low} .. {high}")));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::boundary;

    #[test]
    fn the_boundary_has_every_place_once_whatever_the_size() {
        assert_eq!(boundary(1), [1]);
        assert_eq!(boundary(2), [1, 2]);
        assert_eq!(boundary(3), [1, 2, 3]);
        assert_eq!(boundary(16), [1, 2, 8, 15, 16]);
        assert_eq!(boundary(255), [1, 2, 127, 254, 255]);
    }
}
