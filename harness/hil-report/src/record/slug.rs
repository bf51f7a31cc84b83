//! File names for case instances.

use std::fmt::Write;

use super::chain::sha256;

/// Longest slug in bytes; file systems allow 255 with the endings.
const LONGEST: usize = 180;

/// The file name of a case instance, without ending: `charge-vmax/cell=3` becomes
/// `charge-vmax__cell=3`. Different ids get different slugs: letters, digits and `-.=,` stay, `/`
/// becomes `__`, every other byte `_` and two hex digits; a very long one ends with its hash.
#[must_use]
pub fn slug(id: &str) -> String {
    let mut slug = String::with_capacity(id.len() + 1);
    for byte in id.bytes() {
        match byte {
            b'/' => slug.push_str("__"),
            b'-' | b'.' | b'=' | b',' => slug.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => slug.push(byte.into()),
            // Writing into a String cannot fail.
            _ => drop(write!(slug, "_{byte:02x}")),
        }
    }
    if slug.len() > LONGEST {
        slug.truncate(LONGEST);
        slug.push('_');
        slug.push_str(&sha256(id.as_bytes())[..16]);
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_well_as_file_names_and_stay_apart() {
        assert_eq!(slug("charge-vmax/cell=3"), "charge-vmax__cell=3");
        assert_eq!(slug("../up"), "..__up");
        let ids = ["a/b", "a__b", "a_/b", "a b", "a_20b", "ä"];
        let mut slugs: Vec<_> = ids.iter().map(|id| slug(id)).collect();
        slugs.sort();
        slugs.dedup();
        assert_eq!(slugs.len(), ids.len(), "{slugs:?}");
        assert!(slug(&"x".repeat(1000)).len() < 210);
        assert_ne!(slug(&"x".repeat(1000)), slug(&"x".repeat(1001)));
    }
}
