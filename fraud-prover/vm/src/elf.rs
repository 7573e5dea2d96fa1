use crate::ElfError;

/// Where memory ends.
const MEMORY_BYTES: u64 = 1 << 32;
const HEADER_BYTES: usize = 64;
const PROGRAM_HEADER_BYTES: usize = 56;
const PT_LOAD: u32 = 1;

/// A program: what is in memory when it starts, and where it starts. Everything else of the state is zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The first `pc`.
    pub entry: u64,
    segments: Vec<(u32, Vec<u8>)>,
}

impl Program {
    /// A program of one segment at `address`, which is also its entry.
    pub fn flat(address: u32, bytes: &[u8]) -> Result<Self, ElfError> {
        let size = bytes.len() as u64;
        if u64::from(address) + size > MEMORY_BYTES {
            return Err(ElfError::Segment { address: address.into(), size });
        }
        Ok(Self { entry: address.into(), segments: vec![(address, bytes.to_vec())] })
    }

    /// The loadable segments of a static RV64 executable. Later segments win where two overlap.
    pub fn from_elf(file: &[u8]) -> Result<Self, ElfError> {
        let header = bytes_at(file, 0, HEADER_BYTES as u64)?;
        if header[..6] != *b"\x7fELF\x02\x01" {
            return Err(ElfError::Format);
        }
        match u16_at(header, 16) {
            2 => {}
            other => return Err(ElfError::Type(other)),
        }
        match u16_at(header, 18) {
            243 => {}
            other => return Err(ElfError::Machine(other)),
        }
        if usize::from(u16_at(header, 54)) != PROGRAM_HEADER_BYTES {
            return Err(ElfError::Format);
        }
        let (table, count) = (u64_at(header, 32), u64::from(u16_at(header, 56)));
        let table = bytes_at(file, table, count * PROGRAM_HEADER_BYTES as u64)?;
        let mut segments = Vec::new();
        for header in table.chunks_exact(PROGRAM_HEADER_BYTES) {
            if u32_at(header, 0) == PT_LOAD {
                segments.extend(segment(file, header)?);
            }
        }
        Ok(Self { entry: u64_at(header, 24), segments })
    }

    /// Addresses and the bytes there; what lies between and behind is zero.
    pub fn segments(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.segments.iter().map(|(address, bytes)| (*address, bytes.as_slice()))
    }
}

fn segment(file: &[u8], header: &[u8]) -> Result<Option<(u32, Vec<u8>)>, ElfError> {
    let (offset, address) = (u64_at(header, 8), u64_at(header, 16));
    let (file_size, size) = (u64_at(header, 32), u64_at(header, 40));
    if size == 0 && file_size == 0 {
        return Ok(None);
    }
    let fits = address.checked_add(size).is_some_and(|end| end <= MEMORY_BYTES);
    match u32::try_from(address) {
        Ok(address) if fits && file_size <= size => Ok(Some((address, bytes_at(file, offset, file_size)?.to_vec()))),
        _ => Err(ElfError::Segment { address, size }),
    }
}

fn bytes_at(file: &[u8], offset: u64, length: u64) -> Result<&[u8], ElfError> {
    let range = || {
        let start = usize::try_from(offset).ok()?;
        file.get(start..start.checked_add(usize::try_from(length).ok()?)?)
    };
    range().ok_or(ElfError::Truncated { offset, size: file.len() as u64 })
}

fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    *bytes[at..].first_chunk().expect("inside a header")
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}
