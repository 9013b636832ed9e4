//! What a loss of power leaves.

use super::inode::{Inode, put, sector_of};
use super::{NameChange, SECTOR, Simulated, World};
use crate::random::Random;

/// How a crash treats what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// All of it is lost.
    Lost,
    /// All of it has just made it.
    Kept,
    /// Each piece has its own fate; about so many percent are kept whole.
    Mixed(u64),
}

impl Mood {
    pub(crate) fn draw(random: &mut Random) -> Self {
        random.pick(&[
            Self::Lost,
            Self::Kept,
            Self::Mixed(10),
            Self::Mixed(50),
            Self::Mixed(50),
            Self::Mixed(90),
        ])
    }

    fn keeps(self, random: &mut Random) -> bool {
        match self {
            Self::Lost => false,
            Self::Kept => true,
            Self::Mixed(percent) => random.chance(percent),
        }
    }
}

impl Simulated {
    /// Ends the process and the machine, and starts another machine with what the disk has kept.
    pub(crate) fn crash(&self, random: &mut Random, mood: Mood) -> Self {
        let next = self.restart();
        {
            let mut world = next.world();
            world.settle_names(random, mood);
            world.settle_contents(random, mood);
        }
        next
    }
}

impl World {
    fn settle_names(&mut self, random: &mut Random, mood: Mood) {
        let mut names = std::mem::take(&mut self.durable_names);
        for change in std::mem::take(&mut self.unsynced_names) {
            if !mood.keeps(random) {
                continue;
            }
            match change {
                NameChange::Create { name, file } => {
                    names.insert(name, file);
                }
                NameChange::Rename { from, to, file } => {
                    if names.get(&from) == Some(&file) {
                        names.remove(&from);
                    }
                    names.insert(to, file);
                }
                NameChange::Remove { name, file } => {
                    if names.get(&name) == Some(&file) {
                        names.remove(&name);
                    }
                }
            }
        }
        self.durable_names = names.clone();
        self.names = names;
    }

    fn settle_contents(&mut self, random: &mut Random, mood: Mood) {
        let named: Vec<u64> = self.names.values().copied().collect();
        self.files.retain(|file, _| named.contains(file));
        self.revenants.clear();
        for (file, inode) in &mut self.files {
            let revenants = settle(inode, random, mood, &self.stale);
            let revenants = revenants.into_iter().map(|(sector, from)| (*file, sector, from));
            self.revenants.extend(revenants);
        }
    }
}

/// Decides the fate of a file; returns which sectors hold stale blocks, and which sectors those were once.
fn settle(inode: &mut Inode, random: &mut Random, mood: Mood, stale: &[Vec<u8>]) -> Vec<(usize, usize)> {
    let mut lengths = vec![inode.durable.len()];
    lengths.append(&mut inode.lengths);
    let length = match mood {
        Mood::Lost => lengths[0],
        Mood::Kept => inode.cache.len(),
        Mood::Mixed(_) => random.pick(&lengths),
    };
    let mut content = inode.durable.clone();
    content.resize(length, 0);
    let mut revenants = Vec::new();
    // Blocks that are used again come from the same file, mostly at the same place of it.
    let haunted = random.chance(40) && !stale.is_empty();
    let dead = random.index(stale.len().max(1));
    let shift = if random.chance(70) { 0 } else { random.index(3) };
    for (sector, versions) in std::mem::take(&mut inode.unsynced) {
        let old = sector_of(&inode.durable, sector);
        let fresh = sector * SECTOR >= inode.durable.len();
        let latest = versions[versions.len() - 1];
        let fate = if mood.keeps(random) {
            latest
        } else if mood == Mood::Lost {
            old
        } else {
            let changed = |at: usize| fresh || versions.iter().any(|version| version[at] != old[at]);
            match random.below(5) {
                _ if fresh && haunted => {
                    revenants.push((sector, sector + shift));
                    sector_of(&stale[dead], sector + shift)
                }
                0 => old,
                1 => random.pick(&versions),
                2 => {
                    let torn = random.index(SECTOR);
                    std::array::from_fn(|at| if at < torn { latest[at] } else { old[at] })
                }
                3 => std::array::from_fn(|at| if changed(at) { 0 } else { old[at] }),
                _ => std::array::from_fn(|at| {
                    if changed(at) {
                        u8::try_from(random.below(256)).unwrap()
                    } else {
                        old[at]
                    }
                }),
            }
        };
        put(&mut content, sector, &fate);
    }
    inode.durable.clone_from(&content);
    inode.cache = content;
    revenants
}
