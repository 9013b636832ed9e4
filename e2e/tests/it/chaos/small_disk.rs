//! A disk that is soon full: a tmpfs in a mount namespace of its own, which goes with the process that holds it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the journal leaves to others on a disk (its `free_bytes_min`), and what it may take here.
const LEFT_BYTES: u64 = 256 << 20;
const ROOM_BYTES: u64 = 6 << 20;

#[derive(Debug)]
pub(super) struct SmallDisk {
    directory: PathBuf,
    holder: Child,
}

impl SmallDisk {
    /// Mounts one at a directory, which is made; none where nobody may.
    pub(super) fn mount(directory: PathBuf) -> Option<Self> {
        std::fs::create_dir_all(&directory).expect("a directory");
        let size = LEFT_BYTES + ROOM_BYTES;
        let script = r#"mount -t tmpfs -o size="$1" tmpfs "$2" && echo mounted && exec cat"#;
        let mut holder = Command::new("unshare")
            .args(["--mount", "sh", "-c", script, "sh", &size.to_string()])
            .arg(&directory)
            // It ends with this process, in whatever way.
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut line = String::new();
        let said = BufReader::new(holder.stdout.take()?).read_line(&mut line);
        if said.is_ok() && line.trim() == "mounted" {
            return Some(Self { directory, holder });
        }
        let _ = holder.wait();
        None
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// What a command is to begin with to see the disk.
    pub(super) fn through(&self) -> Vec<String> {
        let pid = self.holder.id().to_string();
        ["nsenter", "--target", &pid, "--mount", "--"]
            .map(str::to_owned)
            .to_vec()
    }

    /// Copies a directory, from or onto the disk.
    pub(super) fn copy(&self, from: &Path, to: &Path) {
        let words = self.through();
        let done = Command::new(&words[0])
            .args(&words[1..])
            .args(["cp", "-a"])
            .args([from, to])
            .status()
            .expect("cp");
        assert!(done.success(), "copy {} to {}", from.display(), to.display());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        drop(self.holder.stdin.take());
        let _ = self.holder.wait();
    }
}
