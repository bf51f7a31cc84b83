//! The firmware images of a run: the shipped ones, a folder's, or single files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use hil_report::record::chain;
use hil_rig::flash::Image as Elf;
use hil_rig::flash::chip::STM32G031K8;
use hil_rig::flash::patch;
use hil_sim::{LogTables, Role};

use crate::cli::RunArgs;
use crate::exit::bad_input;
use crate::home::Home;

/// The folder of the mutants' images, below the home.
pub const MUTANTS: &str = "firmware/images/mutants";

/// The kinds of boards, in chain order.
pub const ROLES: [&str; 3] = ["begin", "between", "end"];

/// An ELF file.
#[derive(Clone, Debug)]
pub struct Image {
    /// Where it was read.
    pub path: PathBuf,
    /// Its bytes.
    pub elf: Vec<u8>,
}

/// One image for each kind of board, in the order of [`ROLES`], and what comes after.
#[derive(Clone, Debug)]
pub struct Images {
    roles: [Image; 3],
    next_end: Option<Arc<[u8]>>,
}

impl Images {
    /// The shipped images.
    ///
    /// # Errors
    /// Bad input when one cannot be read.
    pub fn shipped(home: &Home) -> Result<Self> {
        Self::from_folder(home, &home.join("firmware/images"))
    }

    /// What the arguments of `run` ask for.
    ///
    /// # Errors
    /// Bad input when one cannot be read.
    pub fn choose(home: &Home, args: &RunArgs) -> Result<Self> {
        let mut images = match &args.firmware {
            Some(folder) => Self::from_folder(home, folder)?,
            None => Self::shipped(home)?,
        };
        for (role, path) in &args.images {
            for (slot, known) in images.roles.iter_mut().zip(ROLES) {
                if known == role {
                    *slot = load(path)?;
                }
            }
        }
        Ok(images)
    }

    /// The images of all mutants, as the right firmware.
    ///
    /// # Errors
    /// Bad input when one cannot be read.
    pub fn mutants(home: &Home) -> Result<Self> {
        Self::from_folder(home, &home.join(MUTANTS))
    }

    /// Of [`Images::mutants`], those of the mutant `number`; an image in which it is not stays.
    #[must_use]
    pub fn mutant(&self, number: u32) -> Self {
        let roles = self.roles.each_ref().map(|image| {
            let elf = patch::patched(&image.elf, "MUTANT_NUMBER", number);
            Image {
                path: image.path.clone(),
                elf: elf.unwrap_or_else(|| image.elf.clone()),
            }
        });
        let next_end = self.next_end();
        Self { roles, next_end }
    }

    /// SHA-256 of each file by its role, hex.
    #[must_use]
    pub fn hashes(&self) -> BTreeMap<&'static str, String> {
        let hashes = self.roles.each_ref().map(|image| chain::sha256(&image.elf));
        ROLES.into_iter().zip(hashes).collect()
    }

    /// SHA-256 over all three files, hex.
    #[must_use]
    pub fn sha256(&self) -> String {
        chain::sha256(
            &self
                .roles
                .each_ref()
                .map(|image| image.elf.as_slice())
                .concat(),
        )
    }

    /// The shipped image of the next version is what boards are updated to, whatever they hold.
    fn from_folder(home: &Home, folder: &Path) -> Result<Self> {
        let [begin, between, end] = ROLES.map(|role| load(&folder.join(format!("{role}.elf"))));
        let next_end = std::fs::read(home.join("firmware/images/update/end.elf"));
        Ok(Self {
            roles: [begin?, between?, end?],
            next_end: next_end.ok().map(Arc::from),
        })
    }

    /// What End boards are updated to.
    #[must_use]
    pub fn next_end(&self) -> Option<Arc<[u8]>> {
        self.next_end.clone()
    }

    /// The image of a role.
    #[must_use]
    pub const fn of_role(&self, role: Role) -> &Image {
        let [begin, between, end] = &self.roles;
        match role {
            Role::Begin => begin,
            Role::Between => between,
            Role::End => end,
        }
    }
}

impl Images {
    /// Checks that every image is a firmware for the boards' chip, before anything is touched.
    ///
    /// # Errors
    /// Bad input naming the file and what is wrong with it.
    pub fn check(&self) -> Result<()> {
        for (role, image) in ROLES.iter().zip(&self.roles) {
            Elf::parse(&image.elf, &STM32G031K8).map_err(|error| {
                let path = image.path.display();
                bad_input(format!("{path} is no {role} image for the boards: {error}"))
            })?;
        }
        Ok(())
    }

    /// The format strings of what the boards log; an image without any logs nothing.
    ///
    /// # Errors
    /// Bad input when an image logs in a way that is not understood.
    pub fn logs(&self) -> Result<Arc<LogTables>> {
        let [begin, between, end] = self.roles.each_ref().map(|image| image.elf.as_slice());
        let tables = LogTables::new(begin, between, end).map_err(|error| {
            bad_input(format!(
                "the logs of the firmware images cannot be read: {error}"
            ))
        })?;
        Ok(Arc::new(tables))
    }
}

fn load(path: &Path) -> Result<Image> {
    let elf = std::fs::read(path).map_err(|error| {
        bad_input(format!(
            "cannot read the firmware image {}: {error}",
            path.display()
        ))
    })?;
    Ok(Image {
        path: path.to_owned(),
        elf,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mutant_is_the_same_image_but_for_its_number() {
        let home = Home::find(None).expect("the project's folder");
        let right = Images::mutants(&home).expect("they are committed");
        let mutant = right.mutant(0x0102_0304);
        mutant.check().expect("still a sound image");
        for (right, mutant) in right.roles.iter().zip(&mutant.roles) {
            let pairs = right.elf.iter().zip(&mutant.elf);
            let changed: Vec<_> = pairs.filter(|(a, b)| a != b).map(|(_, b)| *b).collect();
            assert_eq!(changed, [4, 3, 2, 1], "{}", right.path.display());
        }
        assert_eq!(right.mutant(0).sha256(), right.sha256());
    }
}
