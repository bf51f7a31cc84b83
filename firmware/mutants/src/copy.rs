//! The copy of the sources, with the module that says which mutant runs.

use std::fs;
use std::path::Path;

/// What a copy does not need.
const LEFT_OUT: [&str; 2] = ["target", "images"];

/// The module, put into `bms-logic`, which every other crate of the firmware uses.
///
/// The compiler cannot see the word's value, which is that of the flash, so nothing of a mutant is optimised away; a flash
/// word does not change while the program runs, so it need not be read anew each time.
const MODULE: &str = r#"//! Which mutant this board is.

core::arch::global_asm!(
    ".section .rodata.MUTANT_NUMBER,\"a\",%progbits",
    ".global MUTANT_NUMBER",
    ".type MUTANT_NUMBER,%object",
    ".size MUTANT_NUMBER,4",
    ".balign 4",
    "MUTANT_NUMBER: .word 0",
);

unsafe extern "C" {
    static MUTANT_NUMBER: u32;
}

/// Whether this board is that mutant.
#[inline(always)]
pub const fn is(number: u32) -> bool {
    // SAFETY: the word is defined above and never written.
    unsafe { MUTANT_NUMBER == number }
}
"#;

/// Copies a folder but for build output.
pub fn folder(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|error| told(to, error))?;
    for entry in fs::read_dir(from).map_err(|error| told(from, error))? {
        let path = entry.map_err(|error| told(from, error))?.path();
        let Some(name) = path.file_name() else {
            continue;
        };
        let target = to.join(name);
        if LEFT_OUT.iter().any(|left_out| name == *left_out) {
            continue;
        }
        if path.is_dir() {
            folder(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(|error| told(&path, error))?;
        }
    }
    Ok(())
}

/// Adds the module to the copy, and lets its crates compile without remarks about code that nobody wrote.
pub fn switch(copy: &Path) -> Result<(), String> {
    let logic = copy.join("bms-logic/src");
    add(
        &logic.join("lib.rs"),
        "pub mod time;\n",
        "pub mod mutant;\n",
    )?;
    add(
        &copy.join("Cargo.toml"),
        "[workspace.lints.rust]\n",
        "warnings = \"allow\"\n",
    )?;
    let module = logic.join("mutant.rs");
    fs::write(&module, MODULE).map_err(|error| told(&module, error))
}

/// Adds a text to a file, behind another one that stands there.
fn add(path: &Path, behind: &str, text: &str) -> Result<(), String> {
    let mut all = fs::read_to_string(path).map_err(|error| told(path, error))?;
    let at = all
        .find(behind)
        .ok_or_else(|| format!("{}: no `{behind}`", path.display()))?;
    all.insert_str(at + behind.len(), text);
    fs::write(path, all).map_err(|error| told(path, error))
}

fn told(path: &Path, error: std::io::Error) -> String {
    format!("{}: {error}", path.display())
}
