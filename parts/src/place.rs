//! Where a part lives and as whom it runs.
//!
//! ```text
//! started by         the part runs as                        its directory
//! ─────────────────  ──────────────────────────────────────  ─────────────────────────────────────────────
//! an ordinary user   that user                               as asked
//! root               the directory's owner, when that is     as asked, handed over to that user; when the user
//!                    not root; else the part's own user      cannot get there (below /root, say), a directory
//!                    (postgres, mosquitto), else nobody      below /var/lib/fieldbook, and a link to it as asked
//! ```

use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, lchown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use uuid::Uuid;

use crate::files;

/// Where parts of root live whose user cannot reach the asked directory.
pub const SHARED_ROOM: &str = "/var/lib/fieldbook";

/// Why a part has no place.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    /// A directory or link could not be made, read or handed over.
    #[error("prepare the directory {path}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It belongs to somebody else, from an earlier start.
    #[error(
        "use the directory {path}: it belongs to another user (uid {owner}); start as that user or as root, or choose \
         another data directory with --data-dir"
    )]
    Foreign {
        /// The directory.
        path: PathBuf,
        /// Its owner.
        owner: u32,
    },
    /// Root must not run the part, and there is nobody else.
    #[error("find an unprivileged user to run {part} as: neither {wanted} nor nobody is in /etc/passwd")]
    NoAccount {
        /// The part.
        part: &'static str,
        /// The user it would like best.
        wanted: &'static str,
    },
    /// Neither the asked directory nor the shared room can be reached by the part's user.
    #[error("use the directory {path}: the user {account} cannot reach it; choose another with --data-dir")]
    Unreachable {
        /// The directory.
        path: PathBuf,
        /// The user.
        account: String,
    },
}

/// As whom a part runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Account {
    /// As the user of this process.
    Same,
    /// As another one: this process is root.
    Other { uid: u32, gid: u32, name: String },
}

impl Account {
    /// Makes `command` run as this account. The standard library drops root's supplementary groups with it.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let Self::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
    }

    /// Hands a file or directory, not what is in it, over to this account.
    pub(crate) fn own(&self, path: &Path) -> io::Result<()> {
        match self {
            Self::Same => Ok(()),
            Self::Other { uid, gid, .. } => lchown(path, Some(*uid), Some(*gid)),
        }
    }

    /// Who owns what this account makes.
    pub(crate) fn uid(&self) -> u32 {
        match self {
            Self::Same => rustix::process::geteuid().as_raw(),
            Self::Other { uid, .. } => *uid,
        }
    }

    /// Asks the system, because modes alone do not tell: there are access lists and mounts.
    fn can_work_in(&self, directory: &Path) -> io::Result<bool> {
        let Self::Other { .. } = self else { return Ok(true) };
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", "cd -- \"$0\" && test -w ."])
            .arg(directory)
            .current_dir("/");
        self.apply(&mut command);
        let status = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(status.success())
    }
}

impl fmt::Display for Account {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Same => formatter.write_str("of this process"),
            Self::Other { name, .. } => formatter.write_str(name),
        }
    }
}

/// Where a part really lives, and as whom it runs.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) directory: PathBuf,
    pub(crate) account: Account,
}

/// Finds or makes the place of the part `part`, which was asked to live in `directory`; `wanted` is the user that
/// the distribution has made for such a server.
pub(crate) fn settle(
    directory: &Path,
    part: &'static str,
    wanted: &'static str,
) -> Result<Place, PlaceError> {
    let failed = |source| PlaceError::Directory {
        path: directory.to_owned(),
        source,
    };
    if !directory.is_dir() {
        files::create_private_dir(directory).map_err(failed)?;
    }
    let directory = &directory.canonicalize().map_err(failed)?;
    let owner = directory.metadata().map_err(failed)?.uid();
    if !rustix::process::geteuid().is_root() {
        if owner != rustix::process::geteuid().as_raw() {
            return Err(PlaceError::Foreign {
                path: directory.clone(),
                owner,
            });
        }
        return Ok(Place {
            directory: directory.clone(),
            account: Account::Same,
        });
    }

    let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let account = if owner == 0 {
        let account = find_account(&passwd, wanted)
            .or_else(|| find_account(&passwd, "nobody"))
            .ok_or(PlaceError::NoAccount { part, wanted })?;
        account.own(directory).map_err(failed)?;
        account
    } else {
        account_of_owner(&passwd, directory).map_err(failed)?
    };
    if account.can_work_in(directory).map_err(failed)? {
        return Ok(Place {
            directory: directory.clone(),
            account,
        });
    }
    let is_empty = fs::read_dir(directory).map_err(failed)?.next().is_none();
    if !is_empty {
        return Err(PlaceError::Unreachable {
            path: directory.clone(),
            account: account.to_string(),
        });
    }
    relocate(directory, &account)?;
    Ok(Place {
        directory: directory.canonicalize().map_err(failed)?,
        account,
    })
}

/// Replaces the empty `directory` by a link to a new one in the shared room. From then on the link is the truth: who
/// deletes it with the rest of a data directory starts afresh, and does not meet the old data again.
fn relocate(directory: &Path, account: &Account) -> Result<(), PlaceError> {
    let room = Path::new(SHARED_ROOM);
    let name = stable_name(directory);
    let target = (1..=u32::MAX)
        .map(|attempt| room.join(format!("{name}-{attempt}")))
        .find(|target| !target.exists())
        .expect("some number is free");
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| PlaceError::Directory { path, source }
    };
    fs::create_dir_all(room).map_err(failed(room))?;
    // Others pass through it to their own rooms; a narrow umask would shut them out.
    fs::set_permissions(room, fs::Permissions::from_mode(0o755)).map_err(failed(room))?;
    files::create_private_dir(&target).map_err(failed(&target))?;
    account.own(&target).map_err(failed(&target))?;
    if !account.can_work_in(&target).map_err(failed(&target))? {
        let Account::Other { name, .. } = account.clone() else {
            unreachable!("only root's parts move")
        };
        return Err(PlaceError::Unreachable {
            path: target,
            account: name,
        });
    }
    fs::remove_dir(directory).map_err(failed(directory))?;
    symlink(&target, directory).map_err(failed(directory))
}

/// A name that follows from a path alone, the same at each start.
pub(crate) fn stable_name(path: &Path) -> String {
    let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, path.as_os_str().as_bytes())
        .simple()
        .to_string();
    name[..16].to_owned()
}

fn account_of_owner(passwd: &str, directory: &Path) -> io::Result<Account> {
    let metadata = directory.metadata()?;
    let named = accounts(passwd).find(|account| account.uid() == metadata.uid());
    Ok(named.unwrap_or_else(|| Account::Other {
        uid: metadata.uid(),
        gid: metadata.gid(),
        name: metadata.uid().to_string(),
    }))
}

fn find_account(passwd: &str, wanted: &str) -> Option<Account> {
    accounts(passwd)
        .find(|account| matches!(account, Account::Other { name, uid, .. } if name == wanted && *uid != 0))
}

/// The users of a file in the form of passwd(5): `name:password:UID:GID:…`.
fn accounts(passwd: &str) -> impl Iterator<Item = Account> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?.to_owned();
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        Some(Account::Other { uid, gid, name })
    })
}

/// Whether a path fits where only UTF-8 of a bounded length does.
pub(crate) fn fits(path: &OsStr, bytes_max: usize) -> bool {
    path.to_str().is_some() && path.len() <= bytes_max
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\n\
        # a comment\n\
        nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n\
        toor:x:0:0::/:/bin/sh\n\
        postgres:x:101:104:PostgreSQL administrator,,,:/var/lib/postgresql:/bin/bash\n";

    #[test]
    fn an_account_is_found_by_its_whole_name() {
        let postgres = Account::Other {
            uid: 101,
            gid: 104,
            name: "postgres".to_owned(),
        };
        assert_eq!(find_account(PASSWD, "postgres"), Some(postgres));
        assert_eq!(find_account(PASSWD, "post"), None);
    }

    #[test]
    fn another_name_of_root_is_no_unprivileged_account() {
        assert_eq!(find_account(PASSWD, "toor"), None);
    }

    #[test]
    fn the_stable_name_follows_from_the_path() {
        assert_eq!(
            stable_name(Path::new("/data/a")),
            stable_name(Path::new("/data/a"))
        );
        assert_ne!(
            stable_name(Path::new("/data/a")),
            stable_name(Path::new("/data/b"))
        );
    }
}
