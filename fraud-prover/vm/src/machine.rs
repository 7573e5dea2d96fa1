use std::fmt;

use alloy_primitives::B256;

use crate::{
    Error, Host, Program, State,
    call::Call,
    interpret::{Exit, Registers, TRAP_MISALIGNED, TRAP_RANGE, interpret},
    memory::Memory,
    oracle::Oracle,
    snapshot::SavedPages,
    tree::Tree,
};

/// More of a hint than this is not passed on.
const MAX_HINT_BYTES: u64 = 256 << 20;

/// A machine. Its fields but the memory are open, so that tests can put it into any state.
pub struct Machine {
    pub(crate) registers: Box<Registers>,
    pub(crate) memory: Memory,
    pub(crate) tree: Tree,
    pub(crate) oracle: Oracle,
    /// The pages as of the last snapshot.
    pub(crate) saved: SavedPages,
    /// Address of the next instruction.
    pub pc: u64,
    /// Steps executed.
    pub step: u64,
    /// Whether it has exited.
    pub exited: bool,
    /// 0 while it runs.
    pub exit_code: u8,
    /// What is being read; after `exit`, the output.
    pub oracle_key: B256,
    /// Bytes of it that were read.
    pub oracle_offset: u64,
}

impl Machine {
    /// A machine about to execute the first step of a program.
    pub fn new(program: &Program) -> Self {
        let mut machine = Self { pc: program.entry, ..Self::empty() };
        for (address, bytes) in program.segments() {
            machine.write(address, bytes);
        }
        machine
    }

    /// A machine whose state is zero.
    pub(crate) fn empty() -> Self {
        Self {
            registers: Box::new([0; 256]),
            memory: Memory::new(),
            tree: Tree::new(),
            oracle: Oracle::default(),
            saved: SavedPages::default(),
            pc: 0,
            step: 0,
            exited: false,
            exit_code: 0,
            oracle_key: B256::ZERO,
            oracle_offset: 0,
        }
    }

    /// Executes up to `max_steps` steps; fewer only if it exits. Returns how many. After an error the machine stands before
    /// the step that could not be made.
    pub fn run<H: Host>(&mut self, host: &mut H, max_steps: u64) -> Result<u64, Error<H::Error>> {
        self.execute::<H, true>(host, max_steps)
    }

    /// Like [`run`](Self::run) without noting what is written. Nothing of the machine is left but what it says at the end.
    pub fn run_untracked<H: Host>(mut self, host: &mut H, max_steps: u64) -> Result<Outcome, Error<H::Error>> {
        let steps = self.execute::<H, false>(host, max_steps)?;
        Ok(Outcome { steps, exited: self.exited, exit_code: self.exit_code, oracle_key: self.oracle_key })
    }

    fn execute<H: Host, const TRACK: bool>(&mut self, host: &mut H, max_steps: u64) -> Result<u64, Error<H::Error>> {
        let first = self.step;
        let mut left = max_steps;
        while left > 0 && !self.exited {
            let before = i64::try_from(left).unwrap_or(i64::MAX / 2).min(i64::MAX / 2);
            let mut budget = before;
            let exit = self.steps::<TRACK>(&mut budget);
            let done = (before - budget) as u64;
            self.step = self.step.wrapping_add(done);
            left -= done;
            if matches!(exit, Exit::Call | Exit::Trap(_)) && left > 0 {
                match exit {
                    Exit::Trap(code) => self.trap(code),
                    _ => self.call(host)?,
                }
                self.step = self.step.wrapping_add(1);
                left -= 1;
            }
        }
        Ok(self.step.wrapping_sub(first))
    }

    fn steps<const TRACK: bool>(&mut self, budget: &mut i64) -> Exit {
        if self.pc & 3 != 0 {
            return Exit::Trap(TRAP_MISALIGNED);
        }
        let Self { memory, registers, pc, .. } = self;
        let mut exit = interpret::<TRACK, false>(memory, registers, pc, budget);
        if matches!(exit, Exit::Budget) {
            exit = interpret::<TRACK, true>(memory, registers, pc, budget);
        }
        match exit {
            Exit::Fetch if *pc >> 32 != 0 => return Exit::Trap(TRAP_RANGE),
            Exit::Fetch => memory.decode(*pc),
            Exit::Code(index) => memory.redecode(index),
            _ => {}
        }
        exit
    }

    const fn trap(&mut self, code: u8) {
        self.exited = true;
        self.exit_code = code;
    }

    /// The call that the registers ask for, or the trap.
    pub(crate) fn pending_call(&self) -> Result<Call, u8> {
        Call::decode(&self.registers, &self.oracle_key, self.oracle_offset)
    }

    fn call<H: Host>(&mut self, host: &mut H) -> Result<(), Error<H::Error>> {
        match self.pending_call() {
            Err(code) => {
                self.trap(code);
                return Ok(());
            }
            Ok(Call::Exit { leaf, code }) => {
                self.exited = true;
                self.exit_code = code;
                self.oracle_key = self.memory.leaf(leaf).into();
                return Ok(());
            }
            Ok(Call::Open { leaf, offset }) => {
                self.oracle_key = self.memory.leaf(leaf).into();
                self.oracle_offset = offset;
            }
            Ok(Call::Read { leaf, kind }) => {
                let data = self.oracle.data(host, kind, self.oracle_key)?;
                let rest = usize::try_from(self.oracle_offset).ok().and_then(|at| data.get(at..)).unwrap_or(&[]);
                let read = &rest[..rest.len().min(32)];
                let mut value = [0; 32];
                value[..read.len()].copy_from_slice(read);
                self.memory.set_leaf(leaf, &value);
                self.registers[10] = read.len() as u64;
                self.oracle_offset = self.oracle_offset.wrapping_add(read.len() as u64);
            }
            Ok(Call::Ml { leaf }) => {
                let hint = self.hint();
                let result = host.ml(self.memory.leaf(leaf).into(), &hint).map_err(Error::Host)?;
                self.memory.set_leaf(leaf, &result.0);
            }
        }
        self.pc += 4;
        Ok(())
    }

    /// What the guest says about an `ml` request: empty if that is not in memory, or too much.
    fn hint(&self) -> Vec<u8> {
        let (address, length) = (self.registers[11], self.registers[12]);
        let inside = address < 1 << 32 && length <= MAX_HINT_BYTES && address + length <= 1 << 32;
        if inside { self.read(address as u32, length as usize) } else { Vec::new() }
    }

    /// A register. `x0` is zero.
    ///
    /// # Panics
    /// If `number` is not below 32.
    pub fn register(&self, number: u8) -> u64 {
        assert!(number < 32, "register {number}");
        self.registers[usize::from(number)]
    }

    /// Sets a register; of `x0` nothing changes.
    ///
    /// # Panics
    /// If `number` is not below 32.
    pub fn set_register(&mut self, number: u8, value: u64) {
        assert!(number < 32, "register {number}");
        if number > 0 {
            self.registers[usize::from(number)] = value;
        }
    }

    /// Bytes of the memory.
    ///
    /// # Panics
    /// If they reach beyond its end.
    pub fn read(&self, address: u32, length: usize) -> Vec<u8> {
        assert!(u64::from(address) + length as u64 <= 1 << 32, "{length} bytes at {address:#x}");
        let first = address as usize / 8;
        let last = (address as usize + length).div_ceil(8);
        let mut bytes: Vec<u8> = self.memory.words[first..last].iter().flat_map(|word| word.to_le_bytes()).collect();
        bytes.drain(..address as usize % 8);
        bytes.truncate(length);
        bytes
    }

    /// Writes bytes into the memory.
    ///
    /// # Panics
    /// If they reach beyond its end.
    pub fn write(&mut self, address: u32, bytes: &[u8]) {
        assert!(u64::from(address) + bytes.len() as u64 <= 1 << 32, "{} bytes at {address:#x}", bytes.len());
        let mut at = address as usize;
        let mut rest = bytes;
        while !rest.is_empty() {
            let (start, length) = (at % 8, rest.len().min(8 - at % 8));
            let mut word = self.memory.words[at / 8].to_le_bytes();
            word[start..start + length].copy_from_slice(&rest[..length]);
            self.memory.set_word(at / 8, u64::from_le_bytes(word));
            (at, rest) = (at + length, &rest[length..]);
        }
    }

    /// The Merkle root of the memory; hashes the pages that were written since it was last asked for.
    pub fn memory_root(&mut self) -> B256 {
        let pages = self.memory.take_unhashed();
        self.tree.update(&self.memory.words, &pages);
        self.tree.root().into()
    }

    /// What L1 knows of it.
    pub fn state(&mut self) -> State {
        let memory_root = self.memory_root();
        self.state_over(memory_root)
    }

    /// The state with some memory root.
    pub(crate) fn state_over(&self, memory_root: B256) -> State {
        let mut registers = [0; 32];
        registers.copy_from_slice(&self.registers[..32]);
        State {
            memory_root,
            pc: self.pc,
            registers,
            step: self.step,
            exited: self.exited,
            exit_code: self.exit_code,
            oracle_key: self.oracle_key,
            oracle_offset: self.oracle_offset,
        }
    }
}

impl fmt::Debug for Machine {
    /// All but the memory.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state_over(B256::ZERO);
        f.debug_struct("Machine")
            .field("pc", &state.pc)
            .field("registers", &state.registers)
            .field("step", &state.step)
            .field("exited", &state.exited)
            .field("exit_code", &state.exit_code)
            .field("oracle_key", &state.oracle_key)
            .field("oracle_offset", &state.oracle_offset)
            .finish_non_exhaustive()
    }
}

/// How a machine ended that was run without tracking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Steps executed in this run.
    pub steps: u64,
    /// Whether it has exited.
    pub exited: bool,
    /// 0 while it runs.
    pub exit_code: u8,
    /// What is being read; after `exit`, the output.
    pub oracle_key: B256,
}
