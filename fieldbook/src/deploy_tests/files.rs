//! Each file that the compose file and the Dockerfiles name is there, and the cached layer has every manifest.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use super::compose::Compose;
use super::{read, root};

/// A Dockerfile's instructions, each in one line, comments left out.
pub(super) struct Dockerfile {
    instructions: Vec<(String, String)>,
}

impl Dockerfile {
    pub(super) fn read(path: &str) -> Self {
        Self::parse(&read(path))
    }

    fn parse(text: &str) -> Self {
        let code: Vec<&str> = text.lines().filter(|line| !line.starts_with('#')).collect();
        let joined = code.join("\n").replace("\\\n", " ");
        let instructions = joined
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(name, rest)| (name.to_owned(), rest.trim().to_owned()))
            .collect();
        Self { instructions }
    }

    /// The arguments of each such instruction.
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.instructions
            .iter()
            .filter(move |(found, _)| found == name)
            .map(|(_, rest)| rest.as_str())
    }

    /// `CMD`.
    pub(super) fn command(&self) -> Vec<String> {
        let command = self.all("CMD").last().expect("CMD");
        serde_json::from_str(command).expect("a list of words")
    }

    /// `ENV`.
    pub(super) fn environment(&self) -> Vec<(String, String)> {
        self.all("ENV")
            .map(|line| line.split_once('=').expect("NAME=value, one a line"))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    /// Each `COPY` of files from the context: what from, where to.
    fn copies(&self) -> Vec<(Vec<&str>, &str)> {
        self.all("COPY")
            .filter(|line| !line.starts_with("--from="))
            .map(|line| {
                let mut words: Vec<&str> = line.split_whitespace().collect();
                let to = words.pop().expect("a place");
                (words, to)
            })
            .collect()
    }
}

/// Whether a path's names are those of the repository: `a.yml` is not `A.yml`, nor outside of it.
fn is_inside(path: &str) -> bool {
    let relative = Path::new(path.strip_prefix("./").unwrap_or(path));
    relative
        .components()
        .all(|part| matches!(part, Component::Normal(_) | Component::CurDir))
        && root().join(relative).exists()
}

#[test]
fn every_file_that_is_mounted_or_built_from_is_there() {
    let compose = Compose::read();
    let volumes = compose.volumes();
    let mut files = BTreeSet::new();
    let mut used = BTreeSet::new();
    for service in compose.services() {
        for (source, _) in service.mounts() {
            if source.starts_with('.') {
                // Docker makes a directory of a file that is not there, and goes on.
                assert!(root().join(&source).is_file(), "{}: {source}", service.name);
                files.insert(source);
            } else {
                assert!(
                    volumes.contains(&source.as_str()),
                    "{}: the volume {source}",
                    service.name
                );
                used.insert(source);
            }
        }
        if let Some(dockerfile) = service.dockerfile() {
            assert!(is_inside(&dockerfile), "{}: {dockerfile}", service.name);
            files.insert(dockerfile);
        }
    }
    assert!(files.len() >= 5, "found them: {files:?}");
    assert_eq!(used.len(), volumes.len(), "a volume that nobody mounts");
}

#[test]
fn a_file_that_is_not_there_would_be_found() {
    assert!(is_inside("./deploy/Dockerfile"));
    assert!(!is_inside("deploy/Dockerfiel"));
    assert!(!is_inside("../Cargo.toml"));
    assert!(!is_inside("/etc/hosts"));
}

#[test]
fn every_file_that_is_copied_into_an_image_is_there() {
    for (context, path) in [
        (".", "deploy/Dockerfile"),
        ("deploy/object_store", "deploy/object_store/Dockerfile"),
    ] {
        let file = Dockerfile::read(path);
        assert!(!file.copies().is_empty(), "{path}");
        for source in file.copies().into_iter().flat_map(|(from, _)| from) {
            assert!(is_inside(&format!("{context}/{source}")), "{path}: {source}");
        }
    }
}

/// Members of the workspace, sorted.
fn members() -> Vec<String> {
    let manifest = read("Cargo.toml");
    let (_, list) = manifest.split_once("members = [").expect("members");
    let (list, _) = list.split_once(']').expect("their end");
    let mut members: Vec<String> = list
        .split(',')
        .map(|member| member.trim().trim_matches('"').to_owned())
        .filter(|member| !member.is_empty())
        .collect();
    members.sort();
    members
}

#[test]
fn the_cached_layer_has_the_manifest_of_every_member() {
    let file = Dockerfile::read("deploy/Dockerfile");
    let mut cached: Vec<String> = file
        .copies()
        .into_iter()
        .filter_map(|(from, to)| match from[..] {
            [manifest] => manifest.strip_suffix("/Cargo.toml").map(|member| {
                assert_eq!(to, format!("{member}/"), "{manifest}");
                member.to_owned()
            }),
            _ => None,
        })
        .collect();
    cached.sort();
    assert_eq!(cached, members());
    assert!(members().iter().any(|member| member == "fieldbook"));
}

#[test]
fn a_change_of_the_sources_leaves_the_cached_layer_as_it_is() {
    let file = Dockerfile::read("deploy/Dockerfile");
    let built = file
        .instructions
        .iter()
        .position(|(name, rest)| name == "RUN" && rest.contains("cargo build"))
        .expect("the dependencies' build");
    let before = Dockerfile {
        instructions: file.instructions[..built].to_vec(),
    };
    for (from, _) in before.copies() {
        assert!(
            from.iter()
                .all(|path| path.ends_with("Cargo.toml") || *path == "Cargo.lock"),
            "{from:?}"
        );
    }
}

#[test]
fn what_is_built_or_run_is_not_left_out_by_dockerignore() {
    let ignored = read(".dockerignore");
    let (again, out): (Vec<&str>, Vec<&str>) = ignored
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .partition(|line| line.starts_with('!'));
    // docker-compose 1.29 looks for exceptions only below a directory that one of them names from its start.
    for exception in again {
        assert!(
            !exception.contains('*') && is_inside(&exception[1..]),
            "{exception}"
        );
    }
    for name in ["*", "**", "*/src", "Cargo.toml", "Cargo.lock", "*/Cargo.toml"] {
        assert!(!out.contains(&name), "{name}");
    }
    for member in members() {
        assert!(!out.contains(&member.as_str()), "{member}");
    }
    assert!(out.contains(&"target") && out.contains(&"data"));
}

#[test]
fn scripts_can_be_run() {
    use std::os::unix::fs::PermissionsExt as _;
    for script in [
        "deploy/answers.sh",
        "deploy/object_store/setup.sh",
        "deploy/timescaledb/roles.sh",
    ] {
        let mode = root()
            .join(script)
            .metadata()
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o111, 0o111, "{script}");
    }
}

#[test]
fn the_parser_joins_lines_and_leaves_out_comments() {
    let file = Dockerfile::parse("# COPY a b\nRUN one \\\n    two\nCOPY c d e/\nCOPY --from=build x y\n");
    assert_eq!(file.all("RUN").collect::<Vec<_>>(), ["one      two"]);
    assert_eq!(file.copies(), [(vec!["c", "d"], "e/")]);
}
