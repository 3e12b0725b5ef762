//! What the linker is told: the unwinder into the executable on Linux with glibc, and less of everything with musl. And,
//! with musl, which linker.
//!
//! Rust's standard library asks for the shared `libgcc_s`. Finding, mapping and initialising it is a twentieth of a call
//! that takes a millisecond. GCC has the same code as an archive; where there is none, the shared one stays.
//!
//! A static executable relocates itself, from a table of 24 bytes a pointer or, packed, of a few bits (`DT_RELR`, in the
//! musl that comes with Rust): 37 kB of the image. Another 143 kB are tables for whoever unwinds the stack, and their
//! index. A panic ends the process here, and a stripped executable has no names to show.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What is left out of a static executable. The first and the last object of a program name their own tables, which is
/// not worth an error: 80 bytes. `INSERT` keeps the rest of the linker's own script.
const LEFT_OUT: &str = "SECTIONS { /DISCARD/ : {
  *(EXCLUDE_FILE(*crtbegin*.o *crtend*.o) .eh_frame .gcc_except_table .gcc_except_table.* .comment)
} } INSERT AFTER .text;
";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let of = |name: &str| env::var(name).unwrap_or_default();
    let is_glibc = of("CARGO_CFG_TARGET_OS") == "linux" && of("CARGO_CFG_TARGET_ENV") == "gnu";
    // Only there a panic ends the process.
    let is_release = of("PROFILE") == "release";
    if of("CARGO_CFG_TARGET_ENV") == "musl" && is_release {
        let chosen = of("RUSTC_LINKER") + &of("CARGO_ENCODED_RUSTFLAGS");
        // Rust's own linker is called as it is, any other by way of a compiler.
        let is_called_directly = chosen.contains("rust-lld");
        let wrapped = if is_called_directly { "" } else { "-Wl," };
        let packed = if is_called_directly { "-zpack-relative-relocs" } else { "-z,pack-relative-relocs" };
        println!("cargo::rustc-link-arg-bins={wrapped}{packed}");
        println!("cargo::rustc-link-arg-bins={wrapped}--no-eh-frame-hdr");
        let is_left_to_us = of("RUSTC_LINKER").is_empty() && !chosen.contains("linker") && !chosen.contains("-fuse-ld");
        let lld = if is_left_to_us { lld(&of("RUSTC"), &of("HOST")) } else { None };
        for option in lld.iter().flatten() {
            println!("cargo::rustc-link-arg-bins={option}");
        }
        if is_called_directly || lld.is_some() {
            println!("cargo::rustc-link-arg-bins={wrapped}--icf=all");
        }
        let script = Path::new(&of("OUT_DIR")).join("left-out.ld");
        if fs::write(&script, LEFT_OUT).is_ok() {
            println!("cargo::rustc-link-arg-bins=-T{}", script.display());
        }
    }
    let is_static = of("CARGO_CFG_TARGET_FEATURE").split(',').any(|feature| feature == "crt-static");
    // Another machine's archive would not do.
    if !is_glibc || is_static || of("HOST") != of("TARGET") {
        return;
    }
    let Ok(answer) = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output() else { return };
    let answer = String::from_utf8_lossy(&answer.stdout);
    // What `cc` does not know it prints as it is.
    let archive = Path::new(answer.trim());
    if let Some(folder) = archive.parent().filter(|_| archive.is_absolute() && archive.is_file()) {
        println!("cargo::rustc-link-search=native={}", folder.display());
        println!("cargo::rustc-link-lib=static:-bundle=gcc_eh");
    }
}

/// What `cc` is told to link with the linker that comes with Rust, where it is there and `cc` takes it.
fn lld(rustc: &str, host: &str) -> Option<[String; 2]> {
    let root = Command::new(rustc).args(["--print", "sysroot"]).output().ok()?;
    let folder = Path::new(str::from_utf8(&root.stdout).ok()?.trim()).join("lib/rustlib").join(host).join("bin/gcc-ld");
    let options = [format!("-B{}", folder.display()), "-fuse-ld=lld".to_owned()];
    let answer = Command::new("cc").args(&options).arg("-Wl,--version").output().ok()?;
    let is_taken = folder.join("ld.lld").is_file() && String::from_utf8_lossy(&answer.stdout).contains("LLD");
    is_taken.then_some(options)
}
