//! Puts mutants into the text of one source file. It knows no Rust beyond this: a text that ends with `;` is statements,
//! any other an expression.

use crate::list::Edit;
use std::collections::BTreeMap;
use std::ops::Range;

/// The text with every edit beside what it replaces, or what is wrong with each edit that finds no place.
pub fn mutate(file: &str, text: &str, edits: &[&Edit]) -> Result<String, Vec<String>> {
    let mut spots: BTreeMap<usize, Vec<&Edit>> = BTreeMap::new();
    let mut complaints = Vec::new();
    for &edit in edits {
        match place(text, edit) {
            Ok(at) => spots.entry(at).or_default().push(edit),
            Err(why) => complaints.push(format!("mutant {}: {file}: {why}", edit.number)),
        }
    }
    let mut mutated = String::new();
    let mut taken = 0..0;
    for (at, edits) in spots {
        let end = at + edits[0].find.len();
        if let Some(odd) = overlapping(&taken, at, &edits) {
            let number = odd.number;
            complaints.push(format!(
                "mutant {number}: {file}: its `find` overlaps that of another one; give both the same"
            ));
            continue;
        }
        mutated += &text[taken.end..at];
        mutated += &choice(file, &edits);
        taken = at..end;
    }
    mutated += &text[taken.end..];
    if complaints.is_empty() {
        Ok(mutated)
    } else {
        Err(complaints)
    }
}

/// Where the right text of an edit stands.
fn place(text: &str, edit: &Edit) -> Result<usize, String> {
    let places: Vec<usize> = text.match_indices(&edit.find).map(|(at, _)| at).collect();
    let count = places.len();
    let (wanted, expected) = match edit.nth {
        Some(nth) => (nth.checked_sub(1), format!("at least {nth} times")),
        None => ((count == 1).then_some(0), "exactly once".to_owned()),
    };
    let found = wanted.and_then(|wanted| places.get(wanted));
    found
        .copied()
        .ok_or_else(|| format!("expected {expected}, found {count} times: {}", edit.find))
}

/// An edit that shares only a part of its text with another one.
fn overlapping<'a>(taken: &Range<usize>, at: usize, edits: &[&'a Edit]) -> Option<&'a Edit> {
    if at < taken.end {
        return edits.first().copied();
    }
    edits
        .iter()
        .copied()
        .find(|edit| edit.find != edits[0].find)
}

/// The code that takes one of the edits, or none.
fn choice(file: &str, edits: &[&Edit]) -> String {
    let switch = if file.starts_with("bms-logic/") {
        "crate"
    } else {
        "bms_logic"
    };
    let right = &edits[0].find;
    let wrong: String = edits
        .iter()
        .map(|edit| {
            format!(
                "if {switch}::mutant::is({}) {{ {} }} else ",
                edit.number, edit.replace
            )
        })
        .collect();
    let code = format!("{wrong}{{ {right} }}");
    if right.ends_with(';') {
        code
    } else {
        format!("({code})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(number: u32, find: &str, nth: Option<usize>, replace: &str) -> Edit {
        let file = "bms-logic/src/a.rs".to_owned();
        Edit {
            number,
            file,
            find: find.to_owned(),
            nth,
            replace: replace.to_owned(),
        }
    }

    fn mutated(text: &str, edits: &[Edit]) -> Result<String, Vec<String>> {
        let edits: Vec<_> = edits.iter().collect();
        mutate("bms-logic/src/a.rs", text, &edits)
    }

    #[test]
    fn expressions_and_statements_stand_beside_the_right_ones() {
        let edits = [
            edit(1, "a < b", None, "a <= b"),
            edit(2, "stop();", None, ""),
        ];
        assert_eq!(
            mutated("if a < b { stop(); }", &edits).as_deref(),
            Ok(
                "if (if crate::mutant::is(1) { a <= b } else { a < b }) { if crate::mutant::is(2) {  } else { stop(); } }"
            )
        );
    }

    #[test]
    fn several_share_a_spot() {
        let edits = [
            edit(1, "a < b", None, "a <= b"),
            edit(2, "a < b", None, "true"),
        ];
        assert_eq!(
            mutated("a < b", &edits).as_deref(),
            Ok(
                "(if crate::mutant::is(1) { a <= b } else if crate::mutant::is(2) { true } else { a < b })"
            )
        );
    }

    #[test]
    fn the_nth_occurrence_is_meant() {
        let second = mutated("x y x", &[edit(1, "x", Some(2), "z")]);
        assert_eq!(
            second.as_deref(),
            Ok("x y (if crate::mutant::is(1) { z } else { x })")
        );
    }

    #[test]
    fn what_does_not_match_names_mutant_and_file() {
        for (text, edit) in [
            ("a b", edit(7, "c", None, "d")),
            ("c c", edit(7, "c", None, "d")),
            ("c c", edit(7, "c", Some(3), "d")),
            ("c", edit(7, "c", Some(0), "d")),
        ] {
            let complaints = mutated(text, &[edit]).expect_err(text);
            assert!(
                complaints[0].starts_with("mutant 7: bms-logic/src/a.rs: expected"),
                "{complaints:?}"
            );
        }
        let crossing = [edit(1, "a b", None, ""), edit(2, "b c", None, "")];
        assert!(mutated("a b c", &crossing).is_err());
        let inside = [edit(1, "a b", None, ""), edit(2, "a", None, "")];
        assert!(mutated("a b", &inside).is_err());
    }
}
