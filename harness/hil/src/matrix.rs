//! The kill matrix for a terminal: a row for each mutant, a column for each case file.

use hil_core::mutant::Mutant;

use crate::kills::{Case, Kills, TrialResult, mutant_sha256};

/// The matrix with its legend.
#[must_use]
pub fn render(mutants: &[&Mutant], cases: &[Case], kills: &Kills) -> String {
    let mut families: Vec<&str> = cases.iter().map(|case| case.plan.family.as_str()).collect();
    families.dedup();
    let mut text = "mutant × case: █ killed  ▒ noticed by a case of another requirement  s only in set-up  · not noticed  (blank) not tried\n".to_owned();
    for (number, family) in (1..).zip(&families) {
        text += &format!("{number:>5} {family}\n");
    }
    text += &header(families.len());
    for mutant in mutants {
        let cells: String = families
            .iter()
            .map(|family| cell(mutant, family, cases, kills))
            .collect();
        text += &format!("{:>5} {}\n", mutant.number, cells.trim_end());
    }
    text
}

/// The columns' numbers, read downwards.
fn header(columns: usize) -> String {
    let digit = |unit: usize| {
        let of = |column: usize| match column / unit {
            0 => ' ',
            rest => char::from_digit((rest % 10) as u32, 10).unwrap_or(' '),
        };
        (1..=columns).map(of).collect::<String>()
    };
    let rows = [100, 10, 1]
        .map(digit)
        .into_iter()
        .filter(|row| !row.trim().is_empty());
    rows.map(|row| format!("      {}\n", row.trim_end()))
        .collect()
}

/// The most that any instance of a case came to on a mutant.
fn cell(mutant: &Mutant, family: &str, cases: &[Case], kills: &Kills) -> char {
    let sha256 = mutant_sha256(mutant);
    let instances = cases.iter().filter(|case| case.plan.family == family);
    let signs = instances.filter_map(|case| {
        let trial = kills.trial(mutant.number, &sha256, case)?;
        let own = case.concerns(mutant);
        Some(match trial.result {
            TrialResult::Failed if own => (3, '█'),
            TrialResult::Failed => (2, '▒'),
            TrialResult::SetUp => (1, 's'),
            _ => (0, '·'),
        })
    });
    signs.max().map_or(' ', |(_, sign)| sign)
}
