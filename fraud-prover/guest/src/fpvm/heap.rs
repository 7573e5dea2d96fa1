//! The heap: dlmalloc on memory that only grows, in a program with one thread.

use super::calls::abort;
use core::{
    alloc::{GlobalAlloc, Layout},
    cell::UnsafeCell,
    ptr,
};
use dlmalloc::{Allocator, Dlmalloc};

/// Where the heap is; the linker puts the program and its stack below.
const START: usize = 0x1000_0000;
const END: usize = 0xffff_0000;
const PAGE: usize = 1 << 16;

/// Exit code when the heap is full. Limits on everything that is read keep it from that.
const OUT_OF_MEMORY: u64 = 102;

/// Hands out memory in order.
struct Growing(UnsafeCell<usize>);

// SAFETY: pages are handed out once, are zero at first, and are never taken back.
unsafe impl Allocator for Growing {
    fn alloc(&self, size: usize) -> (*mut u8, usize, u32) {
        let size = size.next_multiple_of(PAGE);
        // SAFETY: there is one thread, and nothing below calls back.
        let next = unsafe { &mut *self.0.get() };
        if size > END - *next {
            return (ptr::null_mut(), 0, 0);
        }
        let start = *next;
        *next += size;
        (ptr::with_exposed_provenance_mut(start), size, 0)
    }

    fn remap(&self, _: *mut u8, _: usize, _: usize, _: bool) -> *mut u8 {
        ptr::null_mut()
    }

    fn free_part(&self, _: *mut u8, _: usize, _: usize) -> bool {
        false
    }

    fn free(&self, _: *mut u8, _: usize) -> bool {
        false
    }

    fn can_release_part(&self, _: u32) -> bool {
        false
    }

    fn allocates_zeros(&self) -> bool {
        true
    }

    fn page_size(&self) -> usize {
        PAGE
    }
}

struct Heap(UnsafeCell<Dlmalloc<Growing>>);

// SAFETY: there is one thread.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap(UnsafeCell::new(Dlmalloc::new_with_allocator(Growing(UnsafeCell::new(START)))));

impl Heap {
    #[expect(clippy::mut_from_ref, reason = "one thread, and no allocation happens within one")]
    fn inner(&self) -> &mut Dlmalloc<Growing> {
        // SAFETY: there is one thread, and dlmalloc does not call back into the global allocator.
        unsafe { &mut *self.0.get() }
    }
}

fn checked(pointer: *mut u8) -> *mut u8 {
    if pointer.is_null() {
        abort(OUT_OF_MEMORY);
    }
    pointer
}

// SAFETY: dlmalloc is an allocator; its conditions are those of this trait.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises are dlmalloc's conditions.
        checked(unsafe { self.inner().malloc(layout.size(), layout.align()) })
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { self.inner().free(pointer, layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        checked(unsafe { self.inner().calloc(layout.size(), layout.align()) })
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: as above.
        checked(unsafe { self.inner().realloc(pointer, layout.size(), layout.align(), new_size) })
    }
}
