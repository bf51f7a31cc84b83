//! No text, however broken, makes a reader of input files panic.

use hil_core::library::Library;
use hil_core::plant::CellModel;
use hil_core::profile::Profile;
use hil_core::requirement::Catalogue;
use hil_core::rig::Rig;
use proptest::prelude::*;

const CASE: &str = include_str!("../../../fixtures/cases/chain-broken.toml");
const RIG: &str = include_str!("../../../rigs/virtual.toml");
const PROFILE: &str = include_str!("../../../fixtures/profiles/lifepo4.toml");

/// Reads a text as every kind of file and renders what is wrong with it.
fn read(text: &str) {
    let profile = Profile::parse("lifepo4.toml", PROFILE).expect("a good profile");
    let case = ("case.toml".to_owned(), text.to_owned());
    let results = [
        Library::load([case], [profile], [], Catalogue::default()).err(),
        Rig::parse("rig.toml", text).err(),
        Profile::parse("profile.toml", text).err(),
        CellModel::parse("cell.toml", text).err(),
        Catalogue::parse("requirements.toml", text).err(),
    ];
    for diagnostic in results.into_iter().flatten().flatten() {
        assert!(!diagnostic.render(false).is_empty());
    }
}

/// The text with a piece cut out at one place and another put in there.
fn mutate(text: &str, at: usize, cut: usize, put: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let at = at % letters.len();
    let end = (at + cut).min(letters.len());
    let (head, tail) = (letters[..at].iter(), letters[end..].iter());
    head.copied()
        .chain(put.chars())
        .chain(tail.copied())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn random_texts(text in ".{0,120}") {
        read(&text);
    }

    #[test]
    fn damaged_files(
        file in prop::sample::select(vec![CASE, RIG, PROFILE]),
        at in any::<usize>(),
        cut in 0_usize..12,
        put in "[a-z0-9.{}$\"'\\[\\]=°±µ %#\n-]{0,6}",
    ) {
        read(&mutate(file, at, cut, &put));
    }
}
