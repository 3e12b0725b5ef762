//! An unwinder that knows of no callers, under the names by which Rust's standard library calls one.
//!
//! In the static executable a panic prints its message and ends the process. Nothing unwinds; and the names of a backtrace
//! are stripped from it. Yet the standard library can print one and brings 250 kB for that: an unwinder, and a reader of
//! debug information. Here the compiler sees that no frame is ever found, and leaves out what reads them.
//!
//! The names are those of the Itanium C++ ABI, "Level I: Base ABI", <https://itanium-cxx-abi.github.io/cxx-abi/abi-eh.html>.
//! Where the standard library asks for one that is not here, the linker finds two unwinders and says so.
#![allow(non_snake_case, missing_docs)]

/// Somebody else's data, which nobody reads.
type Pointer = *const ();

macro_rules! answers {
    ($($name:ident($($argument:ty),*) $(-> $type:ty)? = $answer:expr;)*) => {$(
        #[unsafe(no_mangle)]
        pub extern "C" fn $name($(_: $argument),*) $(-> $type)? { $answer }
    )*};
}

answers! {
    // The stack has come to its end: `_URC_END_OF_STACK`.
    _Unwind_Backtrace(Pointer, Pointer) -> i32 = 5;
    // Everything else is about a frame.
    _Unwind_FindEnclosingFunction(Pointer) -> Pointer = std::ptr::null();
    _Unwind_GetCFA(Pointer) -> usize = 0;
    _Unwind_GetDataRelBase(Pointer) -> usize = 0;
    _Unwind_GetIP(Pointer) -> usize = 0;
    _Unwind_GetIPInfo(Pointer, Pointer) -> usize = 0;
    _Unwind_GetLanguageSpecificData(Pointer) -> Pointer = std::ptr::null();
    _Unwind_GetRegionStart(Pointer) -> usize = 0;
    _Unwind_GetTextRelBase(Pointer) -> usize = 0;
    _Unwind_Resume(Pointer) -> ! = std::process::abort();
    _Unwind_SetGR(Pointer, i32, usize) = ();
    _Unwind_SetIP(Pointer, usize) = ();
}
