//! The memory: 4 GiB of lazily allocated words, what is known of each page, and the decoded instructions of some.

use std::sync::Arc;

use crate::op::Op;

/// Bytes of a page, the unit of change tracking.
pub(crate) const PAGE_BYTES: usize = 4096;
/// 64-bit words of a page.
pub(crate) const PAGE_WORDS: usize = PAGE_BYTES / 8;
/// Instructions of a page.
pub(crate) const PAGE_OPS: usize = PAGE_BYTES / 4;
/// Pages of the memory.
pub(crate) const PAGES: usize = 1 << 20;
/// Words of the memory.
pub(crate) const WORDS: usize = 1 << 29;

/// All of memory; the operating system provides a page when it is first written.
pub(crate) type Words = [u64; WORDS];
/// The content of one page.
pub(crate) type Page = [u64; PAGE_WORDS];

/// The page has decoded instructions.
pub(crate) const HAS_CODE: u8 = 1;
/// The page is in `unhashed`.
const UNHASHED: u8 = 2;
/// The page is in `unsaved`.
const UNSAVED: u8 = 4;
/// A written page without instructions: the one state in which a store has nothing to note.
pub(crate) const NOTED: u8 = UNHASHED | UNSAVED;

/// One byte for each page, and lists of the pages that were written.
pub(crate) struct Pages {
    pub(crate) flags: Box<[u8; PAGES]>,
    unhashed: Vec<u32>,
    unsaved: Vec<u32>,
}

impl Pages {
    /// Notes that a page was written.
    #[cold]
    #[inline(never)]
    pub(crate) fn note(&mut self, page: usize) {
        let flags = &mut self.flags[page];
        if *flags & UNHASHED == 0 {
            self.unhashed.push(page as u32);
        }
        if *flags & UNSAVED == 0 {
            self.unsaved.push(page as u32);
        }
        *flags |= NOTED;
    }
}

/// Decoded pages. `index` is 0 for a page that was not decoded, else one more than its place in `pages`.
pub(crate) struct Code {
    index: Box<[u32; PAGES]>,
    pages: Vec<Box<[Op; PAGE_OPS]>>,
    free: Vec<u32>,
}

impl Code {
    /// The instructions of the page that holds `pc`, if they were decoded.
    #[inline(always)]
    pub(crate) fn page(&self, pc: u64) -> Option<&[Op; PAGE_OPS]> {
        let slot = *self.index.get((pc >> 12) as usize)?;
        self.pages.get((slot as usize).wrapping_sub(1)).map(|page| &**page)
    }
}

pub(crate) struct Memory {
    pub(crate) words: Box<Words>,
    pub(crate) pages: Pages,
    pub(crate) code: Code,
}

impl Memory {
    pub(crate) fn new() -> Self {
        Self {
            words: zeroed(0),
            pages: Pages { flags: zeroed(0), unhashed: Vec::new(), unsaved: Vec::new() },
            code: Code { index: zeroed(0), pages: Vec::new(), free: Vec::new() },
        }
    }

    /// The 32 bits at a multiple of 4.
    pub(crate) fn instruction(&self, address: u32) -> u32 {
        (self.words[(address >> 3) as usize] >> ((address & 4) * 8)) as u32
    }

    /// Replaces a word, whatever the page is.
    pub(crate) fn set_word(&mut self, index: usize, value: u64) {
        self.words[index] = value;
        let page = index / PAGE_WORDS;
        if self.pages.flags[page] != NOTED {
            self.pages.note(page);
            self.redecode(index);
        }
    }

    /// Leaf number `leaf`.
    pub(crate) fn leaf(&self, leaf: u32) -> [u8; 32] {
        leaf_of(&self.words[..], leaf as usize)
    }

    pub(crate) fn set_leaf(&mut self, leaf: u32, value: &[u8; 32]) {
        for (k, bytes) in value.as_chunks::<8>().0.iter().enumerate() {
            self.set_word(leaf as usize * 4 + k, u64::from_le_bytes(*bytes));
        }
    }

    pub(crate) fn page(&self, page: u32) -> &Page {
        let start = page as usize * PAGE_WORDS;
        self.words[start..].first_chunk().expect("a page below 2^32")
    }

    pub(crate) fn set_page(&mut self, page: u32, value: &Page) {
        let start = page as usize * PAGE_WORDS;
        self.words[start..start + PAGE_WORDS].copy_from_slice(value);
        self.pages.note(page as usize);
        self.forget_code(page as usize);
    }

    /// Decodes the page that holds `pc`, which is below 2^32.
    pub(crate) fn decode(&mut self, pc: u64) {
        let page = (pc >> 12) as usize & (PAGES - 1);
        let slot = self.code.free.pop().unwrap_or_else(|| {
            self.code.pages.push(Box::new([Op::ILLEGAL; PAGE_OPS]));
            self.code.pages.len() as u32
        });
        let words = &self.words[page * PAGE_WORDS..][..PAGE_WORDS];
        let ops = &mut self.code.pages[slot as usize - 1];
        for (pair, word) in ops.as_chunks_mut::<2>().0.iter_mut().zip(words) {
            *pair = [Op::decode(*word as u32), Op::decode((*word >> 32) as u32)];
        }
        fuse(ops, 0, PAGE_OPS);
        self.code.index[page] = slot;
        self.pages.flags[page] |= HAS_CODE;
    }

    /// Decodes a word again after it was written.
    pub(crate) fn redecode(&mut self, index: usize) {
        let slot = self.code.index[index / PAGE_WORDS] as usize;
        if slot > 0 {
            let (word, at) = (self.words[index], index % PAGE_WORDS * 2);
            let ops = &mut self.code.pages[slot - 1];
            ops[at] = Op::decode(word as u32);
            ops[at + 1] = Op::decode((word >> 32) as u32);
            fuse(ops, at.saturating_sub(1), at + 2);
        }
    }

    fn forget_code(&mut self, page: usize) {
        let slot = std::mem::take(&mut self.code.index[page]);
        if slot > 0 {
            self.code.free.push(slot);
            self.pages.flags[page] &= !HAS_CODE;
        }
    }

    /// The pages written since the last call, in order.
    pub(crate) fn take_unhashed(&mut self) -> Vec<u32> {
        take(&mut self.pages.unhashed, &mut self.pages.flags, UNHASHED)
    }

    /// The pages written since the last call, in order.
    pub(crate) fn take_unsaved(&mut self) -> Vec<u32> {
        take(&mut self.pages.unsaved, &mut self.pages.flags, UNSAVED)
    }

    /// A copy of a page.
    pub(crate) fn copy_page(&self, page: u32) -> Arc<Page> {
        Arc::new(*self.page(page))
    }
}

fn take(list: &mut Vec<u32>, flags: &mut [u8; PAGES], flag: u8) -> Vec<u32> {
    let mut pages = std::mem::take(list);
    pages.sort_unstable();
    for page in &pages {
        flags[*page as usize] &= !flag;
    }
    pages
}

/// Gives the instructions `from..to` the tags for two where the loop executes them and the next one at once.
fn fuse(ops: &mut [Op; PAGE_OPS], from: usize, to: usize) {
    for at in from..to.min(PAGE_OPS - 1) {
        ops[at].tag = ops[at].tag.first().before(ops[at + 1].tag.first());
    }
}

/// Leaf number `leaf` of some words.
pub(crate) fn leaf_of(words: &[u64], leaf: usize) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(&words[leaf * 4..leaf * 4 + 4]) {
        *chunk = word.to_le_bytes();
    }
    bytes
}

/// An array that the operating system zeroes, page by page, when it is touched.
fn zeroed<T: Copy, const N: usize>(zero: T) -> Box<[T; N]> {
    let Ok(array) = vec![zero; N].into_boxed_slice().try_into() else { unreachable!("N elements") };
    array
}
