//! What each case came to last: from the newest records in `reports/runs` that say something about
//! the shipped images and the cases as they are now.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::Result;
use hil_core::Verdict;
use hil_core::event::Event;
use hil_core::plan::Plan;
use hil_report::record::RUN_STREAM;
use hil_report::record::chain::{Line, Stream, sha256};

use crate::home::{Home, read};
use crate::images::Images;

/// The last verdict of every instance of a plan that has one.
///
/// # Errors
/// Bad input when a shipped image, case or profile cannot be read.
pub fn latest(home: &Home, plan: &Plan) -> Result<BTreeMap<String, Verdict>> {
    let images = Images::shipped(home)?.hashes();
    let inputs = inputs(home, plan)?;
    let mut verdicts = BTreeMap::new();
    for run in runs(home) {
        if verdicts.len() == plan.cases.len() {
            break;
        }
        let Ok(bytes) = std::fs::read(run.join(RUN_STREAM)) else {
            continue;
        };
        let lines = Stream::read(&bytes).lines;
        if !lines.iter().all(|line| of_images(&line.event, &images)) {
            continue;
        }
        let same = unchanged(&lines, &inputs);
        for line in &lines {
            if let Event::CaseRecorded { id, verdict, .. } = &line.event
                && same.contains(id.as_str())
            {
                verdicts.entry(id.clone()).or_insert(*verdict);
            }
        }
    }
    Ok(verdicts)
}

/// Every instance with its case file and profile, each with its hash.
fn inputs<'a>(home: &Home, plan: &'a Plan) -> Result<BTreeMap<&'a str, [(String, String); 2]>> {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut hash = |path: String| -> Result<(String, String)> {
        if let Some(hash) = known.get(&path) {
            return Ok((path, hash.clone()));
        }
        let hash = sha256(read(&home.join(&path))?.as_bytes());
        known.insert(path.clone(), hash.clone());
        Ok((path, hash))
    };
    let of = plan.cases.iter().map(|case| {
        let profile = format!("fixtures/profiles/{}.toml", case.pack.profile);
        Ok((case.id.as_str(), [hash(case.file.clone())?, hash(profile)?]))
    });
    of.collect()
}

/// The run folders, the newest first: their names begin with the time.
fn runs(home: &Home) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(home.join("reports/runs"));
    let entries = entries.into_iter().flatten().flatten();
    let real = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    let mut folders: Vec<_> = real.map(|entry| entry.path()).collect();
    folders.sort();
    folders.reverse();
    folders
}

/// Whether an event does not say that another image was flashed.
fn of_images(event: &Event, images: &BTreeMap<&str, String>) -> bool {
    match event {
        Event::Flashed {
            image,
            image_sha256,
            ..
        } => images.get(image.as_str()) == Some(image_sha256),
        _ => true,
    }
}

/// The instances whose case and profile were those of now when the run began.
fn unchanged<'a>(
    lines: &[Line],
    inputs: &BTreeMap<&'a str, [(String, String); 2]>,
) -> BTreeSet<&'a str> {
    let Some(Event::RunStarted { inputs_sha256, .. }) = lines.first().map(|line| &line.event)
    else {
        return BTreeSet::new();
    };
    let same = |files: &[(String, String); 2]| {
        files
            .iter()
            .all(|(path, hash)| inputs_sha256.get(path) == Some(hash))
    };
    let kept = inputs.iter().filter(|(_, files)| same(files));
    kept.map(|(id, _)| *id).collect()
}
