use std::{collections::BTreeMap, fmt, sync::Arc};

use alloy_primitives::B256;

use crate::{
    Machine,
    interpret::Registers,
    memory::{PAGE_WORDS, Page},
};

/// Pages by their number; those that are absent are zero.
pub(crate) type SavedPages = Arc<BTreeMap<u32, Arc<Page>>>;

/// A machine at one step, to return to. Snapshots share the pages that did not change between them, and stand alone: any
/// machine can be put into the state of any snapshot.
#[derive(Clone)]
pub struct Snapshot {
    pages: SavedPages,
    registers: Box<Registers>,
    pc: u64,
    step: u64,
    exited: bool,
    exit_code: u8,
    oracle_key: B256,
    oracle_offset: u64,
}

impl fmt::Debug for Snapshot {
    /// All but the memory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages = self.pages();
        f.debug_struct("Snapshot").field("step", &self.step).field("pages", &pages).finish_non_exhaustive()
    }
}

impl Snapshot {
    /// Steps executed when it was taken.
    pub const fn step(&self) -> u64 {
        self.step
    }

    /// Pages of 4 KiB that it holds, the shared ones included.
    pub fn pages(&self) -> usize {
        self.pages.len()
    }
}

impl Machine {
    /// Copies the pages that were written since the last snapshot.
    pub fn snapshot(&mut self) -> Snapshot {
        let written = self.memory.take_unsaved();
        if !written.is_empty() {
            let saved = Arc::make_mut(&mut self.saved);
            for page in written {
                saved.insert(page, self.memory.copy_page(page));
            }
        }
        Snapshot {
            pages: Arc::clone(&self.saved),
            registers: self.registers.clone(),
            pc: self.pc,
            step: self.step,
            exited: self.exited,
            exit_code: self.exit_code,
            oracle_key: self.oracle_key,
            oracle_offset: self.oracle_offset,
        }
    }

    /// Puts the machine into the state of a snapshot, its own or another's. Writes only the pages that differ.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        let mut differing = self.memory.take_unsaved();
        if !Arc::ptr_eq(&self.saved, &snapshot.pages) {
            let differs = |page: &u32| match (self.saved.get(page), snapshot.pages.get(page)) {
                (Some(old), Some(new)) => !Arc::ptr_eq(old, new),
                _ => true,
            };
            differing.extend(self.saved.keys().filter(|page| differs(page)));
            differing.extend(snapshot.pages.keys().filter(|page| !self.saved.contains_key(page)));
            differing.sort_unstable();
            differing.dedup();
        }
        for page in differing {
            self.memory.set_page(page, snapshot.pages.get(&page).map_or(&[0; PAGE_WORDS], |page| page));
        }
        self.memory.take_unsaved();
        self.saved = Arc::clone(&snapshot.pages);
        self.registers = snapshot.registers.clone();
        self.pc = snapshot.pc;
        self.step = snapshot.step;
        self.exited = snapshot.exited;
        self.exit_code = snapshot.exit_code;
        self.oracle_key = snapshot.oracle_key;
        self.oracle_offset = snapshot.oracle_offset;
    }

    /// A machine in the state of a snapshot.
    pub fn from_snapshot(snapshot: &Snapshot) -> Self {
        let mut machine = Self::empty();
        machine.restore(snapshot);
        machine
    }
}
