//! Where the server programs are.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::LocalError;

/// The oldest PostgreSQL that will do.
pub const MIN_MAJOR: u32 = 15;

/// `initdb` and `postgres` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Programs {
    pub bin_dir: PathBuf,
    pub major: u32,
}

/// The programs to use: of the given folder; else of the version that the data needs; else the newest.
pub(super) fn programs(
    bin_dir: Option<&Path>,
    data_major: Option<u32>,
    dir: &Path,
) -> Result<Programs, LocalError> {
    let found = match bin_dir {
        Some(given) => {
            let given = std::path::absolute(given).unwrap_or_else(|_| given.to_owned());
            match at(&given) {
                Some(programs) if programs.major >= MIN_MAJOR => vec![programs],
                _ => return Err(LocalError::BadBinDir(given)),
            }
        }
        None => usual_places().iter().filter_map(|place| at(place)).collect(),
    };
    choose(found, data_major, dir)
}

fn choose(found: Vec<Programs>, data_major: Option<u32>, dir: &Path) -> Result<Programs, LocalError> {
    let seen = named(&found);
    match data_major {
        // A cluster of ours was made by a version that would do, so its own version is all that matters.
        Some(major) => found
            .into_iter()
            .find(|programs| programs.major == major)
            .ok_or_else(|| LocalError::OtherMajor {
                dir: dir.to_owned(),
                major,
                seen,
            }),
        None => {
            let (_, newest) = found
                .into_iter()
                .enumerate()
                .filter(|(_, programs)| programs.major >= MIN_MAJOR)
                // Of two places with one version, the one that was searched first.
                .max_by_key(|(place, programs)| (programs.major, std::cmp::Reverse(*place)))
                .ok_or(LocalError::NoServerPrograms { too_old: seen })?;
            Ok(newest)
        }
    }
}

/// What was found, for a message: ` (found: 13 in /usr/lib/postgresql/13/bin)`.
fn named(found: &[Programs]) -> String {
    if found.is_empty() {
        return String::new();
    }
    let each: Vec<String> = found
        .iter()
        .map(|programs| format!("{} in {}", programs.major, programs.bin_dir.display()))
        .collect();
    format!(" (found: {})", each.join(", "))
}

/// Asks `postgres` in a folder for its version; none where it, or `initdb`, is not there.
fn at(bin_dir: &Path) -> Option<Programs> {
    if !bin_dir.join("initdb").is_file() || !bin_dir.join("postgres").is_file() {
        return None;
    }
    let major = major(&said(Command::new(bin_dir.join("postgres")).arg("--version"))?)?;
    Some(Programs {
        bin_dir: bin_dir.to_owned(),
        major,
    })
}

/// The 15 of `postgres (PostgreSQL) 15.18 (Debian …)`, the 18 of `18beta1`.
fn major(version: &str) -> Option<u32> {
    let number = version.split_once(") ")?.1;
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    number.get(..end)?.parse().ok()
}

/// The first line that a program prints.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    Some(text.lines().next()?.trim().to_owned())
}

/// Where the distributions put the programs, then PATH, then what `pg_config` says. Each place once.
fn usual_places() -> Vec<PathBuf> {
    let mut places = Vec::new();
    // Debian and Ubuntu: /usr/lib/postgresql/16/bin.
    places.extend(entries("/usr/lib/postgresql", "").map(|version| version.join("bin")));
    // SUSE and Alpine; PostgreSQL's own packages for Fedora and its kin.
    places.extend(entries("/usr/lib", "postgresql").map(|version| version.join("bin")));
    places.extend(entries("/usr/libexec", "postgresql"));
    places.extend(entries("/usr", "pgsql-").map(|version| version.join("bin")));
    // Homebrew, on Apple's chips, Intel's and Linux.
    for brew in [
        "/opt/homebrew/opt",
        "/usr/local/opt",
        "/home/linuxbrew/.linuxbrew/opt",
    ] {
        places.extend(entries(brew, "postgresql").map(|version| version.join("bin")));
    }
    // Fedora's own, and one built from source.
    places.extend(["/usr/bin", "/usr/local/bin", "/usr/local/pgsql/bin"].map(PathBuf::from));
    if let Some(path) = std::env::var_os("PATH") {
        places.extend(std::env::split_paths(&path).filter(|place| place.is_absolute()));
    }
    places.extend(said(Command::new("pg_config").arg("--bindir")).map(PathBuf::from));
    let mut seen = std::collections::HashSet::new();
    places.retain(|place| std::fs::canonicalize(place).is_ok_and(|real| seen.insert(real)));
    places
}

/// What lies in a folder under a name that begins so.
fn entries(parent: &str, prefix: &'static str) -> impl Iterator<Item = PathBuf> {
    std::fs::read_dir(parent)
        .into_iter()
        .flatten()
        .flatten()
        .filter(move |entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(major: u32) -> Programs {
        Programs {
            bin_dir: format!("/pg/{major}").into(),
            major,
        }
    }

    #[test]
    fn a_version_is_read_from_what_postgres_says_of_itself() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major("postgres (PostgreSQL) 19devel"), Some(19));
        assert_eq!(major("something else"), None);
    }

    #[test]
    fn a_new_cluster_gets_the_newest_and_an_old_one_its_own_version() {
        let dir = Path::new("/data");
        assert_eq!(choose(vec![of(13), of(17), of(15)], None, dir).unwrap().major, 17);
        assert_eq!(choose(vec![of(17), of(15)], Some(15), dir).unwrap().major, 15);
    }

    #[test]
    fn versions_that_will_not_do_are_named_with_the_remedy() {
        let dir = Path::new("/data");
        let none = choose(vec![], None, dir).unwrap_err().to_string();
        assert!(
            none.contains("apt-get install postgresql") && none.contains("--pg-bin-dir"),
            "{none}"
        );
        let old = choose(vec![of(13)], None, dir).unwrap_err().to_string();
        assert!(old.contains("(found: 13 in /pg/13)"), "{old}");
        let other = choose(vec![of(17)], Some(15), dir).unwrap_err().to_string();
        assert!(
            other.contains("install PostgreSQL 15") && other.contains("17 in /pg/17"),
            "{other}"
        );
    }
}
