//! Critical sections of libraries that cannot know that there is one thread and no interrupt.

use critical_section::RawRestoreState;

struct OneThread;
critical_section::set_impl!(OneThread);

// SAFETY: nothing else ever runs.
unsafe impl critical_section::Impl for OneThread {
    unsafe fn acquire() -> RawRestoreState {}

    unsafe fn release(_: RawRestoreState) {}
}
