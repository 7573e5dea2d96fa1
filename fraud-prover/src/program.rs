use autonet_fpvm::{ElfError, Program};

/// The committed guest. Its first state is what L1 knows of it.
pub const GUEST_ELF: &[u8] = include_bytes!("../guest/elf/autonet-guest.elf");

/// The guest, ready to be loaded.
///
/// # Errors
/// None for the committed file.
pub fn guest() -> Result<Program, ElfError> {
    Program::from_elf(GUEST_ELF)
}
